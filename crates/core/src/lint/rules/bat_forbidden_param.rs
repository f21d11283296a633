//! `batch-forbidden-param`: a parameter that makes no sense in a batch.

use crate::lint::batch::{self, Style};
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;

rule! {
    /// A parameter that a batch refuses: streaming, or an output of nothing.
    ///
    /// ## Why
    ///
    /// Nobody listens to a batch, so there is nothing to stream to. `max_tokens: 0`, with which Anthropic's prompt cache is
    /// warmed, is refused in a batch, where the entry would be gone before it is read.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"custom_id": "a", "params": {"model": "claude-haiku-5-5", "max_tokens": 99, "stream": true, "messages": []}}
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: `stream` is removed. A `max_tokens` of 0 needs a decision.
    "batch-forbidden-param",
    code: "BAT005",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://platform.claude.com/docs/en/build-with-claude/batch-processing (max_tokens of at least 1; some parameters are refused)",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let Some(batch) = batch::read(view.file).filter(batch::Batch::has_requests) else { return };
    for (line, root) in batch.objects() {
        let Some(request) = batch.request(root) else { continue };
        if let Some(stream) = request.get("stream").filter(|value| value.raw() == "true") {
            // `stream_options` without `stream` is refused too.
            let spans = line.removals(request, &["stream", "stream_options"]);
            let changes = spans.into_iter().map(|span| Change { span, text: String::new() }).collect();
            sink.report(
                Finding::at(line.at(&stream.member_span()), "a batch does not stream")
                    .help("answers come as a file when the batch is done")
                    .fix("remove `stream`", Applicability::Safe, Some(changes)),
            );
        }
        if batch.style == Style::Claude
            && let Some(limit) = request.get("max_tokens").filter(|value| value.raw() == "0")
        {
            sink.report(
                Finding::at(line.at(&limit.member_span()), "a batch refuses `max_tokens` of 0")
                    .help("warm the cache with a request of its own, or leave this line out"),
            );
        }
    }
}
