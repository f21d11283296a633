//! What the optimizer did, for a terminal: a summary, a diff, an explanation; and the transforms' manual pages.

use promptopt::compress::transforms::by_name;
use promptopt::compress::{Guarantee, TRANSFORMS};
use promptopt::error::Result;
use promptopt::optimize::{EditReport, Optimized};
use promptopt::text::shorten;

use super::clean;
use super::page::{Page, Style};
use super::words::{plural, share_of, tokens};
use crate::settings::Settings;

/// Lines of a side of an edit that a diff shows.
const DIFF_LINES: usize = 6;

/// Two lines and one a transform, for stderr.
pub(crate) fn summary(all: &[(String, Optimized)], settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stderr);
    let sum = |get: fn(&Optimized) -> u64| all.iter().map(|(_, optimized)| get(optimized)).sum::<u64>();
    let (before, after) = (sum(|optimized| optimized.tokens_before), sum(|optimized| optimized.tokens_after));
    let n_requests = sum(|optimized| optimized.requests.len() as u64);
    let requests = || all.iter().flat_map(|(_, optimized)| &optimized.requests);
    if n_requests == 0 {
        page.line().add("no prompt was found; nothing changed", Style::Plain);
        return page.finish();
    }
    let is_exact = requests().all(|request| request.is_exact);
    let mut tokenizers: Vec<&str> = requests().map(|request| request.tokenizer).collect();
    tokenizers.sort_unstable();
    tokenizers.dedup();
    let saved = before - after;
    let line = page.line();
    line.add(tokens(before), Style::Plain).add(" → ", Style::Dim).add(format!("{} tokens", tokens(after)), Style::Bold);
    if saved > 0 {
        line.add(format!("  {} saved, {}", tokens(saved), share_of(saved, before)), Style::Good);
    } else {
        line.add("  nothing to save without changing what it says", Style::Plain);
    }
    let how = if is_exact { "counted" } else { "approximated" };
    let of = plural(n_requests, "prompt", "prompts");
    line.add(format!("  ({of}, {how} with {})", tokenizers.join(", ")), Style::Dim);
    let mut sums: Vec<(&str, (u64, u64), &str)> = Vec::new();
    for (_, optimized) in all {
        for (name, (saved, n_edits)) in optimized.by_transform() {
            let guarantee = optimized.edits().find(|edit| edit.transform == name).map_or("", |edit| edit.guarantee);
            match sums.iter_mut().find(|(known, ..)| *known == name) {
                Some((_, sum, _)) => *sum = (sum.0 + saved, sum.1 + n_edits),
                None => sums.push((name, (saved, n_edits), guarantee)),
            }
        }
    }
    sums.sort_by_key(|(name, (saved, _), _)| (std::cmp::Reverse(*saved), *name));
    for (name, (saved, n_edits), guarantee) in sums {
        let line = page.line();
        line.add(format!("  {name}"), Style::Accent).pad_to(20);
        line.add(format!("{:>8}", format!("-{}", tokens(saved))), Style::Good);
        line.add(format!("  {}, {guarantee}", plural(n_edits, "edit", "edits")), Style::Dim);
    }
    let protected: u64 = requests()
        .flat_map(|request| &request.tokens_by_kind)
        .filter(|(kind, _)| matches!(**kind, "user" | "system" | "assistant"))
        .map(|(_, tokens)| tokens)
        .sum();
    if protected > 0 && protected * 2 > before {
        let text = format!("{} tokens are what user, system and model say: left alone (--touch)", tokens(protected));
        page.paragraph(&text, 2, Style::Dim);
    }
    let flagged: u64 = requests().flat_map(|request| &request.flags).map(|flag| flag.tokens).sum();
    if flagged > 0 {
        let text = format!("{} tokens are base64 that no model reads: --with base64 cuts it out", tokens(flagged));
        page.paragraph(&text, 2, Style::Bad);
    }
    page.finish()
}

