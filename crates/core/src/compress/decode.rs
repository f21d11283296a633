//! What a rewritten prompt says, restored from itself: references followed, tables and logs written out. What was only
//! laid out otherwise (compact JSON, white space, padding) stays so; nothing that was said is missing, unless it was cut.

use std::collections::HashMap;

use super::encoded::{blocks, parse_head};
use super::json_blocks::json_blocks;
use super::segment::Segment;
use super::transforms::by_name;
use super::{MARK, MARK_END};

/// The texts of a rewritten prompt's segments as they were, up to layout. References are found by the segments' labels;
/// text that merely looks like one and leads nowhere stays. O(text restored).
pub fn restored(segments: &[Segment<'_>]) -> Vec<String> {
    let mut by_label: HashMap<&str, Vec<&str>> = HashMap::new();
    segments
        .iter()
        .map(|segment| {
            let followed = follow(&segment.text, &by_label);
            by_label.insert(&segment.label, segment.text.split('\n').collect());
            written_out(&followed)
        })
        .collect()
}

/// The text with each reference replaced by the lines that it names.
fn follow(text: &str, by_label: &HashMap<&str, Vec<&str>>) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        match target(line, by_label) {
            Some(lines) => out.push_str(&lines.join("\n")),
            None => out.push_str(line),
        }
    }
    out
}

/// The lines that a reference names.
fn target<'l>(line: &str, by_label: &'l HashMap<&str, Vec<&str>>) -> Option<&'l [&'l str]> {
    let inner = line.strip_prefix(MARK)?.strip_suffix(MARK_END)?;
    let (n_lines, rest) = inner.split_once(" line")?;
    let n_lines: usize = n_lines.parse().ok()?;
    let rest = rest.strip_prefix('s').unwrap_or(rest);
    if let Some(whole) = rest.strip_prefix(": the same as ") {
        let (label, _) = whole.split_once(", \"")?;
        return by_label.get(label)?.get(..n_lines);
    }
    let (label, place) = rest.strip_prefix(" as in ")?.split_once(" from line ")?;
    let first: usize = place.split_once(':')?.0.parse().ok()?;
    by_label.get(label)?.get(first.checked_sub(1)?..first.checked_sub(1)?.checked_add(n_lines)?)
}

/// The text with its tables and logs written out.
fn written_out(text: &str) -> String {
    let decode = |name: &str, block: &str| by_name(name).ok()?.decode?(block);
    let blocks = blocks(text).into_iter().filter_map(|span| {
        let block = &text[span.clone()];
        let head = block.split('\n').next()?;
        let decoded = parse_head(head, "table")
            .and_then(|_| decode("json_table", block))
            .or_else(|| parse_head(head, "log").and_then(|_| decode("log_template", block)))?;
        Some((span, decoded))
    });
    let json = json_blocks(text).into_iter().filter_map(|span| {
        let block = &text[span.clone()];
        if !block.contains("\"_columns\"") {
            return None;
        }
        Some((span, decode("json_table", block)?))
    });
    let mut changes: Vec<_> = blocks.chain(json).collect();
    changes.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    // Text may look like both: what begins first is taken.
    let mut end = 0;
    changes.retain(|(span, _)| {
        let is_apart = span.start >= end;
        end = if is_apart { span.end } else { end };
        is_apart
    });
    super::body::rewritten(text, changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::edit::apply;
    use crate::compress::{Options, Pass, SegmentKind};

    #[test]
    fn what_was_said_comes_back() {
        let rows: Vec<String> =
            (0..9).map(|n| format!("{{\"identifier\": {n}, \"state\": \"open\", \"name\": \"n{n}\"}}")).collect();
        let json = format!("[{}]", rows.join(", "));
        let code = "fn main() {\n    println!(\"{}\", some_function(with, arguments));\n    another_function_call(\"text\");\n    loop { break 'outer; }\n}";
        let texts = [code.to_owned(), format!("x\n{code}\ny"), json.clone(), json.clone(), code.to_owned()];
        let segment = |(index, text): (usize, &String)| Segment {
            kind: SegmentKind::ToolResult,
            label: format!("message {}", index + 1),
            message: index + 1,
            path: String::new(),
            text: text.clone().into(),
        };
        let segments: Vec<Segment<'_>> = texts.iter().enumerate().map(segment).collect();
        let (options, counter) = (Options::default(), |text: &str| text.len() as u64 / 3);
        let mut pass = Pass::new(&options, &counter).unwrap();
        let after: Vec<String> =
            segments.iter().map(|segment| apply(&segment.text, &pass.feed(segment).edits)).collect();
        assert!(after[1].len() < texts[1].len() && after[2].len() < json.len() && after[3].len() < after[2].len());
        let rewritten: Vec<Segment<'_>> = after.iter().enumerate().map(segment).collect();
        let restored = restored(&rewritten);
        assert_eq!((&restored[0], &restored[1], &restored[4]), (&texts[0], &texts[1], &texts[4]));
        let compact = json.replace(": ", ":").replace(", ", ",");
        assert_eq!((&restored[2], &restored[3]), (&compact, &compact));
    }
}
