//! What the optimizer is worth on conversations that were had: every call is billed as it was sent, as the optimizer would
//! have sent it, and with old results shortened too, through the provider's prompt cache as simulated. The same tokens, the
//! same cache rule, the same prices on all sides; only the prompts differ.

use std::collections::BTreeMap;

use super::compact::{self, Prices, Shortened};
use super::{Optimizer, Weigher};
use crate::catalog::{CacheTrigger, TokenClass};
use crate::chat::ChatRequest;
use crate::compress::edit::apply;
use crate::compress::request::Segments;
use crate::compress::{Edit, SegmentKind};
use crate::error::{Error, Kind, Result};
use crate::format::Record;
use crate::framing;
use crate::prefix_cache::{Call, PrefixCache, edges, token_offsets};
use crate::usage::{Conditions, Usage};
use crate::usd::Usd;

/// The bill of one conversation.
#[derive(Clone, Debug, Default)]
pub struct RunBill {
    /// What the source calls it.
    pub name: String,
    /// Calls.
    pub n_calls: u64,
    /// As it was sent.
    pub without: Usd,
    /// With edits that keep the content.
    pub lossless: Usd,
    /// With old results of tools shortened too.
    pub compacted: Usd,
    /// Results shortened.
    pub n_shortened: u64,
    /// Lines of results that the model repeated later to the letter, from results already shortened then …
    pub n_quoted: u64,
    /// … and of them those that still stood there, or somewhere else in the prompt.
    pub n_quoted_kept: u64,
    /// Lines of any result that the model repeated later to the letter.
    pub n_quoted_all: u64,
    /// Edits, tokens they save in one call, and what they save over the conversation's calls, by transform.
    pub by_transform: BTreeMap<&'static str, (u64, u64, Usd)>,
}

/// The prompt caches of the three ways of sending, kept from run to run as a provider keeps them.
#[derive(Debug, Default)]
pub struct Ledgers {
    caches: [PrefixCache; 3],
}

/// Bills one conversation: its calls in their order, each with the request that holds all messages before it.
///
/// Errors when the model has no known price for what the calls use.
pub fn bill(
    optimizer: &Optimizer,
    records: &[Record],
    options: &compact::Options,
    ledgers: &mut Ledgers,
) -> Result<RunBill> {
    let mut run = RunBill::default();
    let Some(longest) = records.iter().filter_map(|record| record.request.as_ref()).max_by_key(|r| r.messages.len())
    else {
        return Ok(run);
    };
    let named = records.iter().find_map(|record| record.model.as_deref());
    let weigher = optimizer.weigher(named);
    if !records.iter().filter_map(|record| record.request.as_ref()).all(|request| continues(request, longest)) {
        return Err(Error::input("the calls are not one conversation").help(
            "each call's request has to hold all messages of the one before; `continues` tells where another begins",
        ));
    }
    let segments = Segments::of(longest);
    let edits = optimizer.edits(&segments.segments, &weigher)?;
    let at = records.iter().find_map(|record| record.at);
    let prices = compact::prices(optimizer.catalog(), &weigher, &Conditions { at, ..Conditions::default() })?;
    let cut = optimizer.cut(&segments.segments, options, &weigher)?;
    let batches = compact::plan(&segments.segments, &cut, prices, options, &[], &weigher);
    let plan: Vec<Shortened> = compact::births(&segments.segments, &cut).chain(batches).collect();
    run.n_shortened = plan.len() as u64;
    for record in records {
        let Some(request) = &record.request else { continue };
        let n_messages = numbered(request, &segments);
        let conditions = Conditions { at: record.at, ..Conditions::default() };
        let before = |edit: &&Edit| segments.segments[edit.segment].message <= n_messages;
        let lossless: Vec<Edit> = edits.iter().filter(before).cloned().collect();
        let born: Vec<Edit> = cut.iter().filter(before).cloned().collect();
        let short = compact::edits_at(&born, &plan, n_messages);
        let output = record.usage.as_ref().and_then(|usage| usage.as_ref().ok()).map(|reading| reading.usage);
        let bills = [request.clone(), segments.write(request, &lossless), segments.write(request, &short)];
        let sums = [&mut run.without, &mut run.lossless, &mut run.compacted];
        for ((request, sum), cache) in bills.iter().zip(sums).zip(&mut ledgers.caches) {
            let cost = call(optimizer, &weigher, record, request, output, &conditions, cache)?;
            *sum = sum.saturating_add(cost);
        }
        run.n_calls += 1;
    }
    worth(&mut run, &edits, &segments, records, prices);
    quoted(&mut run, &segments, &plan);
    Ok(run)
}

/// Whether the later request holds all that the earlier does, before what it adds: tools, and messages from the first on.
/// O(text).
pub fn continues(earlier: &ChatRequest, later: &ChatRequest) -> bool {
    let (earlier, later) = (Segments::of(earlier).segments, Segments::of(later).segments);
    earlier.len() <= later.len()
        && earlier.iter().zip(&later).all(|(a, b)| (a.kind, &a.label, &a.text) == (b.kind, &b.label, &b.text))
}

/// How many messages of the conversation the request holds, as segments are numbered.
fn numbered(request: &ChatRequest, segments: &Segments<'_>) -> usize {
    let last =
        (0..segments.segments.len()).filter(|at| segments.message_of(*at).is_some_and(|m| m < request.messages.len()));
    last.map(|at| segments.segments[at].message).max().unwrap_or(0)
}

