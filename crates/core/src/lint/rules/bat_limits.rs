//! `batch-limits`: a batch file that the provider will not take.

use crate::lint::batch;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;
use crate::usd::group_thousands;

rule! {
    /// More requests or more bytes than the provider takes in one batch.
    ///
    /// ## Why
    ///
    /// The upload or the batch is refused as a whole. OpenAI takes 50,000 requests and 200 MB, Anthropic 100,000 requests and
    /// 256 MB.
    ///
    /// ## Example
    ///
    /// A file with 60,000 lines for OpenAI: make two batches of it, `split -l 50000 requests.jsonl part-`.
    ///
    /// ## Options
    ///
    /// - `max_requests`: requests that your provider takes, if it is another; 0 for the provider's own limit.
    /// - `max_bytes`: the same for bytes.
    "batch-limits",
    code: "BAT004",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "data/lint/batch.toml: OpenAI's API reference, Anthropic's batch processing page",
        date: "2026-11-26",
    },
    options: &[
        OptionSpec { name: "max_requests", default: Default::Int(0), about: "most requests in a batch; 0 for the provider's limit" },
        OptionSpec { name: "max_bytes", default: Default::Int(0), about: "most bytes in a batch; 0 for the provider's limit" },
    ],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let Some(batch) = batch::read(view.file).filter(batch::Batch::has_requests) else { return };
    let limit = batch.limit();
    let set = |option: &str| u64::try_from(view.settings.int(view.rule, option)).ok().filter(|most| *most > 0);
    let who = |option: &str| match limit {
        Some((name, _)) if set(option).is_none() => name,
        _ => "the configured provider",
    };
    let requests: Vec<_> = batch.objects().map(|(line, _)| line).collect();
    if let Some(most) = set("max_requests").or_else(|| Some(limit?.1.requests))
        && let Some(beyond) = usize::try_from(most).ok().and_then(|most| requests.get(most))
    {
        let (n, most_words) = (group_thousands(requests.len() as u128), group_thousands(u128::from(most)));
        let message = format!("{n} requests, {} takes {most_words} in a batch", who("max_requests"));
        sink.report(
            Finding::at(beyond.head(), message)
                .help(format!("make several batches: `split -l {most} {}`", view.file.name())),
        );
    }
    if let Some(most) = set("max_bytes").or_else(|| Some(limit?.1.bytes))
        && view.file.text.len() as u64 > most
    {
        let (n, most) = (group_thousands(view.file.text.len() as u128), group_thousands(u128::from(most)));
        let first = requests.first().map_or(0..0, |line| line.head());
        let message = format!("{n} bytes, {} takes {most} in a batch", who("max_bytes"));
        sink.report(Finding::at(first, message).help("make several batches"));
    }
}
