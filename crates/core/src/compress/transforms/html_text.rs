//! Web pages as text.

use std::ops::Range;

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;

transform! {
    /// HTML becomes the text that a reader of the page sees.
    ///
    /// ## What it does
    /// Tags, scripts, styles, comments, heads and navigation go; headings, list items, table cells and line breaks keep
    /// their form as in Markdown; entities become characters. Addresses of links and pictures go.
    ///
    /// ## Why
    /// Of a fetched page nine tenths of the tokens are markup.
    ///
    /// ## What it promises
    /// Lossy: attributes, links and what scripts would show are gone. Only applied when named: `--with html_text`.
    ///
    /// ## When it stays out
    /// Text with fewer than 20 tags, code fences, JSON.
    html_text,
    guarantee: Guarantee::Lossy,
    is_default: false,
    parts: Parts::Alone,
    min_saving: 16,
    propose,
    decode: None,
}

/// A few tags are prose about HTML.
const MIN_TAGS: usize = 20;

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    if !view.fences.is_empty() || !view.json.is_empty() {
        return;
    }
    let Some(span) = page(view.text) else { return };
    let replacement = text_of(&view.text[span.clone()]);
    if replacement.len() < span.len() {
        out.push(Proposal { span, replacement, note: "the page's text".to_owned() });
    }
}

/// From the first tag to the last, if there are enough of them.
fn page(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut tags = memchr::memchr_iter(b'<', bytes).filter(|at| is_tag(bytes, *at));
    let first = tags.next()?;
    if tags.by_ref().count() < MIN_TAGS {
        return None;
    }
    let end = memchr::memrchr(b'>', bytes)? + 1;
    (first < end).then_some(first..end)
}

/// Whether a tag, and not a mere `<`, stands at `at`.
fn is_tag(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!'))
}

/// Elements whose content nobody reads.
const HIDDEN: [&str; 8] = ["script", "style", "head", "nav", "noscript", "svg", "template", "iframe"];
/// Elements that stand in lines of their own.
const BLOCKS: [&str; 22] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "ul",
    "ol",
    "table",
    "tr",
    "blockquote",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "dl",
    "form",
    "figure",
];

fn text_of(html: &str) -> String {
    let mut out = Writer { text: String::with_capacity(html.len() / 4) };
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        out.words(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !is_tag(rest.as_bytes(), 0) {
            out.text.push('<');
            rest = &rest[1..];
            continue;
        }
        let Some(end) = memchr::memchr(b'>', rest.as_bytes()) else {
            out.words(rest);
            return out.finish();
        };
        let inner = &rest[1..end];
        rest = &rest[end + 1..];
        let is_end = inner.starts_with('/');
        let name: String = inner
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if HIDDEN.contains(&name.as_str()) && !is_end && !inner.ends_with('/') {
            rest = after_end(rest, &name);
            continue;
        }
        match name.as_str() {
            "br" | "hr" => out.line(),
            "li" if !is_end => {
                out.line();
                out.text.push_str("- ");
            }
            "td" | "th" if !is_end && !out.text.ends_with('\n') && !out.text.is_empty() => out.text.push_str(" | "),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if !is_end => {
                out.line();
                let level = usize::from(name.as_bytes()[1] - b'0');
                out.text.push_str(&"#".repeat(level));
                out.text.push(' ');
            }
            name if BLOCKS.contains(&name) => out.line(),
            _ => {}
        }
    }
    out.words(rest);
    out.finish()
}

/// What follows the end tag of an element; nothing if it is never closed.
fn after_end<'t>(html: &'t str, name: &str) -> &'t str {
    let bytes = html.as_bytes();
    for at in memchr::memchr_iter(b'<', bytes) {
        let tag = &bytes[at + 1..];
        let is_it = tag.first() == Some(&b'/')
            && tag.get(1..=name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
            && !tag.get(name.len() + 1).is_some_and(u8::is_ascii_alphanumeric);
        if is_it {
            return memchr::memchr(b'>', tag).map_or("", |end| &html[at + 1 + end + 1..]);
        }
    }
    ""
}

struct Writer {
    text: String,
}

impl Writer {
    fn words(&mut self, raw: &str) {
        if raw.starts_with(char::is_whitespace) {
            self.blank();
        }
        let mut words = raw.split_whitespace().peekable();
        while let Some(word) = words.next() {
            push_decoded(&mut self.text, word);
            if words.peek().is_some() || raw.ends_with(char::is_whitespace) {
                self.blank();
            }
        }
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
            self.text.push(' ');
        }
    }

    fn line(&mut self) {
        let kept = self.text.trim_end_matches([' ', '-', '#', '|']).len();
        if kept == 0 || self.text[..kept].ends_with('\n') {
            self.text.truncate(kept);
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn finish(self) -> String {
        self.text.trim_end().to_owned()
    }
}

fn push_decoded(out: &mut String, word: &str) {
    let mut rest = word;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.as_bytes().iter().take(12).position(|byte| *byte == b';');
        if let Some((c, end)) = end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control());
    }
    let named = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("ndash", '–'),
        ("mdash", '—'),
        ("hellip", '…'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("bull", '•'),
        ("middot", '·'),
        ("copy", '©'),
        ("reg", '®'),
        ("euro", '€'),
        ("pound", '£'),
        ("deg", '°'),
        ("times", '×'),
    ];
    named.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_its_text() {
        let html = "<html><head><title>x</title></head><body><!-- c --><nav><a href=x>Menu</a></nav>\
            <h2>News &amp; more</h2><p>One <b>bold</b> word,<br>next&nbsp;line &#8364;5.</p>\
            <ul><li>a</li><li> b </li></ul><table><tr><th>k</th><td>v</td></tr></table>\
            <script>if (a < b) {}</script><p>1 < 2 &unknown; x</body></html>";
        assert_eq!(text_of(html), "## News & more\nOne bold word,\nnext line €5.\n- a\n- b\nk | v\n1 < 2 &unknown; x");
    }

    #[test]
    fn broken_markup_never_fails() {
        for html in ["<", "<p", "<!--", "<script>", "&#x110000;", "<td><td>", "</", "<a <b> c"] {
            let _ = text_of(html);
        }
        assert_eq!(page("<b>a</b> about tags"), None);
    }
}
