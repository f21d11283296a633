//! How near the weighed input comes to the billed one: requests of a log that state their usage are weighed again, and the
//! differences are summed up by provider, dialect and kind of request.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::catalog::Catalog;
use crate::chat::{AnswerFormat, ChatRequest, Content, Dialect, Part};
use crate::format::{CallKind, Origin, Record};
use crate::framing::{self, Profile};
use crate::tokens::memo::Memo;
use crate::usage::Flaw;

/// What is asked of the model, as far as it decides what can be known of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Text.
    Plain,
    /// Tools, or their calls and results in the history.
    Tools,
    /// A schema for the answer.
    Structured,
    /// Both.
    ToolsStructured,
    /// Images, audio or files.
    Media,
    /// Stored context or tools on the provider's side, or more tokens billed than the request has bytes (a shortened log):
    /// input that is not in the request.
    Hidden,
    /// Texts to embed or to rank.
    Embeddings,
}

/// One request, weighed.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Where it was found.
    pub origin: Origin,
    /// The provider or host, `unknown` if the log does not say.
    pub provider: Arc<str>,
    /// The dialect.
    pub dialect: Dialect,
    /// The class.
    pub class: Class,
    /// The model, as the catalogue names it, else as written.
    pub model: Arc<str>,
    /// Input as the provider billed it, cached or not.
    pub billed: u64,
    /// Input as weighed here …
    pub weighed: u64,
    /// … and its interval.
    pub low: u64,
    /// Upper end.
    pub high: u64,
}

/// The differences of all requests of one provider, dialect and class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The provider.
    pub provider: Arc<str>,
    /// The dialect's name.
    pub dialect: &'static str,
    /// The class.
    pub class: Class,
    /// Requests.
    pub n: u64,
    /// Share of requests weighed to the token.
    pub exact: f64,
    /// Share of requests within 2 % of what was billed.
    pub within_2pct: f64,
    /// Mean of |weighed − billed| ÷ billed.
    pub mean_abs_error: f64,
    /// All weighed tokens ÷ all billed ones: what the error does to a bill.
    pub total_ratio: f64,
    /// Share of requests whose billed input lies in the interval.
    pub interval_coverage: f64,
}

/// Weighs a record; `None` if it does not say what was billed, or nothing was.
pub fn sample(record: &Record, catalog: &Catalog, memo: &Memo) -> Option<Sample> {
    let request = record.request.as_ref()?;
    let billed = match record.usage.as_ref()? {
        Ok(reading) => reading.usage.input(),
        // The prompt as stated; only its split is contradictory.
        Err(Flaw::CacheAboveInput { input, .. }) => *input,
        Err(_) => return None,
    };
    if billed == 0 || record.from_cache || record.kind == CallKind::Other || record.status.is_some_and(|s| s >= 400) {
        return None;
    }
    let host = record.provider.as_deref();
    let names = [&record.model, &record.asked_model, &request.model].map(Option::as_deref);
    let profile = Profile::of_call(catalog, host, &names);
    let weight = framing::weigh(request, profile, memo);
    let mut class = Class::of(request, record.kind, &profile);
    if class != Class::Media && billed > n_bytes(request) + MOST_ADDED {
        class = Class::Hidden;
    }
    Some(Sample {
        origin: record.origin.clone(),
        provider: record.provider.clone().unwrap_or_else(|| Arc::from("unknown")),
        dialect: request.dialect,
        class,
        model: Arc::from(profile.model),
        billed,
        weighed: weight.total(),
        low: weight.low,
        high: weight.high,
    })
}

/// Sums up, by provider, dialect and class.
pub fn table(samples: &[Sample]) -> Vec<Row> {
    let mut groups: BTreeMap<(&str, Dialect, Class), Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        groups.entry((&sample.provider, sample.dialect, sample.class)).or_default().push(sample);
    }
    groups.into_values().filter_map(|group| row(&group)).collect()
}

fn row(group: &[&Sample]) -> Option<Row> {
    let first = group.first()?;
    let n = group.len() as f64;
    let share = |holds: fn(&Sample) -> bool| group.iter().filter(|sample| holds(sample)).count() as f64 / n;
    let sum = |tokens: fn(&Sample) -> u64| group.iter().map(|sample| u128::from(tokens(sample))).sum::<u128>() as f64;
    Some(Row {
        provider: first.provider.clone(),
        dialect: first.dialect.name(),
        class: first.class,
        n: group.len() as u64,
        exact: share(|sample| sample.weighed == sample.billed),
        within_2pct: share(|sample| sample.error() <= 0.02),
        mean_abs_error: group.iter().map(|sample| sample.error()).sum::<f64>() / n,
        total_ratio: sum(|sample| sample.weighed) / sum(|sample| sample.billed),
        interval_coverage: share(|sample| (sample.low..=sample.high).contains(&sample.billed)),
    })
}

impl Sample {
    /// |weighed − billed| ÷ billed.
    pub fn error(&self) -> f64 {
        self.weighed.abs_diff(self.billed) as f64 / self.billed.max(1) as f64
    }
}

