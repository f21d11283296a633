//! What the optimizer promises, checked on one text: every check says what broke.

use promptopt::compress::body::Body;
use promptopt::compress::decode::restored;
use promptopt::compress::{Options, Segment, SegmentKind};
use promptopt::dialect::read_request;
use promptopt::optimize::{Form, Optimized, Optimizer, Settings};
use promptopt::text::json::{Json, Kind, push_compact};
use serde_json::Value;

/// A text with the form in which it is sent.
pub(crate) struct Case {
    pub name: String,
    pub text: String,
    pub form: Form,
}

pub(crate) fn optimizer(model: Option<&str>, edits: Options) -> Optimizer {
    Optimizer::new(Settings { model: model.map(str::to_owned), edits, ..Settings::default() }).unwrap()
}

/// Checks everything that holds by default. Returns tokens before and after.
pub(crate) fn hold(optimizer: &Optimizer, case: &Case) -> (u64, u64) {
    let name = &case.name;
    let once = optimizer.optimize_as(&case.text, case.form).unwrap_or_else(|error| panic!("{name}: {error}"));
    for report in &once.requests {
        assert!(report.tokens_after <= report.tokens_before, "{name} became larger");
    }
    if once.edits().next().is_none() {
        assert_eq!(once.text, case.text, "{name} has no edits and other bytes");
        return (once.tokens_before, once.tokens_after);
    }
    let twice = optimizer.optimize_as(&once.text, case.form).unwrap();
    let again: Vec<_> = twice.edits().map(|edit| (edit.transform, &edit.path, &edit.before, &edit.after)).collect();
    assert!(twice.text == once.text, "{name} was rewritten twice: {again:#?}");
    match case.form {
        Form::Prompt => round_trip(name, &prompt(&case.text), &prompt(&once.text)),
        Form::Json => json(name, &case.text, &once),
        Form::Csv => {
            let n_records = |text: &str| csv_records(text).count();
            assert_eq!(n_records(&case.text), n_records(&once.text), "{name} lost records");
        }
        Form::Lines => {
            assert_eq!(case.text.lines().count(), once.text.lines().count(), "{name} lost lines");
            for line in once.text.lines().filter(|line| !line.trim().is_empty()) {
                assert!(Json::parse(line).is_ok(), "{name} is JSON lines no more");
            }
        }
    }
    (once.tokens_before, once.tokens_after)
}

/// Where records end, told by the quotes alone.
fn csv_records(text: &str) -> impl Iterator<Item = usize> {
    let mut is_quoted = false;
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        is_quoted ^= byte == b'"';
        (byte == b'\n' && !is_quoted).then_some(at)
    })
}

fn prompt(text: &str) -> Vec<Segment<'_>> {
    let label = "the prompt".to_owned();
    vec![Segment { kind: SegmentKind::Prompt, label, message: 0, path: String::new(), text: text.into() }]
}

fn json(name: &str, before: &str, once: &Optimized) {
    let (old, new) =
        (Json::parse(before).unwrap(), Json::parse(&once.text).unwrap_or_else(|e| panic!("{name}: {e:?}")));
    let (bodies, after) = (Body::find(&old), Body::find(&new));
    assert_eq!(bodies.len(), after.len(), "{name}");
    for (before, after) in bodies.iter().zip(&after) {
        let tags = |body: &Body<'_>| {
            body.segments.iter().map(|s| (s.kind, s.label.clone(), s.path.clone())).collect::<Vec<_>>()
        };
        assert_eq!(tags(before), tags(after), "{name}: other segments");
        for (a, b) in before.segments.iter().zip(&after.segments) {
            if !a.kind.is_material() {
                assert_eq!(a.text, b.text, "{name}: {} was protected", a.label);
            }
            if a.kind == SegmentKind::ToolSchema {
                assert_eq!(schema(&a.text), schema(&b.text), "{name}: {} says other things", a.label);
            }
        }
        round_trip(name, &before.segments, &after.segments);
    }
    // Fields that hold no edited text: the same values as written, in the same order.
    if !once.edits().any(|edit| edit.path.starts_with("tools.") || edit.path.starts_with("functions."))
        && !bodies.is_empty()
    {
        let n_changed: usize = old
            .root()
            .descendants()
            .zip(new.root().descendants())
            .filter(|(a, b)| {
                assert!(a.kind() == b.kind() && a.raw_key() == b.raw_key(), "{name}: other fields");
                match a.kind() {
                    Kind::Array | Kind::Object => false,
                    Kind::String => a.raw() != b.raw(),
                    _ => {
                        assert_eq!(a.raw(), b.raw(), "{name}: another value");
                        false
                    }
                }
            })
            .count();
        let mut paths: Vec<(&str, &str)> = once.edits().map(|edit| (&*edit.path, &*edit.label)).collect();
        paths.dedup();
        assert_eq!(old.n_values(), new.n_values(), "{name}");
        assert!(n_changed <= paths.len(), "{name}: {n_changed} strings changed by edits in {}", paths.len());
    }
    same_request(name, before, &once.text);
}

