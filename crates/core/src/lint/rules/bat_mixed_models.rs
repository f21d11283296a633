//! `mixed-models`: one batch file, several models.

use crate::lint::batch::{self, Style};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;
use crate::text::shorten;

rule! {
    /// A batch file in OpenAI's form whose requests name several models.
    ///
    /// ## Why
    ///
    /// OpenAI takes one model a file; so do the providers that read its files. The whole batch is refused.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-6-luna", "input": "Hi"}}
    /// {"custom_id": "b", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-6-sol", "input": "Hi"}}
    /// ```
    ///
    /// ## Limits
    ///
    /// Anthropic's batches may mix models, and are left alone.
    "mixed-models",
    code: "BAT006",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "OpenAI's batch guide: each input file holds requests to a single model (translated at https://developer.aliyun.com/article/1512289); https://novita.ai/docs/es/api-reference/model-apis-llm-upload-batch-input-file.md",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let Some(batch) = batch::read(view.file).filter(|batch| batch.style == Style::OpenAi) else { return };
    let mut first: Option<(String, std::ops::Range<usize>)> = None;
    let mut others: Vec<String> = Vec::new();
    let mut place = None;
    for (line, root) in batch.objects() {
        let Some(model) = batch.request(root).and_then(|body| body.get("model")) else { continue };
        let Some(name) = model.string() else { continue };
        let Some((known, _)) = &first else {
            first = Some((name.into_owned(), line.at(&model.span())));
            continue;
        };
        if *known != *name && !others.iter().any(|other| *other == *name) {
            place.get_or_insert_with(|| line.at(&model.span()));
            others.push(name.into_owned());
        }
    }
    let (Some((known, first)), Some(place)) = (first, place) else { return };
    let other = others.first().map(|other| shorten(other, 60)).unwrap_or_default();
    let message = format!("`{other}` in a batch of `{}`: {} models in one file", shorten(&known, 60), others.len() + 1);
    sink.report(
        Finding::at(place, message).label(first, "the first model").help("make a batch of each model's requests"),
    );
}
