//! What a worker makes of a record: everything that needs its text (tokens, digests), in a compact row without text. The
//! replay works on rows alone, so that memory does not grow with the corpus's text.

use std::sync::Arc;

use smallvec::SmallVec;

use super::kinds::KindText;
use super::known::{FEW, Facts, Known};
use super::options::Options;
use super::rewriting::{Rewritten, rewrite};
use crate::cache::storable::is_deterministic;
use crate::cache::{CacheKey, known_keys};
use crate::catalog::ModelSpec;
use crate::chat::{Answer, ChatRequest, Message, Note};
use crate::clock::Timestamp;
use crate::format::{CallKind, Origin, Record};
use crate::framing::{self, Profile, Section, Weight};
use crate::prefix_cache::edges::plain_text;
use crate::prefix_cache::{Edge, edges_knowing, token_offsets};
use crate::route::needs::lacks;
use crate::tokens::kept::Kept;
use crate::tokens::memo::Memo;
use crate::usage::{Conditions, Flaw, Reading, Semantics, ServiceTier, Usage};
use crate::usd::Usd;

/// A record, measured.
#[derive(Default)]
pub(super) struct Row {
    pub origin: Origin,
    /// Joins a batch's request with its result.
    pub custom_id: Option<Arc<str>>,
    /// Microseconds since the epoch.
    pub at: Option<i64>,
    /// Index into the catalogue's models.
    pub spec: Option<u32>,
    /// The model as written, for what the catalogue does not know.
    pub model: Option<Arc<str>>,
    pub host: Option<Arc<str>>,
    pub conditions: Conditions,
    pub outcome: Outcome,
    /// What the log says was consumed, as far as it is to be believed.
    pub reported: Option<Reading>,
    /// What was counted here, without any cache.
    pub counted: Option<Counted>,
    pub billed: Option<Usd>,
    pub tags: Vec<(Arc<str>, Arc<str>)>,
    /// Where identical requests meet, and near ones; `None` without a request.
    pub keys: Option<(CacheKey, CacheKey)>,
    /// The request fixes its sampling (`temperature: 0`), so that a repeated answer is what the model would say.
    pub is_deterministic: bool,
    pub has_breakpoints: bool,
    pub kind: Option<Arc<KindText>>,
    pub shape: Shape,
    /// As the optimizer would send it: with its content kept, and shortened.
    pub rewritten: Vec<Option<Rewritten>>,
    /// One a model of `--what-if` and `--route`.
    pub elsewhere: Vec<Elsewhere>,
}

/// What became of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A call that was answered, or a prompt that would be.
    #[default]
    Call,
    /// Answered by the sender's own cache.
    FromCache,
    /// Failed.
    Failed,
    /// Its usage contradicts itself.
    Flawed(Flaw),
}

/// Tokens counted here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub input: u64,
    pub low: u64,
    pub high: u64,
    pub output: u64,
    pub output_low: u64,
    pub output_high: u64,
    pub is_exact: bool,
    /// Neither answer nor usage: the output is assumed (or left out).
    pub is_output_assumed: bool,
}

/// Tokens by section.
pub(super) type Sections = SmallVec<[(Section, u64); 6]>;

/// The prompt's anatomy for the model it went to.
#[derive(Default)]
pub(super) struct Shape {
    /// Sections in the order in which the model sees them, neighbours of the same section merged.
    pub sections: Sections,
    pub edges: Vec<Edge>,
    pub offsets: Vec<u64>,
    pub n_prompt_edges: usize,
}

/// The same call weighed for another model.
pub(super) struct Elsewhere {
    pub input: u64,
    pub low: u64,
    pub high: u64,
    pub output: u64,
    pub offsets: Vec<u64>,
    /// What the call needs and the model does not offer.
    pub lacks: Option<&'static str>,
}

/// What workers share.
pub(super) struct Bench<'a> {
    pub options: &'a Options,
    pub memo: &'a Memo,
    pub known: &'a Known,
    /// Indices of the models of `--what-if` and `--route`, in that order, without repeats.
    pub others: &'a [u32],
}

