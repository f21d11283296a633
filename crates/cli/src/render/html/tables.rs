//! The figures of the page as headline, tiles and tables. Columns of class `wide` stay away on a phone.

use promptopt::estimate::Report;
use promptopt::estimate::report::Group;
use promptopt::usd::Usd;

use super::{escape, prose, section};
use crate::render::View;
use crate::render::words::{self, count, plural, share, tokens};

/// The headline: what it costs, from what, and the part that has no price.
pub(super) fn summary(report: &Report) -> String {
    let baseline = &report.baseline;
    let unpriced = match baseline.unpriced_requests {
        0 => String::new(),
        n => format!(" + {} unpriced", words::calls(n)),
    };
    let calls = format!("{unpriced} for {}", words::calls(baseline.requests));
    let mut said: Vec<String> = words::interval(baseline).into_iter().collect();
    said.push(words::basis(report));
    said.extend(report.time.as_ref().map(words::span));
    said.extend(words::monthly(report).map(|usd| format!("{usd} in 30 days at this pace")));
    let said: Vec<String> = said.into_iter().filter(|text| !text.is_empty()).collect();
    let mut html = format!(
        "<header>\n<h1>{} <small>{}</small></h1>\n<p class=\"soft\">{}</p>\n</header>\n",
        escape(&baseline.cost_usd.to_string()),
        escape(calls.trim()),
        escape(&said.join("; "))
    );
    if baseline.requests > 0 {
        html += &tiles(report);
    }
    for unpriced in &baseline.unpriced {
        let (calls, n_tokens) = (words::calls(unpriced.requests), tokens(unpriced.tokens));
        let help = unpriced.help.as_deref().map(|help| format!(" – {help}")).unwrap_or_default();
        let text = format!("{calls}, {n_tokens} tokens, have no price: {}{help}", unpriced.reason);
        html += &format!("<p class=\"alert small\">{}</p>\n", prose(&text));
    }
    if baseline.flawed_requests > 0 {
        let calls = words::calls(baseline.flawed_requests);
        html += &format!("<p class=\"alert small\">{calls} not priced: their usage contradicts itself</p>\n");
    }
    html
}

fn tiles(report: &Report) -> String {
    let baseline = &report.baseline;
    let cached = words::share_of(baseline.cache_read_tokens, baseline.input_tokens);
    let reasoning = words::share_of(baseline.reasoning_tokens, baseline.output_tokens);
    let input = format!("input: {} tokens, {cached} from the prompt cache", tokens(baseline.input_tokens));
    let output = format!("output: {} tokens, {reasoning} reasoning", tokens(baseline.output_tokens));
    let mut tiles = vec![("", baseline.input_usd, input), ("", baseline.output_usd, output)];
    if !baseline.fees_usd.is_zero() {
        tiles.push(("", baseline.fees_usd, "fees".to_owned()));
    }
    let saved = report.steps.iter().rev().find(|step| step.counted).map(|step| step.cumulative_saved_usd);
    if let Some(saved) = saved.filter(|saved| *saved > Usd::ZERO) {
        let share = share(saved, baseline.cost_usd);
        match words::saved_with_same_answers(report) {
            None => tiles.push((" good", saved, format!("{share} could be saved, with the same answers"))),
            Some(same) => {
                let same_share = words::share(same, baseline.cost_usd);
                tiles.push((" good", same, format!("{same_share} could be saved with the same answers")));
                tiles.push(("", saved, format!("{share} if answers may differ")));
            }
        }
    }
    let tiles = tiles.iter().map(|(class, usd, text)| {
        format!("<div class=\"tile{class}\"><b>{usd}</b><span>{}</span></div>\n", escape(text))
    });
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.collect::<String>())
}

/// Models, dearest first.
pub(super) fn models(report: &Report) -> String {
    groups("Model", &report.models, report.baseline.cost_usd)
}

