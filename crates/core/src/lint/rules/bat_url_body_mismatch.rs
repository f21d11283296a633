//! `url-body-mismatch`: a request of a batch that its endpoint does not understand.

use crate::lint::batch::{self, Style};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;
use crate::text::shorten;

rule! {
    /// A request whose body belongs to another endpoint than its `url`, or that goes elsewhere than the rest of the file.
    ///
    /// ## Why
    ///
    /// The lines of a batch all go to the endpoint with which the batch is made. A body of another endpoint fails, line by
    /// line, after the batch was accepted: up to a day later.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-6-luna", "messages": []}}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only the endpoints of OpenAI are known, and only bodies that are surely another's: both `input` and `messages`, or
    /// neither, is left alone.
    "url-body-mismatch",
    code: "BAT003",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://platform.openai.com/docs/api-reference/batch/create (the endpoint to be used for all requests in the batch)",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

/// End of the URL, the member its body needs, a member of another endpoint's body, and that endpoint.
const ENDPOINTS: &[[&str; 4]] = &[
    ["/responses", "input", "messages", "/v1/chat/completions"],
    ["/chat/completions", "messages", "input", "/v1/responses"],
    ["/embeddings", "input", "messages", "/v1/chat/completions"],
];

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let Some(batch) = batch::read(view.file).filter(|batch| batch.style == Style::OpenAi) else { return };
    let mut first: Option<(String, std::ops::Range<usize>)> = None;
    let mut is_mixed = false;
    for (line, root) in batch.objects() {
        let Some(url) = root.get("url") else { continue };
        let Some(text) = url.string() else { continue };
        let span = line.at(&url.span());
        match &first {
            None => first = Some((text.to_string(), span.clone())),
            Some((other, place)) if *other != *text && !is_mixed => {
                is_mixed = true;
                let message =
                    format!("this goes to `{}`, the file began with `{}`", shorten(&text, 60), shorten(other, 60));
                sink.report(
                    Finding::at(span.clone(), message)
                        .label(place.clone(), "the first endpoint")
                        .help("a batch has one endpoint: split the file"),
                );
            }
            Some(_) => {}
        }
        let Some(body) = batch.request(root) else { continue };
        let Some([_, needed, other, endpoint]) = ENDPOINTS.iter().find(|[end, ..]| text.ends_with(end)) else {
            continue;
        };
        if body.get(needed).is_some() {
            continue;
        }
        if let Some(member) = body.get(other) {
            sink.report(
                Finding::at(span, format!("`{}` takes `{needed}`, this body has `{other}`", shorten(&text, 60)))
                    .label(line.at(&member.member_span()), "this")
                    .help(format!("send it to `{endpoint}`, or write `{needed}`")),
            );
        }
    }
}