/// Measures a record; `None` for calls that are not estimated (files, images, counting).
pub(super) fn measure(record: Record, bench: &Bench<'_>) -> Option<Row> {
    if record.kind == CallKind::Other {
        return None;
    }
    let options = bench.options;
    let model = record.model.clone().or_else(|| options.model.as_deref().map(Arc::from));
    let host = record.provider.clone().or_else(|| options.host.as_deref().map(Arc::from));
    let spec = model
        .as_deref()
        .and_then(|model| options.catalog.find_row(host.as_deref(), model))
        .or_else(|| options.catalog.find_row(host.as_deref(), record.asked_model.as_deref()?));
    let at = record.at.map(Timestamp::as_microsecond);
    let reading = record.usage.as_ref().and_then(|usage| usage.as_ref().ok());
    let conditions = Conditions {
        tier: reading
            .and_then(|reading| reading.tier)
            .or(Some(record.tier).filter(|tier| *tier != ServiceTier::default()))
            .or(options.tier)
            .unwrap_or_default(),
        region: reading
            .and_then(|reading| reading.region.clone())
            .or_else(|| record.region.as_deref().map(str::to_owned))
            .or_else(|| options.region.clone()),
        at: options.as_of.or(record.at),
        n_calls: record.n_calls,
    };
    let outcome = match &record.usage {
        _ if record.from_cache => Outcome::FromCache,
        _ if record.status.is_some_and(|status| status >= 400) => Outcome::Failed,
        Some(Err(flaw)) if !options.ignore_usage => Outcome::Flawed(flaw.clone()),
        _ => Outcome::Call,
    };
    let reported = match record.usage {
        Some(Ok(mut reading)) if !options.ignore_usage => {
            if options.ignore_cache_fields {
                reading.usage = reading.usage.without_cache();
                reading.semantics = Semantics::Unknown;
            }
            Some(reading)
        }
        _ => None,
    };
    let mut row = Row {
        origin: record.origin,
        custom_id: record.custom_id,
        at,
        spec,
        model,
        host,
        conditions,
        outcome,
        reported,
        billed: record.billed,
        tags: record.tags.into_iter().collect(),
        // What follows from the request is found below.
        ..Row::default()
    };
    if let Some(request) = &record.request
        && row.outcome == Outcome::Call
    {
        let model = row.model.clone();
        let names = [&model, &record.asked_model, &request.model].map(Option::as_deref);
        weigh_row(&mut row, request, record.answer.as_ref(), names, bench);
    }
    Some(row)
}

/// Weighs a request for its own model (`names`: as answered first, as asked last) and for the others.
fn weigh_row(
    row: &mut Row,
    request: &ChatRequest,
    answer: Option<&Answer>,
    names: [Option<&str>; 3],
    bench: &Bench<'_>,
) {
    let options = bench.options;
    let spec = row.spec.map(|index| &options.catalog.models[index as usize]);
    let host = row.host.clone();
    let profile = Profile::of_call(&options.catalog, host.as_deref(), &names);
    let facts = bench.known.facts(request);
    let kept = kept_texts(request, &facts);
    let weight = framing::weigh_keeping(request, profile, bench.memo, &kept);
    let answered = answer.map(|answer| answer_tokens(answer, profile, bench.memo));
    let (output, is_output_assumed) = match (answered, options.output_tokens, request.max_output) {
        (Some(tokens), _, _) => (tokens, false),
        (None, Some(tokens), _) => (tokens, true),
        (None, None, Some(most)) => (most, true),
        (None, None, None) => (0, true),
    };
    let is_embedding = spec.is_some_and(|spec| spec.kind != crate::catalog::ModelKind::Chat);
    let output = if is_embedding { 0 } else { output };
    // Approximate outputs get the interval of the input, in proportion.
    let total = weight.total();
    let scaled = |bound: u64| super::tally::scaled(output, bound, total);
    row.counted = Some(Counted {
        input: total,
        low: weight.low.min(total),
        high: weight.high.max(total),
        output,
        output_low: if is_output_assumed { output } else { scaled(weight.low.min(total)) },
        output_high: if is_output_assumed { output } else { scaled(weight.high.max(total)) },
        is_exact: profile.tokenizer.is_exact() && weight.low == weight.high,
        is_output_assumed: is_output_assumed && !is_embedding,
    });
    row.keys = Some(known_keys(request, bench.known.secret(), |index| &facts[index].digests));
    row.is_deterministic = is_deterministic(request);
    row.kind = Some(bench.known.kind_text(request, &facts));
    let bites = |index: usize| facts.get(index)?.bites.as_deref();
    let (edges, n_prompt_edges) = edges_knowing(request, answer.map(|answer| answer.parts.as_slice()), bites);
    row.has_breakpoints =
        edges.iter().any(|edge| matches!(edge.kind, crate::prefix_cache::EdgeKind::Breakpoint { .. }));
    row.shape = Shape {
        sections: merged_sections(&weight),
        offsets: token_offsets(&edges, n_prompt_edges, &weight, output),
        edges,
        n_prompt_edges,
    };
    if let Some(optimizer) = &options.optimizer {
        row.rewritten = rewrite(request, answer, output, profile, optimizer, bench.memo);
    }
    row.elsewhere = bench
        .others
        .iter()
        .map(|index| {
            let other = &options.catalog.models[*index as usize];
            weigh_elsewhere((request, &kept), answer, other, &row.shape, output, bench.memo)
        })
        .collect();
}

