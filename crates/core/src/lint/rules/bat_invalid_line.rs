//! `invalid-line`: a line of a batch file that is no request.

use crate::lint::batch;
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;

rule! {
    /// A line of a batch or training file that is blank, no object, spread over lines, or spoilt by a byte-order mark.
    ///
    /// ## Why
    ///
    /// JSON Lines has one object a line and nothing else. Providers check the whole file first: one bad line, and none of the
    /// requests is run.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"custom_id": "a",
    ///  "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-6-luna", "input": "Hi"}}
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: a blank line and a byte-order mark are removed. The rest has to be mended by hand.
    ///
    /// ## Limits
    ///
    /// Files in which no line looks like a request or an example are not judged. The empty end of the file is no line. What is
    /// no JSON for another reason is found by `syntax`.
    "invalid-line",
    code: "BAT001",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://jsonlines.org: each line is a valid JSON value, UTF-8 without byte-order mark",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let Some(batch) = batch::read(view.file) else { return };
    if view.file.text.starts_with('\u{feff}') {
        let change = Change { span: 0..'\u{feff}'.len_utf8(), text: String::new() };
        sink.report(
            Finding::at(0..'\u{feff}'.len_utf8(), "a byte-order mark before the first line: it is no JSON then")
                .help("save the file as UTF-8 without a byte-order mark")
                .fix("remove the byte-order mark", Applicability::Safe, Some(vec![change])),
        );
    }
    let mut was_broken = false;
    for (index, line) in batch.lines.iter().enumerate() {
        let span = line.span();
        match &line.json {
            None => {
                let next = batch.lines.get(index + 1).map_or(view.file.text.len(), |next| next.start);
                let change = Change { span: span.start..next, text: String::new() };
                sink.report(Finding::at(span, "a blank line is no request").fix(
                    "remove the blank line",
                    Applicability::Safe,
                    Some(vec![change]),
                ));
                was_broken = false;
            }
            Some(Ok(json)) if line.root().is_none() => {
                let kind = json.root().kind();
                sink.report(Finding::at(line.head(), format!("a line must be an object, this one is {}", words(kind))));
                was_broken = false;
            }
            Some(Ok(_)) => was_broken = false,
            Some(Err(mistake)) => {
                // What is spread over lines is one mistake, not one a line; what is no JSON otherwise is `syntax`'s.
                let is_cut = mistake.offset >= line.text.trim_end().len();
                if is_cut && !was_broken {
                    let at = span.start + mistake.offset.min(line.text.len());
                    sink.report(
                        Finding::at(at..at, "the object does not end in this line: JSON Lines has one object a line")
                            .help("write each request without line breaks, `jq -c .` does it"),
                    );
                }
                was_broken = true;
            }
        }
    }
}

fn words(kind: crate::text::json::Kind) -> &'static str {
    use crate::text::json::Kind;
    match kind {
        Kind::Array => "an array",
        Kind::String => "a string",
        Kind::Object => "an object",
        _ => "a bare value",
    }
}
