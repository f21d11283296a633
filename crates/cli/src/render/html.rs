//! The report as one self-contained HTML file: styles and pictures inline, no script, nothing fetched, so that it can be
//! sent around, printed, and opened anywhere. Light or dark as the reader's system is; readable on a phone.

use promptopt::estimate::Report;

use super::View;
use super::words;

mod figures;
mod prompt;
mod style;
mod tables;

pub(crate) use prompt::page as explained_page;

/// The report as a page.
pub(crate) fn html(report: &Report, view: &View) -> String {
    let total = words::sum(words::total(&report.baseline));
    let title = format!("{total} for {}", words::calls(report.baseline.requests));
    let sections = [
        tables::summary(report),
        section("Where it goes", &tables::models(report)),
        section("", &tables::sections(report)),
        section("What would save", &figures::waterfall(report)),
        section("When", &figures::heat_map(report)),
        section("What if all ran on another model", &tables::what_if(report)),
        section("Kinds of request", &tables::templates(report)),
        tables::tags(report, view),
        section("Not counted", &tables::skipped(report)),
        tables::not_corpora(report),
        section("Notes", &tables::notes(report)),
    ];
    shell(&title, "", &(sections.concat() + &footer(report)))
}

/// A page around a body.
fn shell(title: &str, more_style: &str, body: &str) -> String {
    let mut page = String::with_capacity(body.len() + 16 * 1024);
    page.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Should a name ever break out of its escaping, the browser still runs and loads nothing.
    page.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.push_str(
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n",
    );
    page.push_str(&format!("<title>{} – promptopt</title>\n", escape(title)));
    page.push_str(&format!("<style>\n{}{more_style}</style>\n</head>\n<body>\n<main>\n", style::STYLE));
    page.push_str(body);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// A section with a heading, if there is something in it.
fn section(title: &str, body: &str) -> String {
    match (title, body) {
        (_, "") => String::new(),
        ("", body) => format!("<section>\n{body}</section>\n"),
        (title, body) => format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escape(title)),
    }
}

fn footer(report: &Report) -> String {
    let mut parts = vec![format!("promptopt {}", report.version)];
    if !report.prices_observed.is_empty() {
        parts.push(format!("prices as of {}", report.prices_observed));
    }
    let n_bytes: u64 = report.inputs.iter().map(|input| input.bytes).sum();
    if let [only] = report.inputs.as_slice() {
        parts.push(only.path.clone());
    } else if !report.inputs.is_empty() {
        let files = words::plural(report.inputs.len() as u64, "file", "files");
        parts.push(format!("{files}, {} MB", words::count(n_bytes.div_ceil(1_000_000))));
    }
    format!("<footer>{}</footer>\n", escape(&parts.join(" · ")))
}

/// Text that stays text, in an element as in an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in super::clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    // A number is never parted from its unit.
    escaped.replace(" %", "\u{a0}%")
}

/// A sentence: text between backticks is set as code.
fn prose(text: &str) -> String {
    let escaped = escape(text);
    let n_marks = escaped.matches('`').count();
    let mut html = String::with_capacity(escaped.len() + 16);
    for (i, part) in escaped.split('`').enumerate() {
        // The mark before this part opens, closes, or stands alone at the end.
        html.push_str(match i {
            0 => "",
            i if i % 2 == 1 && i == n_marks => "`",
            i if i % 2 == 1 => "<code>",
            _ => "</code>",
        });
        html.push_str(part);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_a_sentence_is_set_as_code() {
        assert_eq!(prose("model `a<b` is ` not"), "model <code>a&lt;b</code> is ` not");
        assert_eq!(prose("plain"), "plain");
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("<b onclick='x'>&\"62 %\u{1b}"), "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;62\u{a0}%\\x1b");
    }

    #[test]
    fn the_page_loads_and_runs_nothing() {
        let report = crate::render::sample::report();
        let page = html(&report, &View { width: 100, color: false, top: 5, full: true, tags: Vec::new() });
        for word in ["<script", "javascript:", "http://", "https://", "url(", "@import", "<link", "<img"] {
            assert_eq!(page.find(word), None, "{word}");
        }
    }
}