fn call(
    optimizer: &Optimizer,
    weigher: &Weigher<'_>,
    record: &Record,
    request: &ChatRequest,
    reported: Option<Usage>,
    conditions: &Conditions,
    cache: &mut PrefixCache,
) -> Result<Usd> {
    let Some(spec) = weigher.spec() else { return Ok(Usd::ZERO) };
    let weight = framing::weigh(request, weigher.profile(), optimizer.memo());
    let total = weight.total();
    let answer = record.answer.as_ref().map(|answer| answer.parts.as_slice());
    let answered = reported.map_or(0, |usage| usage.output_visible + usage.output_reasoning);
    let (edges, n_prompt_edges) = edges(request, answer);
    let offsets = token_offsets(&edges, n_prompt_edges, &weight, answered);
    let mut usage = Usage { input_fresh: total, ..Usage::default() };
    if let Some(reported) = reported {
        usage.output_visible = reported.output_visible;
        usage.output_reasoning = reported.output_reasoning;
    }
    if let Some(rule) = weigher.cache_rule() {
        let add_breakpoints = rule.trigger == CacheTrigger::Explicit;
        let at = record.at.map(crate::clock::Timestamp::as_microsecond);
        let sent = Call { at, edges: &edges, offsets: &offsets, total, n_prompt_edges, add_breakpoints };
        let hit = cache.call(rule, &sent);
        usage.cache_read = hit.expected.min(total);
        let rest = total - usage.cache_read;
        let bills_writes = optimizer.catalog().rate(spec, TokenClass::CacheWriteShort, total, conditions).is_ok();
        usage.cache_write_short =
            if bills_writes { hit.cacheable.min(total).saturating_sub(usage.cache_read).min(rest) } else { 0 };
        usage.input_fresh = rest - usage.cache_write_short;
    }
    let priced = optimizer.catalog().price(spec, &usage, conditions);
    priced.map(|cost| cost.total).map_err(|why| Error::new(Kind::Catalog, why.to_string()))
}

/// What each transform saves: its tokens once at the write price, then at the read price in every later call.
fn worth(run: &mut RunBill, edits: &[Edit], segments: &Segments<'_>, records: &[Record], prices: Prices) {
    let calls: Vec<usize> = records
        .iter()
        .filter_map(|record| record.request.as_ref())
        .map(|request| numbered(request, segments))
        .collect();
    for edit in edits {
        let message = segments.segments[edit.segment].message;
        let n_later = calls.iter().filter(|n_messages| **n_messages >= message).count() as i128;
        if n_later == 0 {
            continue;
        }
        let saved = i128::from(edit.tokens_saved) * (prices.write + prices.read * (n_later - 1));
        let sum = run.by_transform.entry(edit.transform).or_default();
        *sum = (sum.0 + 1, sum.1 + edit.tokens_saved, sum.2.saturating_add(Usd::from_pico(saved)));
    }
}

/// Shorter lines stand anywhere.
const MIN_QUOTED: usize = 24;

/// What shortening took away that was wanted later: whole lines of a shortened result that the model wrote again.
fn quoted(run: &mut RunBill, segments: &Segments<'_>, plan: &[Shortened]) {
    let all = &segments.segments;
    let is_model = |kind: SegmentKind| matches!(kind, SegmentKind::Assistant | SegmentKind::ToolCall);
    for result in all.iter().filter(|segment| segment.kind == SegmentKind::ToolResult) {
        let said: Vec<&str> = all
            .iter()
            .filter(|segment| segment.message > result.message && is_model(segment.kind))
            .map(|segment| segment.text.as_ref())
            .collect();
        let lines = result.text.lines().map(str::trim).filter(|line| line.len() >= MIN_QUOTED);
        run.n_quoted_all += lines.filter(|line| said.iter().any(|said| said.contains(line))).count() as u64;
    }
    for (index, short) in plan.iter().enumerate() {
        // Said while this form of the result stood in the prompt.
        let next = plan[index + 1..].iter().find(|later| later.segment == short.segment);
        let until = next.map_or(usize::MAX, |next| next.from_message);
        let said: Vec<&str> = all
            .iter()
            .filter(|segment| segment.message >= short.from_message && segment.message < until)
            .filter(|segment| is_model(segment.kind))
            .map(|segment| segment.text.as_ref())
            .collect();
        let text = apply(&all[short.segment].text, &short.edits);
        for line in all[short.segment].text.lines().map(str::trim).filter(|line| line.len() >= MIN_QUOTED) {
            if !said.iter().any(|said| said.contains(line)) {
                continue;
            }
            run.n_quoted += 1;
            let stands = |at: usize| {
                let latest =
                    plan.iter().rev().find(|other| other.segment == at && other.from_message <= short.from_message);
                match latest {
                    Some(other) => apply(&all[at].text, &other.edits).contains(line),
                    None => all[at].text.contains(line),
                }
            };
            let elsewhere =
                || (0..all.len()).any(|at| at != short.segment && all[at].message < short.from_message && stands(at));
            run.n_quoted_kept += u64::from(text.contains(line) || elsewhere());
        }
    }
}
