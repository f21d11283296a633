//! `hosted-prompt-object`: a prompt that OpenAI keeps, and soon no longer does.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::lifecycle::days;
use crate::lint::parameters::PARAMETERS;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;

rule! {
    /// A reference to a prompt that is stored at OpenAI (`"prompt": {"id": "pmpt_…"}`).
    ///
    /// ## Why
    ///
    /// OpenAI shuts down reusable prompt objects and `v1/prompts` on 2026-11-30. After that the request has no instructions.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-luna", "prompt": {"id": "pmpt_0a1b2c3d4e5f"}, "input": "Hi"}
    /// ```
    "hosted-prompt-object",
    code: "MDL016",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://dev.to/max_bob/openai-api-deprecations-2026-2027-every-shutdown-date-and-recommended-replacement-gpt-4o-2ffm, a copy of OpenAI's deprecations page",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

/// An id as these have it, where an id belongs.
static ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bid["']?\s*[:=]\s*["']?(pmpt_[0-9a-zA-Z]{6,})"#).ok());

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    if memchr::memmem::find(view.file.text.as_bytes(), b"pmpt_").is_none() {
        return;
    }
    let Some(ending) = PARAMETERS.ending.iter().find(|ending| ending.feature == "hosted prompts") else { return };
    let left = days(view.settings.today, ending.shutdown);
    let when = if left < 0 {
        format!("were shut down on {}", ending.shutdown)
    } else {
        format!("are shut down on {}, in {left} days", ending.shutdown)
    };
    let ids = ID.as_ref().into_iter().flat_map(|id| id.captures_iter(&view.file.text)).filter_map(|found| found.get(1));
    for id in ids {
        sink.report(
            Finding::at(id.range(), format!("prompts stored at OpenAI {when}"))
                .help("move its text into this file or your code, as `instructions` and `input`"),
        );
    }
}
