//! Corpus formats: readers that turn a file of prompts, requests, responses or usage into [`Record`]s, one at a time.
//!
//! A format is a file under `format/` with a [`Format`] and a line in [`FORMATS`]. Which format a file has is told by its
//! content (`sniff`), or said by the user (`--format`). A bad line is an error value with file and line; the rest is read.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::chat::{Answer, ChatRequest, Dialect};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::usage::{Flaw, Reading, ServiceTier};
use crate::usd::Usd;

mod chunk;
mod counts;
mod exchange;
mod json;
mod known;
pub mod open;
pub mod read;
mod requests;
mod scan;
mod session;
pub mod sniff;
mod spare;
mod turns;
pub mod walk;
pub(crate) mod when;

mod batch_input;
mod batch_output;
mod block_trace;
mod chat_requests;
mod claude_code;
mod codex;
mod conversations;
mod csv;
mod fine_tuning;
mod gemini_requests;
mod helicone;
mod langfuse;
mod litellm;
mod lmsys;
mod messages_requests;
mod openrouter;
mod otel;
mod otel_messages;
mod pairs;
#[cfg(feature = "parquet")]
mod parquet;
mod prompts;
mod responses_requests;
mod sharegpt;
mod text;
mod trajectory;
mod usage_reports;
mod wildchat;

#[cfg(test)]
mod testing;

pub use read::{ReadOptions, ReadReport, read_all};
pub use sniff::detect;

/// One call, or one prompt, as found in a corpus.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Where it was found.
    pub origin: Origin,
    /// The id by which a batch's request and its result find each other (`custom_id`).
    pub custom_id: Option<Arc<str>>,
    /// What kind of call.
    pub kind: CallKind,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// The provider or host, lower case, as far as the source says (`openai`, `azure`, `bedrock`, …).
    pub provider: Option<Arc<str>>,
    /// The model billed: as the response names it, else as the request asks for it.
    pub model: Option<Arc<str>>,
    /// The model asked for, if it differs.
    pub asked_model: Option<Arc<str>>,
    /// The request, if the source has it.
    pub request: Option<ChatRequest>,
    /// The dialect of the exchange, if known without a request.
    pub dialect: Option<Dialect>,
    /// The answer, if the source has it.
    pub answer: Option<Answer>,
    /// What the source says was consumed, or the contradiction in it.
    pub usage: Option<Result<Reading, Flaw>>,
    /// What the source says was charged.
    pub billed: Option<Usd>,
    /// The tier that served it.
    pub tier: ServiceTier,
    /// The region that served it.
    pub region: Option<Arc<str>>,
    /// Labels to break down by: `user`, `key`, `team`, `session`, `feature`, …
    pub tags: BTreeMap<Arc<str>, Arc<str>>,
    /// Answered from the sender's own response cache: nothing was billed by a provider.
    pub from_cache: bool,
    /// HTTP status, if known and not 200.
    pub status: Option<u16>,
    /// A prompt or template, not a call that was made: priced as one call.
    pub is_prompt: bool,
    /// The number of calls that the record sums up; `None` is one call. Usage reports give sums only.
    pub n_calls: Option<u64>,
    /// Identifies the call where a source logs the same call several times: the reader keeps the first.
    pub call_id: Option<Arc<str>>,
}

/// What kind of call a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// Chat, responses, messages, text completion.
    #[default]
    Chat,
    /// Embeddings.
    Embedding,
    /// Reranking.
    Rerank,
    /// Anything else (images, files, counting): not estimated.
    Other,
}

/// File and line (from 1; for formats without lines, the number of the record).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Path as given, or `<stdin>`.
    pub file: Arc<str>,
    /// Line or record number, from 1.
    pub line: u64,
}

/// Takes what a reader finds: a record, or an error about one line.
pub type Sink<'a> = dyn FnMut(Result<Record>) -> ControlFlow<()> + 'a;

