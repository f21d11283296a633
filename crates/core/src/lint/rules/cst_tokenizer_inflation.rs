//! `tokenizer-inflation`: a fallback that counts the same prompt as many more tokens.

use crate::catalog::TokenClass;
use crate::lint::caching::percent;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::optimize::Weigher;
use crate::tokens::memo::Memo;
use crate::usage::Conditions;

rule! {
    /// A fallback on which the same prompt has many more tokens.
    ///
    /// ## Why
    ///
    /// Prices are compared per token, but a token is not the same everywhere: models since Claude Opus 4.7 count about a third more
    /// for the same English text. A budget, a window or a price that holds for one model does not for the other.
    ///
    /// ## Example
    ///
    /// A prompt for gpt-6-luna with `claude-opus-5-5` among the fallbacks of `promptopt.toml`.
    ///
    /// ## Options
    ///
    /// - `min_percent`: per cent more tokens from which a fallback is reported; by default 20.
    ///
    /// ## Limits
    ///
    /// Says nothing unless fallbacks are configured. Vocabularies that are not public are approximated.
    "tokenizer-inflation",
    code: "CST009",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence {
        source: "counted with both tokenizers; Anthropic states about 30 % more for Opus 4.7 and later",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "min_percent",
        default: Default::Int(20),
        about: "per cent more tokens from which a fallback is reported",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let least = u64::try_from(view.int("min_percent")).unwrap_or(0);
    let now: u64 = (0..view.prompt.pieces.len()).map(|piece| view.tokens(piece)).sum();
    // On a few words the difference is noise.
    if view.target.spec.is_none() || now < 100 {
        return;
    }
    let memo = Memo::new();
    for name in &view.settings.fallbacks {
        let weigher = Weigher::new(view.target.catalog, None, Some(name), &memo);
        let Some(spec) = weigher.spec() else { continue };
        let count = |piece: &crate::lint::file::Piece| {
            let counter: &dyn crate::compress::Counter = &weigher;
            if piece.is_tool() { counter.tool(piece.as_str()) } else { counter.text(piece.as_str()) }
        };
        let then: u64 = view.prompt.pieces.iter().map(count).sum();
        if then <= now || percent(then - now, now) < least {
            continue;
        }
        let message = format!(
            "`{}` counts {then} tokens where {} counts {now}: {} % more",
            spec.id,
            view.target.label(),
            percent(then - now, now)
        );
        let conditions = Conditions { at: view.target.at, ..Conditions::default() };
        let there = view.target.catalog.rate(spec, TokenClass::Input, then, &conditions).ok();
        let note = there
            .and_then(|rate| rate.checked_mul(then.checked_mul(1000)?).ok())
            .map(|usd| format!("input of 1,000 calls there: {usd}"));
        let finding = Finding::at(view.head(), message).help("compare prices for the prompt, not for the token");
        sink.report(match note {
            Some(note) => finding.note(note),
            None => finding,
        });
    }
}