/// A section a tag that was asked for, or folded away.
pub(super) fn tags(report: &Report, view: &View) -> String {
    let tables = report.tags.iter().filter(|(_, groups)| !groups.is_empty()).map(|(key, values)| {
        let table = groups(key, values, report.baseline.cost_usd);
        if view.full || view.tags.contains(key) {
            return section(&format!("By {key}"), &table);
        }
        let n_values = plural(values.len() as u64, "value", "values");
        format!("<details><summary>By {} ({n_values})</summary>\n{table}</details>\n", escape(key))
    });
    tables.collect()
}

fn groups(heading: &str, groups: &[Group], total: Usd) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let money = words::money_column(&groups.iter().map(|group| group.cost.usd).collect::<Vec<_>>());
    let rows = groups.iter().map(|group| {
        let host = group.host.as_deref().map(|host| format!(" <span class=\"soft\">{}</span>", escape(host)));
        let name = if group.name.is_empty() { "(none)" } else { &group.name };
        let shutdown = group.shutdown.as_deref().map(|text| format!("<div class=\"bad small\">{}</div>", prose(text)));
        let unpriced = group.cost.unpriced_requests;
        let cost = match (unpriced, group.cost.usd.is_zero()) {
            (0, _) => money(group.cost.usd),
            (_, true) => "<span class=\"bad\">unpriced</span>".to_owned(),
            (n, false) => {
                format!("{}<div class=\"bad small\">+ {} unpriced</div>", money(group.cost.usd), words::calls(n))
            }
        };
        let cached = match group.cache_read_tokens {
            0 => String::new(),
            n => words::share_of(n, group.input_tokens),
        };
        row(&[
            ("name", format!("{}{}{}", escape(name), host.unwrap_or_default(), shutdown.unwrap_or_default())),
            ("n wide", count(group.requests)),
            ("n wide", tokens(group.input_tokens)),
            ("n wide", cached),
            ("n wide", tokens(group.output_tokens)),
            ("n", cost),
            ("n", if group.cost.usd.is_zero() { String::new() } else { share(group.cost.usd, total) }),
            ("share wide", bar(group.cost.usd, total)),
        ])
    });
    table(
        &[
            ("", heading),
            ("n wide", "Calls"),
            ("n wide", "Input"),
            ("n wide", "Cached"),
            ("n wide", "Output"),
            ("n", "Cost"),
            ("n", "Share"),
            ("wide", ""),
        ],
        rows,
    )
}

/// Parts of the calls.
pub(super) fn sections(report: &Report) -> String {
    let total = report.baseline.cost_usd;
    let money = words::money_column(&report.sections.iter().map(|section| section.cost_usd).collect::<Vec<_>>());
    let rows = report.sections.iter().map(|section| {
        row(&[
            ("name", escape(&words::section(&section.name))),
            ("n wide", tokens(section.tokens)),
            ("n", money(section.cost_usd)),
            ("n", share(section.cost_usd, total)),
            ("share", bar(section.cost_usd, total)),
        ])
    });
    let headings = [("", "Part of the call"), ("n wide", "Tokens"), ("n", "Cost"), ("n", "Share"), ("", "")];
    table(&headings, rows)
}

/// Other models.
pub(super) fn what_if(report: &Report) -> String {
    let amounts = report.what_if.iter().flat_map(|row| [row.cost.usd, row.lower_usd, row.upper_usd, row.saved_usd]);
    let money = words::money_column(&amounts.collect::<Vec<_>>());
    let rows = report.what_if.iter().map(|what| {
        let limits = crate::render::text::what_if_limits(what, report);
        let limits = limits.map(|text| format!("<div class=\"soft small\">{}</div>", escape(&text)));
        let class = if what.saved_usd < Usd::ZERO { "n bad" } else { "n good" };
        let host = escape(&what.host);
        let approximated = if what.exact { "" } else { "≈ " };
        row(&[
            (
                "name",
                format!("{} <span class=\"soft\">{host}</span>{}", escape(&what.model), limits.unwrap_or_default()),
            ),
            ("n wide", format!("{approximated}{}", tokens(what.input_tokens))),
            ("n", money(what.cost.usd)),
            ("n wide", format!("{} – {}", money(what.lower_usd), money(what.upper_usd))),
            (class, money(what.saved_usd)),
            ("n wide", share(what.saved_usd, report.baseline.cost_usd)),
        ])
    });
    let headings =
        [("", "Model"), ("n wide", "Input"), ("n", "Cost"), ("n wide", "Range"), ("n", "Saves"), ("n wide", "Share")];
    table(&headings, rows)
}

