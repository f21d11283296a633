//! A prompt taken apart, for a terminal: a row a part with its bar, its dearest sections under it, and a line where the
//! cacheable prefix ends.

use promptopt::lint::File;
use promptopt::lint::explain::{Explained, Part, Section};
use promptopt::usd::Usd;

use super::bars::bar;
use super::page::{Page, Style, cut};
use super::{clean, words};
use crate::settings::Settings;

/// Columns of a bar.
const BAR: usize = 16;

/// All prompts of all files.
pub(crate) fn text(all: &[(File, Vec<Explained>)], top: usize, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    for (file, prompts) in all {
        for prompt in prompts {
            head(&mut page, file, prompt);
            parts(&mut page, file, prompt, top);
        }
    }
    page.finish()
}

fn head(page: &mut Page, file: &File, prompt: &Explained) {
    let name = prompt.name.as_ref().map(|name| format!(" · {}", clean(name))).unwrap_or_default();
    page.heading(&format!("{}{name}", clean(&file.path)), &prompt.model.clone().unwrap_or_default());
    let about = if prompt.is_exact { "" } else { "about " };
    let mut figures = format!("{about}{} tokens a call", words::count(prompt.tokens));
    if prompt.n_variables > 0 {
        let variables = words::plural(prompt.n_variables as u64, "variable", "variables");
        figures.push_str(&format!(" and what {variables} will add"));
    }
    if let Some(usd) = prompt.usd_per_1k {
        figures.push_str(&format!(", {usd} per 1,000 calls"));
        if let Some(cached) = prompt.usd_per_1k_cached {
            figures.push_str(&format!(" ({cached} with the prefix cached)"));
        }
    }
    page.paragraph(&figures, 0, Style::Bold);
    page.paragraph(&cache_words(prompt), 0, Style::Plain);
    if prompt.model.is_none() {
        page.paragraph("no model is named: counted with o200k_base, without prices; --model says which", 0, Style::Dim);
    }
}

/// What the provider's cache can do, in a sentence.
pub(crate) fn cache_words(prompt: &Explained) -> String {
    let prefix = &prompt.prefix;
    let (same, it) = if prefix.ends_at.is_none() {
        ("all of it is the same in every call".to_owned(), "it")
    } else {
        (format!("the first {} tokens are the same in every call", words::count(prefix.tokens)), "they")
    };
    let caches = if it == "it" { "it" } else { "them" };
    match (prefix.minimum, prefix.is_cacheable) {
        (None, _) if prompt.model.is_none() => same,
        (None, _) => format!("{same}; no prompt cache is known for this model"),
        (Some(minimum), false) => {
            format!("{same}: too little for the model's prompt cache, which begins at {} tokens", words::count(minimum))
        }
        (Some(_), true) if prefix.is_automatic => format!("{same}; the provider caches {caches} by itself"),
        (Some(_), true) => format!("{same}; {it} can be cached with a breakpoint (`cache_control`)"),
    }
}

fn parts(page: &mut Page, file: &File, prompt: &Explained, top: usize) {
    page.blank();
    let most = prompt.parts.iter().map(|part| part.tokens).max().unwrap_or(0);
    let amounts: Vec<Usd> = prompt.parts.iter().filter_map(|part| part.usd_per_1k).collect();
    let money = words::money_column(&amounts);
    let mut is_marked = false;
    for part in &prompt.parts {
        if !part.is_in_prefix && !is_marked && prompt.prefix.tokens > 0 && part.kind != "framing" {
            // The part in which it ends shows the mark among its sections.
            let starts_inside = part.sections.iter().any(|section| section.is_in_prefix);
            if !starts_inside {
                mark(page, prompt);
            }
            is_marked = !starts_inside;
        }
        let title = title(file, part);
        row(page, 0, &title, part.tokens, part.usd_per_1k.map(&money), most, prompt.tokens, Style::Bold);
        is_marked |= sections(page, file, prompt, part, top, most, &money);
    }
    if !is_marked && prompt.prefix.tokens > 0 && prompt.prefix.ends_at.is_none() {
        mark(page, prompt);
    }
}

fn title(file: &File, part: &Part) -> String {
    let kind = part.kind.replace('_', " ");
    if part.kind == "framing" {
        return "framing (markers of roles, tools, schema)".to_owned();
    }
    let line = file.lines.position(&file.text, part.span.start).line;
    if part.path.is_empty() { format!("{kind}, line {line}") } else { format!("{kind}, {}, line {line}", part.path) }
}

/// The sections of a part, the dearest `top` of them in their order. True if the end of the prefix was shown.
fn sections(
    page: &mut Page,
    file: &File,
    prompt: &Explained,
    part: &Part,
    top: usize,
    most: u64,
    money: &impl Fn(Usd) -> String,
) -> bool {
    if part.sections.len() < 2 {
        return false;
    }
    let mut by_size: Vec<&Section> = part.sections.iter().collect();
    by_size.sort_by_key(|section| std::cmp::Reverse(section.tokens));
    let least = by_size.get(top).map_or(0, |section| section.tokens + 1);
    let (mut n_left, mut tokens_left) = (0, 0);
    let mut is_marked = false;
    let ends_here = !part.is_in_prefix && part.sections.iter().any(|section| section.is_in_prefix);
    for section in &part.sections {
        if ends_here && !is_marked && !section.is_in_prefix {
            mark(page, prompt);
            is_marked = true;
        }
        if section.tokens < least {
            n_left += 1;
            tokens_left += section.tokens;
            continue;
        }
        let line = file.lines.position(&file.text, section.span.start).line;
        let indent = 2 + 2 * section.depth.saturating_sub(1);
        let title = format!("{} :{line}", clean(&section.title));
        let usd = section.usd_per_1k.map(money);
        row(page, indent, &title, section.tokens, usd, most, prompt.tokens, Style::Plain);
    }
    if n_left > 0 {
        let sections = words::plural(n_left, "smaller section", "smaller sections");
        page.line().space(2).add(format!("… {sections}, {} tokens", words::count(tokens_left)), Style::Dim);
    }
    is_marked
}

#[allow(clippy::too_many_arguments, reason = "the columns of one row")]
fn row(
    page: &mut Page,
    indent: usize,
    title: &str,
    tokens: u64,
    usd: Option<String>,
    most: u64,
    total: u64,
    style: Style,
) {
    let figures = match usd {
        Some(usd) => format!("{:>9} {:>7} {usd:>12}", words::count(tokens), words::share_of(tokens, total)),
        None => format!("{:>9} {:>7}", words::count(tokens), words::share_of(tokens, total)),
    };
    let room = page.width.saturating_sub(figures.len() + BAR + 3 + indent).max(12);
    let share = if most == 0 { 0.0 } else { tokens as f64 / most as f64 };
    let width = page.width;
    let line = page.line();
    line.space(indent).add(cut(title, room), style);
    line.pad_to(width.saturating_sub(figures.len() + BAR + 2)).add(figures, Style::Plain);
    line.space(2).add(bar(share, BAR), Style::Accent);
}

fn mark(page: &mut Page, prompt: &Explained) {
    let words = if prompt.prefix.is_cacheable { "cacheable prefix ends here" } else { "same in every call up to here" };
    let label = format!("── {words}: {} tokens ", words::count(prompt.prefix.tokens));
    let rest = page.width.saturating_sub(label.chars().count());
    page.line().add(label + &"─".repeat(rest), Style::Good);
}
