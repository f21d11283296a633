//! HTML: each paragraph, item, cell row, heading or other block element that begins on a line is a unit.

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// Elements that stand for themselves.
const BLOCKS: &[&str] = &[
    "p",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "dt",
    "dd",
    "pre",
    "blockquote",
    "figcaption",
    "caption",
    "option",
    "title",
    "meta",
    "link",
    "script",
    "style",
    "nav",
    "header",
    "footer",
    "div",
    "section",
    "ul",
    "ol",
    "table",
    "thead",
    "tbody",
    "html",
    "head",
    "body",
    "main",
    "span",
    "a",
    "img",
    "br",
    "hr",
    "form",
    "input",
    "button",
    "label",
    "td",
    "th",
];

/// The elements of the line and what follows without one, up to the next line that begins with an element or is blank.
pub(super) fn nodes(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    let line = lines.line(at);
    let open = line.trim_start();
    if !is_tag(open) || !open.contains('>') {
        return None;
    }
    let mut next = at + 1;
    while next < lines.len() && !lines.is_blank(next) && !lines.line(next).trim_start().starts_with('<') {
        next += 1;
    }
    next = lines.after_blank_lines(next);
    let (start, end) = (lines.start(at), lines.start(next));
    // A page in one line has its elements behind one another.
    let mut begin = start;
    let text = cutter.text;
    for tag in memchr::memchr_iter(b'<', &text.as_bytes()[start..end]).map(|tag| start + tag) {
        if tag > begin && tag - begin >= 24 && text.is_char_boundary(tag) && is_break(&text[tag..end]) {
            cutter.push(UnitKind::Html, begin..tag, None);
            begin = tag;
        }
    }
    cutter.push(UnitKind::Html, begin..end, None);
    Some(next)
}

fn name(tag: &str) -> &str {
    let inner = tag.strip_prefix("</").or_else(|| tag.strip_prefix('<')).unwrap_or_default();
    let end = inner.bytes().take(12).take_while(u8::is_ascii_alphanumeric).count();
    &inner[..end]
}

fn is_tag(text: &str) -> bool {
    text.starts_with("<!--")
        || text.starts_with("<!DOCTYPE")
        || BLOCKS.contains(&name(text).to_ascii_lowercase().as_str())
}

/// Elements before which a line may be cut.
fn is_break(text: &str) -> bool {
    if text.starts_with("</") {
        return false;
    }
    let name = name(text);
    [
        "p", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "pre", "div", "section", "table", "ul", "ol",
        "P", "LI", "TR",
    ]
    .contains(&name)
}