/// What a dialect reads is the same but for text.
fn same_request(name: &str, before: &str, after: &str) {
    let read = |text: &str| read_request(&serde_json::from_str::<Value>(text).ok()?).ok();
    let Some(old) = read(before) else { return };
    let new = read(after).unwrap_or_else(|| panic!("{name} is no request any more\n{before}\n{after}"));
    assert_eq!(old.messages.len(), new.messages.len(), "{name}");
    for (a, b) in old.messages.iter().zip(&new.messages) {
        assert_eq!((a.role, &a.name, a.parts.len()), (b.role, &b.name, b.parts.len()), "{name}");
        for (a, b) in a.parts.iter().zip(&b.parts) {
            use promptopt::chat::Content;
            match (&a.content, &b.content) {
                (Content::ToolResult { parts: a, .. }, Content::ToolResult { parts: b, .. }) => {
                    assert_eq!(a.len(), b.len(), "{name}");
                }
                (Content::Text(_) | Content::Document { .. }, Content::Text(_) | Content::Document { .. }) => {}
                (a, b) => assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name}"),
            }
        }
    }
    let names = |request: &promptopt::chat::ChatRequest| -> Vec<_> {
        request.tools.iter().map(|tool| (tool.name.clone(), tool.description.clone())).collect()
    };
    assert_eq!(names(&old), names(&new), "{name}");
}

/// Everything in a tool definition but what may go.
fn schema(text: &str) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for key in ["$schema", "$id", "title", "description"] {
                    if members.get(key).is_some_and(Value::is_string) {
                        members.remove(key);
                    }
                }
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(text).unwrap();
    strip(&mut value);
    value
}

/// The rewritten segments alone say what the original ones said.
pub(crate) fn round_trip(name: &str, before: &[Segment<'_>], after: &[Segment<'_>]) {
    for ((old, new), restored) in before.iter().zip(after).zip(restored(after)) {
        if old.text != new.text && old.kind != SegmentKind::ToolSchema {
            let (expected, found) = (layout_free(&old.text), layout_free(&restored));
            assert!(
                expected == found,
                "{name}: {}\n--- was\n{expected}\n--- is\n{found}\n--- as\n{}",
                old.label,
                new.text
            );
        }
    }
}

/// A text without what layout is: JSON compact, one blank between words, no empty lines, tables unpadded.
pub(crate) fn layout_free(text: &str) -> String {
    // What nobody sees first: a document behind a byte-order mark is one.
    let text: String = text.chars().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let start = at + text[at..line_end].len() - text[at..line_end].trim_start().len();
        if text[start..].starts_with(['{', '['])
            && let Some(end) = promptopt::text::json::end_of_value(&text[start..])
            && Json::parse(&text[start..start + end]).is_ok()
        {
            let mut compact = String::new();
            push_compact(&mut compact, &text[start..start + end]);
            // Escapes that need not be.
            let value: Result<Value, _> = serde_json::from_str(&compact);
            out.push_str(&value.map_or(compact, |value| value.to_string()));
            out.push('\n');
            at = start + end;
            continue;
        }
        let mut line = text[at..line_end].split_whitespace().collect::<Vec<_>>().join(" ");
        if line.starts_with('|') && line.ends_with('|') {
            line = line.replace(" |", "|").replace("| ", "|");
            if line.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ')) {
                while line.contains("--") {
                    line = line.replace("--", "-");
                }
            }
        }
        if !line.is_empty() {
            out.push_str(&line);
            out.push('\n');
        }
        at = line_end + 1;
    }
    out
}
