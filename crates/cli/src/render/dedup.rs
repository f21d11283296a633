//! Duplicates for a terminal: what they cost in all, then a cluster after the other, the dearest first, with its text,
//! where its members stand and in which words near ones differ.

use super::page::{Page, Style, cut};
use super::{clean, words};
use crate::commands::dedup::{Copies, Copy, Report};

/// Members of a cluster that are named.
const PLACES: usize = 4;
/// Near duplicates whose words are shown.
const NEAR: usize = 2;
/// Lines that could not be read.
const SKIPPED: usize = 3;

/// The screen.
pub(crate) fn text(report: &Report, width: usize, color: bool, top: usize) -> String {
    let mut page = Page::new(width, color);
    headline(report, &mut page);
    let money = words::money_column(&report.clusters.iter().map(|cluster| cluster.cost_usd).collect::<Vec<_>>());
    for (number, copies) in report.clusters.iter().take(top).enumerate() {
        let price = match copies.unpriced {
            0 => money(copies.cost_usd),
            n if n == copies.members - 1 => "unpriced".to_owned(),
            n => format!("{} + {} unpriced", money(copies.cost_usd), words::plural(n as u64, "copy", "copies")),
        };
        cluster(number + 1, copies, &price, report.tokens_exact, &mut page);
    }
    remarks(report, top, &mut page);
    page.finish()
}

fn headline(report: &Report, page: &mut Page) {
    let texts = words::plural(report.texts as u64, "text", "texts");
    let files = words::plural(report.files as u64, "file", "files");
    if report.clusters.is_empty() {
        page.paragraph(&format!("no duplicates among {texts} in {files}"), 0, Style::Bold);
        return;
    }
    let copies = words::plural(report.copies as u64, "copy", "copies");
    let clusters = words::plural(report.clusters.len() as u64, "cluster", "clusters");
    page.paragraph(&format!("{copies} among {texts} in {files}, in {clusters}"), 0, Style::Bold);
    let about = if report.tokens_exact { "" } else { "~" };
    let mut cost = format!("the copies are {about}{} tokens", words::count(report.tokens));
    let n_priced = report.copies - report.unpriced_copies;
    if n_priced > 0 {
        cost.push_str(&format!(", {} at full input price", report.cost_usd));
    }
    match report.unpriced_copies {
        0 => {}
        n if n == report.copies => cost.push_str("; unpriced, because no model with a known price is named (--model)"),
        n => cost.push_str(&format!("; {} unpriced", words::plural(n as u64, "copy", "copies"))),
    }
    page.paragraph(&cost, 0, Style::Plain);
}

fn cluster(number: usize, copies: &Copies, price: &str, is_exact: bool, page: &mut Page) {
    let levels = [(copies.exact, "exact"), (copies.normalised, "normalised"), (copies.near, "near")];
    let levels: Vec<String> = levels.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    let about = if is_exact { "" } else { "~" };
    let title = format!("{number}. {price}");
    let aside = format!(
        "{} × {}, {about}{} tokens each: 1 kept, {}",
        words::count(copies.members as u64),
        copies.kind,
        words::count(copies.tokens_each),
        levels.join(", ")
    );
    page.heading(&title, &aside);
    let room = page.width.saturating_sub(4);
    // Two lines of the text are enough to know it by.
    let shown = clean(&copies.text);
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    page.paragraph(&cut(&shown, room * 2 - room / 4), 2, Style::Plain);
    page.paragraph(&places(&copies.places), 2, Style::Dim);
    for copy in copies.places.iter().filter(|copy| copy.level == "near").take(NEAR) {
        let words = difference(copy);
        let place = format!("{}:{}", clean(&copy.file), copy.line);
        page.paragraph(&format!("near {:.2} at {place}: {words}", copy.similarity), 2, Style::Accent);
    }
}

/// `a.jsonl:3 (2 times), :7, b.jsonl:1 and 12 more`. One record may hold a text several times.
fn places(copies: &[Copy]) -> String {
    let mut groups: Vec<(&Copy, usize)> = Vec::new();
    for copy in copies {
        match groups.last_mut() {
            Some((last, n)) if last.file == copy.file && last.line == copy.line => *n += 1,
            _ => groups.push((copy, 1)),
        }
    }
    let mut text = String::new();
    let mut last = None;
    for (copy, n) in &groups[..groups.len().min(PLACES)] {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if last != Some(&copy.file) {
            text.push_str(&clean(&copy.file));
        }
        text.push_str(&format!(":{}", copy.line));
        if *n > 1 {
            text.push_str(&format!(" ({} times)", words::count(*n as u64)));
        }
        last = Some(&copy.file);
    }
    if groups.len() > PLACES {
        text.push_str(&format!(" and {} more", words::plural((groups.len() - PLACES) as u64, "place", "places")));
    }
    text
}

/// `−short +long +open`.
fn difference(copy: &Copy) -> String {
    let signed = |sign: &str, words: &[String]| words.iter().map(|word| format!("{sign}{}", clean(word))).collect();
    let all: Vec<String> =
        [signed("−", &copy.lacks), signed("+", &copy.adds)].into_iter().flat_map(|v: Vec<String>| v).collect();
    if all.is_empty() { "other order".to_owned() } else { all.join(" ") }
}

fn remarks(report: &Report, top: usize, page: &mut Page) {
    let n_more = report.clusters.len().saturating_sub(top);
    if n_more > 0 {
        page.blank();
        let more = words::plural(n_more as u64, "more cluster", "more clusters");
        page.paragraph(&format!("and {more}: --top {}, or -o json", report.clusters.len()), 0, Style::Dim);
    }
    if report.capped > 0 {
        page.blank();
        let texts = words::plural(report.capped as u64, "text has", "texts have");
        page.paragraph(&format!("{texts} so many similar ones that not all were compared"), 0, Style::Dim);
    }
    if report.n_skipped > 0 {
        page.heading("NOT READ", &words::plural(report.n_skipped as u64, "place", "places"));
        for problem in report.skipped.iter().take(SKIPPED) {
            page.paragraph(&clean(problem), 2, Style::Plain);
        }
    }
    if report.passed_over > 0 {
        page.heading(
            "NO CORPUS",
            &format!("{} passed over", words::plural(report.passed_over as u64, "file", "files")),
        );
    }
}