impl Class {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Plain => "plain",
            Class::Tools => "tools",
            Class::Structured => "structured",
            Class::ToolsStructured => "tools_structured",
            Class::Media => "media",
            Class::Hidden => "hidden",
            Class::Embeddings => "embeddings",
        }
    }

    fn of(request: &ChatRequest, kind: CallKind, profile: &Profile<'_>) -> Class {
        let is_call = |part: &Part| matches!(part.content, Content::ToolCall { .. } | Content::ToolResult { .. });
        let has_tools = !request.tools.is_empty() || request.parts().any(is_call);
        let has_schema = matches!(request.answer_format, AnswerFormat::JsonSchema { .. });
        if request.has_stored_context || !request.server_tools.is_empty() {
            Class::Hidden
        } else if request.parts().any(is_media) {
            Class::Media
        } else if kind != CallKind::Chat || framing::is_embedding(request, profile) {
            Class::Embeddings
        } else {
            match (has_tools, has_schema) {
                (false, false) => Class::Plain,
                (true, false) => Class::Tools,
                (false, true) => Class::Structured,
                (true, true) => Class::ToolsStructured,
            }
        }
    }
}

/// More than any provider is known to add to a request of text (Cohere's preamble for tools: 1,400 tokens).
const MOST_ADDED: u64 = 2_000;

/// Bytes of everything that is weighed. No token is shorter than a byte: `tokens ≤ bytes` for the text itself.
fn n_bytes(request: &ChatRequest) -> u64 {
    fn part_bytes(part: &Part) -> u64 {
        let text = |text: &str| text.len() as u64;
        match &part.content {
            Content::Text(said) | Content::Refusal(said) => text(said),
            Content::Reasoning { text: said, n_opaque_bytes } => text(said) + n_opaque_bytes,
            Content::ToolCall { name, arguments, .. } => text(name) + text(arguments),
            Content::ToolResult { parts, .. } => parts.iter().map(part_bytes).sum(),
            Content::Document { title, text: said } => title.as_deref().map_or(0, text) + text(said),
            Content::Other { json, .. } => text(json),
            Content::Image(_) | Content::Audio { .. } | Content::File { .. } => 0,
        }
    }
    let parts = request.parts();
    let schema = match &request.answer_format {
        AnswerFormat::JsonSchema { schema, .. } => schema.to_string().len() as u64,
        _ => 0,
    };
    parts.map(part_bytes).sum::<u64>() + request.tools.iter().map(|tool| tool.json.len() as u64).sum::<u64>() + schema
}

fn is_media(part: &Part) -> bool {
    match &part.content {
        Content::Image(_) | Content::Audio { .. } | Content::File { .. } => true,
        Content::ToolResult { parts, .. } => parts.iter().any(is_media),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Message, Role};
    use crate::usage::{InclusiveCounts, Reading, Usage};

    #[test]
    fn rows_sum_up_what_samples_say() {
        let samples = [made(100, 100), made(100, 101), made(100, 90)];
        let rows = table(&samples);
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!((&*row.provider, row.dialect, row.n), ("openai", "chat", 3));
        let near = |figure: f64, expected: f64| (figure - expected).abs() < 1e-9;
        assert!(near(row.exact, 1.0 / 3.0) && near(row.within_2pct, 2.0 / 3.0));
        assert!(near(row.mean_abs_error, 0.11 / 3.0) && near(row.total_ratio, 291.0 / 300.0));
        assert!(near(row.interval_coverage, 2.0 / 3.0));
    }

    #[test]
    fn a_record_is_weighed_against_what_was_billed() {
        let usage = Usage::from_inclusive(InclusiveCounts { input: 8, output: 1, ..InclusiveCounts::default() });
        let request =
            ChatRequest { messages: vec![Message::text(Role::User, "hello").into()], ..ChatRequest::default() };
        let mut record = Record {
            provider: Some("openai".into()),
            model: Some("gpt-4o".into()),
            request: Some(request),
            usage: Some(usage.map(|usage| Reading { usage, ..Reading::default() })),
            ..Record::default()
        };
        let weighed = sample(&record, Catalog::embedded(), &Memo::new()).unwrap();
        assert_eq!((weighed.billed, weighed.weighed, weighed.class), (8, 8, Class::Plain));
        // A log that keeps "hello" for what were thousands of tokens.
        let usage = Usage::from_inclusive(InclusiveCounts { input: 9_000, output: 1, ..InclusiveCounts::default() });
        record.usage = Some(usage.map(|usage| Reading { usage, ..Reading::default() }));
        assert_eq!(sample(&record, Catalog::embedded(), &Memo::new()).unwrap().class, Class::Hidden);
        record.status = Some(500);
        assert!(sample(&record, Catalog::embedded(), &Memo::new()).is_none());
    }

    fn made(billed: u64, weighed: u64) -> Sample {
        Sample {
            origin: Origin::default(),
            provider: "openai".into(),
            dialect: Dialect::Chat,
            class: Class::Plain,
            model: "gpt-4o".into(),
            billed,
            weighed,
            low: weighed - 1,
            high: weighed + 1,
        }
    }
}
