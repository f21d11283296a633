//! `breakpoint-after-volatile`: a cache that is written in every call and never read.

use std::collections::BTreeMap;

use crate::catalog::CacheTrigger;
use crate::lint::caching::{Terms, money};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::requests::{self, Digest};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::{FileView, PromptView};

rule! {
    /// A cache breakpoint behind something that is another in every call.
    ///
    /// ## Why
    ///
    /// A breakpoint caches everything before it, byte for byte. If a variable is among that, each call writes an entry that no other
    /// call reads: a quarter more than without any cache.
    ///
    /// ## Example
    ///
    /// `cache_control` on the user's question instead of on the instructions before it.
    ///
    /// ## Options
    ///
    /// - `min_requests`: requests in a file from which they are compared; by default 3.
    ///
    /// ## Limits
    ///
    /// In templates, a variable before the first breakpoint. In requests, a file of several in which no marked prefix begins another
    /// request: one request alone cannot tell, since the next turn of a conversation may read what this one writes.
    "breakpoint-after-volatile",
    code: "CAC008",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "https://platform.claude.com/docs/en/build-with-claude/prompt-caching: tools, then instructions, then messages, \
                 up to the breakpoint; prices of the catalogue",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "min_requests",
        default: Default::Int(3),
        about: "requests in a file from which they are compared",
    }],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let least = requests::least(view);
    let is_marked = |prompt: &&PromptView<'_>| {
        let is_explicit = prompt.target.cache().is_some_and(|rule| rule.trigger == CacheTrigger::Explicit);
        is_explicit && !prompt.marked_pieces().is_empty()
    };
    let marked: Vec<&PromptView<'_>> = view.prompts.iter().filter(is_marked).collect();
    for prompt in &marked {
        if let Some(finding) = after_variable(prompt) {
            sink.report(finding);
        }
    }
    let sent: Vec<&PromptView<'_>> =
        marked.into_iter().filter(|prompt| prompt.prompt.is_request() && has_no_slots(prompt)).collect();
    if sent.len() >= least
        && let Some(finding) = never_read(&sent)
    {
        sink.report(finding);
    }
}

fn has_no_slots(prompt: &PromptView<'_>) -> bool {
    prompt.prompt.pieces.iter().all(|piece| piece.slots.iter().all(|slot| slot.kind != SlotKind::Output))
}

fn after_variable(view: &PromptView<'_>) -> Option<Finding> {
    let first = *view.marked_pieces().first()?;
    let pieces = view.prompt.pieces.get(..=first)?;
    let (index, slot) = pieces
        .iter()
        .enumerate()
        .find_map(|(index, piece)| Some((index, piece.slots.iter().find(|slot| slot.kind == SlotKind::Output)?)))?;
    let tokens = view.tokens_up_to(first);
    if tokens < view.target.cache()?.min_tokens {
        return None;
    }
    let (_, mark) = view.prompt.pieces.get(first)?.cache_mark.as_ref()?;
    let premium = premium(view, tokens)?;
    Some(
        Finding::at(mark.clone(), "a breakpoint behind a variable writes the cache in every call and never reads it")
            .label(view.at(index, slot.span.clone()), "changes from call to call")
            .help("set the breakpoint before the first variable")
            .saves(money(premium)),
    )
}

/// Requests of which none begins as far as another one's breakpoint.
fn never_read(sent: &[&PromptView<'_>]) -> Option<Finding> {
    let chains: Vec<Vec<Digest>> = sent.iter().map(|prompt| requests::chain(prompt)).collect();
    let mut written: BTreeMap<Digest, usize> = BTreeMap::new();
    for (prompt, chain) in sent.iter().zip(&chains) {
        for piece in prompt.marked_pieces() {
            *written.entry(*chain.get(piece)?).or_default() += 1;
        }
    }
    for (prompt, chain) in sent.iter().zip(&chains) {
        let own: Vec<Digest> = prompt.marked_pieces().iter().filter_map(|piece| chain.get(*piece).copied()).collect();
        let is_read = |digest: &Digest| written.get(digest).is_some_and(|n| *n > usize::from(own.contains(digest)));
        if chain.iter().any(is_read) {
            return None;
        }
    }
    let first = sent.first()?;
    let last = |prompt: &PromptView<'_>| prompt.marked_pieces().last().copied();
    let (_, mark) = first.prompt.pieces.get(last(first)?)?.cache_mark.as_ref()?;
    let mut total = crate::usd::Usd::ZERO;
    for prompt in sent {
        let tokens = prompt.tokens_up_to(last(prompt)?);
        if tokens < prompt.target.cache()?.min_tokens {
            return None;
        }
        total = total.saturating_add(premium(prompt, tokens)?);
    }
    let mean = total.checked_scale(1, sent.len() as i128).ok().filter(|usd| usd.pico() > 0)?;
    Some(
        Finding::at(
            mark.clone(),
            format!("none of the {} requests reads what another one writes to the cache", sent.len()),
        )
        .note("the saving is what the writes cost over fresh input")
        .help("set the breakpoint after the last block that is the same in all of them, or none")
        .saves(money(mean)),
    )
}

fn premium(view: &PromptView<'_>, tokens: u64) -> Option<crate::usd::Usd> {
    Terms::of(view)?.write_premium(tokens).filter(|usd| usd.pico() > 0)
}