/// Kinds of request.
pub(super) fn templates(report: &Report) -> String {
    let money = words::money_column(&report.templates.iter().map(|template| template.cost.usd).collect::<Vec<_>>());
    let rows = report.templates.iter().map(|template| {
        row(&[
            ("name", skeleton(&template.skeleton)),
            ("n", count(template.requests)),
            ("n wide", words::share_of(template.constant_tokens, template.input_tokens)),
            ("n", money(template.cost.usd)),
            ("n wide", share(template.cost.usd, report.baseline.cost_usd)),
        ])
    });
    let headings = [
        ("", "Text, with {…} where it varies"),
        ("n", "Calls"),
        ("n wide", "Constant"),
        ("n", "Cost"),
        ("n wide", "Share"),
    ];
    table(&headings, rows)
}

/// A long text is folded behind its beginning.
fn skeleton(text: &str) -> String {
    let begin = promptopt::text::shorten(text, 160);
    if begin.ends_with('…') {
        let (begin, text) = (escape(&begin), escape(text));
        return format!("<details class=\"text\"><summary><code>{begin}</code></summary><code>{text}</code></details>");
    }
    format!("<code>{}</code>", escape(text))
}

/// What was not counted.
pub(super) fn skipped(report: &Report) -> String {
    let places = report
        .skipped
        .iter()
        .map(|place| format!("<li><code>{}</code>: {}</li>\n", escape(&words::place(place)), prose(&place.reason)));
    let more = report.skipped_total.saturating_sub(report.skipped.len() as u64);
    let rest = (more > 0).then(|| format!("<li class=\"soft\">and {} more</li>\n", count(more)));
    list(places.chain(rest))
}

/// Files that hold no prompts, folded away: nothing of the corpus is missing.
pub(super) fn not_corpora(report: &Report) -> String {
    let places = report.not_corpora.iter();
    let files =
        list(places.map(|place| {
            format!("<li><code>{}</code>: {}</li>\n", escape(&words::place(place)), prose(&place.reason))
        }));
    if files.is_empty() {
        return files;
    }
    let n_files = plural(report.not_corpora.len() as u64, "file", "files");
    format!("<details><summary>{n_files} passed over: no corpus</summary>\n{files}</details>\n")
}

/// What a reader should know.
pub(super) fn notes(report: &Report) -> String {
    list(report.notes.iter().map(|note| format!("<li>{}</li>\n", prose(note))))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.collect();
    if items.is_empty() { items } else { format!("<ul class=\"small\">\n{items}</ul>\n") }
}

/// A table, if it has a row.
pub(super) fn table(headings: &[(&str, &str)], rows: impl Iterator<Item = String>) -> String {
    let body: String = rows.collect();
    if body.is_empty() {
        return body;
    }
    let headings = headings
        .iter()
        .map(|(class, text)| format!("<th scope=\"col\"{}>{}</th>", class_attribute(class), escape(text)));
    let head: String = headings.collect();
    format!("<div class=\"scroll\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n")
}

/// A row of cells, escaped already.
pub(super) fn row(cells: &[(&str, String)]) -> String {
    let cells = cells.iter().map(|(class, html)| format!("<td{}>{html}</td>", class_attribute(class)));
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

fn class_attribute(class: &str) -> String {
    if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }
}

fn bar(part: Usd, whole: Usd) -> String {
    if part <= Usd::ZERO || whole.is_zero() {
        return String::new();
    }
    let percent = (part.as_f64() / whole.as_f64() * 100.0).min(100.0);
    format!("<i style=\"width:{percent:.1}%\"></i>")
}