/// A corpus format.
pub struct Format {
    /// Name for `--format`.
    pub name: &'static str,
    /// One line for `--help`: what writes it.
    pub about: &'static str,
    /// How sure the format is that the head of a file is its own: 0 not at all, 100 certain.
    pub sniff: fn(&Head<'_>) -> u8,
    /// The reader.
    pub reader: Reader,
}

/// How a format is read.
pub enum Reader {
    /// JSON values (one a line, elements of an array, or one after another), each by itself: they can be read in parallel.
    /// The function appends the value's records.
    Lines(fn(&Line<'_>, &mut Vec<Record>) -> Result<()>),
    /// The whole stream, by one thread: lines depend on each other, or there are none.
    Stream(fn(&mut dyn BufRead, &Arc<str>, &mut Sink<'_>) -> Result<()>),
}

/// One line (without its end), or one JSON value cut out of an array or a sequence, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The text.
    pub text: &'a str,
    /// The file.
    pub file: &'a Arc<str>,
    /// Its number, from 1: of the line, or of the value.
    pub number: u64,
    /// Messages met in lines before.
    known: Option<&'a known::Known>,
}

/// The beginning of a file.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Path as given.
    pub path: &'a str,
    /// The first bytes (up to 64 KiB, decompressed); may end inside a character or a line.
    pub bytes: &'a [u8],
    /// The first JSON value: a line, an element of an array, or a value over several lines.
    pub first: Option<&'a serde_json::Value>,
    /// True if `bytes` is the whole file.
    pub is_whole: bool,
}

/// The formats, the most particular first: among equally sure ones the first is taken.
pub static FORMATS: &[&Format] = &[
    #[cfg(feature = "parquet")]
    &parquet::FORMAT,
    &trajectory::FORMAT,
    &block_trace::FORMAT,
    &claude_code::FORMAT,
    &codex::FORMAT,
    &otel::FORMAT,
    &litellm::FORMAT,
    &langfuse::FORMAT,
    &helicone::FORMAT,
    &openrouter::FORMAT,
    &usage_reports::FORMAT,
    &wildchat::FORMAT,
    &lmsys::FORMAT,
    &sharegpt::FORMAT,
    &batch_input::FORMAT,
    &batch_output::FORMAT,
    &gemini_requests::FORMAT,
    &pairs::FORMAT,
    &messages_requests::FORMAT,
    &responses_requests::FORMAT,
    &fine_tuning::FORMAT,
    &conversations::FORMAT,
    &chat_requests::FORMAT,
    &prompts::FORMAT,
    &csv::FORMAT,
    &text::FORMAT,
];

/// The format of that name.
pub fn by_name(name: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|format| format.name == name).copied().ok_or_else(|| {
        let mut error = Error::input(format!("there is no corpus format `{name}`"));
        if let Some(help) = crate::text::did_you_mean(name, FORMATS.iter().map(|format| format.name)) {
            error = error.help(help);
        }
        error
    })
}

impl Origin {
    /// Where a line stands.
    pub fn of(line: &Line<'_>) -> Origin {
        Origin { file: Arc::clone(line.file), line: line.number }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Origin { file: Arc::from("<memory>"), line: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    /// Names that some format looks at; random objects of them get past the first look.
    const NAMES: &str = "messages role content parts text type request response timestamp usage prompt_tokens \
        completion_tokens input_tokens output_tokens input output model tools function name arguments calls \
        before_message created cost_usd body custom_id url params requests contents key result message error \
        status_code conversations conversation from value conversation_id conversation_hash traj attributes \
        resourceSpans scopeSpans spans resource gen_ai.operation.name gen_ai.usage.input_tokens gen_ai.input.messages \
        gen_ai.system_instructions gen_ai.tool.definitions gen_ai.output.messages call_type spend metadata startTime \
        cache_hit usage_object traceId usageDetails costDetails data request_created_at request_body response_body \
        provider prompt_cache_read_tokens native_tokens_prompt model_permaslug results start_time starting_at \
        uncached_input_tokens cache_creation sessionId isSidechain requestId payload info total_token_usage \
        last_token_usage input_length output_length hash_ids prompt template kind path status tags region \
        response_is_base64 choices candidates usageMetadata requests";

    fn json() -> impl Strategy<Value = Value> {
        let names: Vec<&str> = NAMES.split_whitespace().collect();
        let texts = ["", "chat", "user", "assistant", "GENERATION", "event_msg", "token_count", "turn_context", "a"];
        let numbers = [0, 1, -1, i64::MAX, i64::MIN, 1_775_802_348];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            proptest::sample::select(numbers.to_vec()).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            proptest::sample::select(texts.to_vec()).prop_map(Value::from),
            "[\\[{\":, a1}\\]]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            let name = proptest::sample::select(names.clone());
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..6).prop_map(|fields| {
                    Value::Object(fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect::<Map<_, _>>())
                }),
            ]
        })
    }

    #[test]
    fn names_are_unique_and_found() {
        for format in FORMATS {
            assert!(by_name(format.name).is_ok_and(|found| std::ptr::eq(found, *format)), "{}", format.name);
        }
        let error = by_name("chat_request").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("did you mean `chat_requests`"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn no_json_makes_a_reader_panic(value in json()) {
            let text = value.to_string();
            let file = Arc::from("sample");
            let head = Head { path: "sample.jsonl", bytes: text.as_bytes(), first: Some(&value), is_whole: true };
            let _ = detect(&head);
            for format in FORMATS {
                match format.reader {
                    Reader::Lines(read) => {
                        let _ = read(&Line { text: &text, file: &file, number: 1, known: None }, &mut Vec::new());
                    }
                    Reader::Stream(read) => {
                        let _ = read(&mut text.as_bytes(), &file, &mut |_| ControlFlow::Continue(()));
                    }
                }
            }
        }
    }
}
