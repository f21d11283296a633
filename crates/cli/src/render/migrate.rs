//! What moving away from a model means, for a terminal: a place with what changes there, then what is left to do.

use promptopt::lint::migrate::{Migration, Model, PriceChange};

use super::page::{Page, Style};
use super::{clean, words};
use crate::settings::Settings;

/// Columns of what a line is about.
const LABEL: usize = 10;

/// All places, and a summary.
pub(crate) fn text(found: &[Migration], is_written: bool, n_edited: usize, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    for migration in found {
        place(&mut page, migration, is_written);
    }
    page.blank();
    page.paragraph(&summary(found, is_written, n_edited), 0, Style::Bold);
    page.finish()
}

fn place(page: &mut Page, migration: &Migration, is_written: bool) {
    let name = migration.prompt.as_ref().map(|name| format!(" · {}", clean(name))).unwrap_or_default();
    let at = format!("{}:{}:{}{name}", clean(&migration.path), migration.line, migration.column);
    page.heading(&at, "");
    let from = &migration.from;
    let Some(to) = &migration.to else {
        row(page, "from", &format!("{}{}", clean(&from.name), ends(from)));
        row(page, "to", "no successor is known: name one with --to");
        return;
    };
    row(page, "from", &format!("{}{}", clean(&from.name), ends(from)));
    row(page, "to", &format!("{}{}", clean(&to.name), ends(to)));
    let money = |usd: &Option<String>| usd.as_ref().map_or_else(|| "unknown".to_owned(), |usd| format!("${usd}"));
    // A class that only one of them has (writes to a cache for an hour) is no change of price.
    let is_shown =
        |price: &&PriceChange| matches!(price.class, "input" | "output") || price.now.is_some() && price.then.is_some();
    let prices = migration
        .prices
        .iter()
        .filter(is_shown)
        .map(|price| format!("{} {} → {}", price.class.replace('_', " "), money(&price.now), money(&price.then)));
    let prices: Vec<String> = prices.collect();
    if !prices.is_empty() {
        row(page, "price", &format!("{} per million tokens", prices.join(", ")));
    }
    if let Some(input) = &migration.input
        && input.tokens_now + input.tokens_then > 0
    {
        let about = if input.is_exact { "" } else { "about " };
        let mut words = format!("{about}{} → {}", words::count(input.tokens_now), words::count(input.tokens_then));
        if input.usd_per_1k_now.is_some() || input.usd_per_1k_then.is_some() {
            let (now, then) = (money(&input.usd_per_1k_now), money(&input.usd_per_1k_then));
            words.push_str(&format!(", {now} → {then} per 1,000 calls"));
        }
        row(page, "input", &words);
    }
    if let Some(cache) = &migration.cache {
        let one = |minimum: Option<u64>, prefix: u64, reaches: bool| match minimum {
            None => "none".to_owned(),
            Some(minimum) => {
                let verb = if reaches { "reach" } else { "do not reach" };
                format!("{} the same in every call {verb} its {}", words::count(prefix), words::count(minimum))
            }
        };
        let now = one(cache.minimum_now, cache.prefix_now, cache.reaches_now);
        let then = one(cache.minimum_then, cache.prefix_then, cache.reaches_then);
        if now != then {
            row(page, "cache", &format!("{now} → {then}"));
        }
    }
    for limit in &migration.limits {
        let show = |n: Option<u64>| n.map_or_else(|| "unknown".to_owned(), words::count);
        row(page, "limit", &format!("{} {} → {}", limit.limit.replace('_', " "), show(limit.now), show(limit.then)));
    }
    for remark in &migration.parameters {
        let fix = match (&remark.fix, is_written) {
            (Some(fix), true) => format!(" ({fix}: done)"),
            (Some(fix), false) => format!(" (--write: {fix})"),
            (None, _) => " (to be done by hand)".to_owned(),
        };
        row(page, remark.code, &format!("{}{fix}", clean(&remark.message)));
    }
    for note in &migration.notes {
        row(page, "note", &clean(note));
    }
}

fn ends(model: &Model) -> String {
    let tokenizer = format!(", counted with {}", model.tokenizer);
    match (&model.shutdown, model.days_left) {
        (Some(day), Some(days)) if days < 0 => {
            format!(": ended on {day}, {} ago{tokenizer}", words::plural(days.unsigned_abs(), "day", "days"))
        }
        (Some(day), Some(days)) => {
            format!(": ends on {day}, in {}{tokenizer}", words::plural(days.unsigned_abs(), "day", "days"))
        }
        _ => format!(": no end announced{tokenizer}"),
    }
}

fn row(page: &mut Page, label: &str, text: &str) {
    let room = page.width.saturating_sub(LABEL + 2).max(20);
    for (index, line) in super::page::wrap(text, room).into_iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        page.line().space(2).add(label, Style::Dim).pad_to(LABEL + 2).add(line, Style::Plain);
    }
}

fn summary(found: &[Migration], is_written: bool, n_edited: usize) -> String {
    if found.is_empty() {
        return "No place names such a model.".to_owned();
    }
    let places = words::plural(found.len() as u64, "place", "places");
    let by_hand = found.iter().flat_map(|one| &one.parameters).filter(|remark| remark.fix.is_none()).count();
    let stuck = found.iter().filter(|one| one.to.is_none()).count();
    let files = words::plural(n_edited as u64, "file", "files");
    let mut summary =
        format!("{places}; {files} {}", if is_written { "written" } else { "would be changed by --write" });
    if by_hand + stuck > 0 {
        let things = words::plural((by_hand + stuck) as u64, "thing is", "things are");
        summary.push_str(&format!("; {things} left to a person"));
    }
    summary + "."
}