/// Every edit with what it saves, the lines before and after.
pub(crate) fn diff(name: &str, optimized: &Optimized, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    for request in &optimized.requests {
        for edit in &request.edits {
            edit_heading(&mut page, name, request.line, edit);
            side(&mut page, &edit.before, "- ", Style::Bad);
            side(&mut page, &edit.after, "+ ", Style::Good);
        }
    }
    page.finish()
}

fn edit_heading(page: &mut Page, name: &str, line: Option<u64>, edit: &EditReport) {
    let place = line.map_or_else(|| clean(name), |line| format!("{}:{line}", clean(name)));
    let path = if edit.path.is_empty() { String::new() } else { format!(" {}", clean(&edit.path)) };
    page.line()
        .add(format!("@@ {place}{path} bytes {}–{}", edit.start, edit.end), Style::Heading)
        .add(format!("  {} ({})", edit.transform, edit.guarantee), Style::Dim)
        .add(format!("  -{} tokens", edit.tokens_saved), Style::Good);
}

fn side(page: &mut Page, text: &str, mark: &str, style: Style) {
    if text.is_empty() {
        return;
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let width = page.width.max(20) * 2;
    for line in lines.iter().take(DIFF_LINES) {
        page.line().add(format!("{mark}{}", shorten(&clean(line), width)), style);
    }
    if lines.len() > DIFF_LINES {
        let more = (lines.len() - DIFF_LINES) as u64;
        page.line().add(format!("{mark}… {}", plural(more, "more line", "more lines")), Style::Dim);
    }
}

/// Where content went: of every edit, or of one piece of text.
pub(crate) fn explain(name: &str, optimized: &Optimized, piece: &str, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    if piece.is_empty() {
        for request in &optimized.requests {
            for edit in &request.edits {
                edit_heading(&mut page, name, request.line, edit);
                page.paragraph(&format!("{}: {}", edit.label, edit.note), 3, Style::Plain);
                page.paragraph(&format!("now: {}", clean(&shorten(&edit.after, 200))), 3, Style::Dim);
            }
        }
        return page.finish();
    }
    let mut n_found = 0;
    for request in &optimized.requests {
        for fate in request.fates(piece) {
            n_found += 1;
            let place = request.line.map_or_else(|| clean(name), |line| format!("{}:{line}", clean(name)));
            let style = if fate.edit.is_some() { Style::Accent } else { Style::Plain };
            page.line()
                .add(format!("{place} {} byte {}: ", clean(&fate.path), fate.start), Style::Heading)
                .add(clean(&fate.now), style);
        }
    }
    if n_found == 0 {
        page.line().add(format!("`{}` does not stand in {}", clean(&shorten(piece, 60)), clean(name)), Style::Plain);
    }
    page.finish()
}

/// The list of transforms, or one's manual page.
pub(crate) fn transforms(name: Option<&str>, settings: &Settings) -> Result<String> {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    if let Some(name) = name {
        let transform = by_name(name)?;
        let applied = if transform.is_default { "applied by default" } else { "only with --with" };
        page.line()
            .add(transform.name, Style::Heading)
            .add(format!("  {}, {applied}", transform.guarantee.name()), Style::Dim);
        page.blank();
        // A page's lines are its author's: examples must not be wrapped.
        for line in transform.page.lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            let style = if line.starts_with("## ") { Style::Heading } else { Style::Plain };
            page.line().add(line.strip_prefix("## ").unwrap_or(line), style);
        }
        return Ok(page.finish());
    }
    for transform in TRANSFORMS {
        let style = if transform.guarantee == Guarantee::Lossy { Style::Bad } else { Style::Good };
        let line = page.line();
        line.add(transform.name, Style::Accent).pad_to(18);
        line.add(transform.guarantee.name(), style).pad_to(30);
        line.add(transform.about().trim(), Style::Plain);
    }
    page.blank();
    page.paragraph(
        "Identical and equivalent ones are applied by default, lossy ones only if named. `promptopt transforms NAME` shows \
         what one does and promises.",
        0,
        Style::Dim,
    );
    Ok(page.finish())
}