/// The texts whose tokens are kept in the facts of their messages: of those messages that somebody else holds too, or they
/// would be forgotten with the request.
fn kept_texts<'a>(request: &'a ChatRequest, facts: &'a [Note<'a, Facts>]) -> SmallVec<[(&'a str, &'a Kept); FEW]> {
    let of = |(message, facts): (&'a Arc<Message>, &'a Note<'a, Facts>)| {
        (Arc::strong_count(message) > 1).then_some((plain_text(message)?, &facts.tokens))
    };
    request.messages.iter().zip(facts).filter_map(of).collect()
}

fn weigh_elsewhere(
    (request, kept): (&ChatRequest, &[(&str, &Kept)]),
    answer: Option<&Answer>,
    other: &ModelSpec,
    shape: &Shape,
    output: u64,
    memo: &Memo,
) -> Elsewhere {
    let profile = Profile::of_spec(other);
    let weight = framing::weigh_keeping(request, profile, memo, kept);
    let output = answer.map_or(output, |answer| answer_tokens(answer, profile, memo));
    let offsets = token_offsets(&shape.edges, shape.n_prompt_edges, &weight, output);
    let total = weight.total();
    Elsewhere {
        input: total,
        low: weight.low.min(total),
        high: weight.high.max(total),
        output,
        offsets,
        lacks: lacks(request, other),
    }
}

/// Tokens of the visible answer as text of the model's own vocabulary. Reasoning that a provider bills but does not show
/// is not in it.
pub(super) fn answer_tokens(answer: &Answer, profile: Profile<'_>, memo: &Memo) -> u64 {
    let scale = framing::Scale { profile, memo, kept: None };
    answer.parts.iter().map(|part| framing::content_tokens(part, &scale)).sum()
}

fn merged_sections(weight: &Weight) -> Sections {
    let mut merged = Sections::new();
    for piece in &weight.pieces {
        match merged.last_mut() {
            Some((section, tokens)) if *section == piece.section => *tokens += piece.tokens,
            _ => merged.push((piece.section, piece.tokens)),
        }
    }
    merged
}

impl Row {
    /// Calls that the row stands for.
    pub(super) fn n_calls(&self) -> u64 {
        self.conditions.n_calls.unwrap_or(1)
    }

    /// The usage to price before any step, and how sure it is; `None` if nothing is known.
    pub(super) fn base(&self, calibration: (u64, u64)) -> Option<Base> {
        if let Some(reading) = &self.reported {
            let usage = reading.usage;
            return Some(Base { usage, low: usage, high: usage, source: BaseSource::Usage });
        }
        let counted = self.counted?;
        let (billed, weighed) = calibration;
        let scale = |tokens: u64| {
            if weighed == 0 {
                tokens
            } else {
                (u128::from(tokens) * u128::from(billed) / u128::from(weighed)).try_into().unwrap_or(u64::MAX)
            }
        };
        let usage = |input: u64, output: u64| Usage { input_fresh: input, output_visible: output, ..Usage::default() };
        Some(Base {
            usage: usage(scale(counted.input), counted.output),
            low: usage(scale(counted.low), counted.output_low),
            high: usage(scale(counted.high), counted.output_high),
            source: if counted.is_exact { BaseSource::Exact } else { BaseSource::Approximate },
        })
    }

    /// True if the row has a request, false if it has a result only.
    pub(super) fn is_request(&self) -> bool {
        self.keys.is_some()
    }

    /// The request with the result that came in another file.
    pub(super) fn with_result(mut self, result: Row) -> Row {
        self.at = result.at.or(self.at);
        self.conditions.region = result.conditions.region.or(self.conditions.region);
        for tag in result.tags {
            if !self.tags.iter().any(|(key, _)| *key == tag.0) {
                self.tags.push(tag);
            }
        }
        self.spec = result.spec.or(self.spec);
        self.model = result.model.or(self.model);
        self.conditions.at = self.conditions.at.or(result.conditions.at);
        self.outcome = result.outcome;
        self.reported = result.reported;
        self.billed = result.billed.or(self.billed);
        self
    }

    /// True if the log tells what the provider's prompt cache did.
    pub(super) fn cache_is_known(&self) -> bool {
        self.reported.as_ref().is_some_and(|reading| {
            reading.semantics != Semantics::Unknown
                || reading.usage.cache_read + reading.usage.cache_write_short + reading.usage.cache_write_long > 0
        })
    }
}

/// What is priced as the baseline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    pub usage: Usage,
    pub low: Usage,
    pub high: Usage,
    pub source: BaseSource,
}

/// Where the baseline's tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BaseSource {
    Usage,
    Exact,
    Approximate,
}
