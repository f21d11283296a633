//! `volatile-literal-in-prefix`: a clock at the beginning of a prompt.

use std::ops::Range;

use crate::compress::SegmentKind;
use crate::lint::caching::{Terms, money};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::fixed::Walk;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};
use crate::lint::volatile;

rule! {
    /// The time of day, or a fresh identifier, before much fixed text.
    ///
    /// ## Why
    ///
    /// The provider's cache ends at the first difference. A clock at the top makes every call another one from there on: nothing is
    /// read, and where writes are billed everything is written anew, which is dearer than no cache at all.
    ///
    /// ## Example
    ///
    /// ```text
    /// Current time: 2026-11-22T10:03:07Z
    /// … 3,000 tokens of rules …
    /// ```
    ///
    /// ## Limits
    ///
    /// A date alone, or a full hour, is no finding: it costs one rewrite of the cache a day or an hour. A time in a template's own text never changes and is none
    /// either; in a request, one that the next request of the file repeats is none. Only times that are introduced as the present
    /// one, and identifiers of requests.
    "volatile-literal-in-prefix",
    code: "CAC002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "exact prefix match, by the providers' guides to prompt caching; a 12,000-token prefix behind a timestamp: \
                 no cache read, 25 % dearer than without caching",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    for (index, prompt) in view.prompts.iter().enumerate() {
        let finding = if prompt.prompt.is_request() {
            let beside = [index.checked_sub(1), Some(index + 1)];
            let others: Vec<_> = beside.into_iter().flatten().filter_map(|at| view.prompts.get(at)).collect();
            in_request(prompt, &others)
        } else {
            in_template(prompt)
        };
        if let Some(finding) = finding {
            sink.report(finding);
        }
    }
}

fn in_template(view: &PromptView<'_>) -> Option<Finding> {
    let walk = Walk::of(view, |slot| volatile::is_volatile(&slot.code))?;
    let gain = walk.gain(view.target.cache()?.min_tokens)?;
    finding(view, walk.piece, walk.span.clone(), gain, walk.after)
}

fn in_request(view: &PromptView<'_>, others: &[&PromptView<'_>]) -> Option<Finding> {
    let rule = view.target.cache()?;
    let pieces = || view.prompt.pieces.iter().enumerate().filter(|(_, piece)| piece.kind == Some(SegmentKind::System));
    for (index, piece) in pieces() {
        let Some(hit) = volatile::literal(piece.as_str()) else { continue };
        let is_repeated = others.iter().any(|other| {
            let mut texts = other.prompt.pieces_of(SegmentKind::System).map(|(_, piece)| piece.as_str());
            piece.as_str().get(hit.clone()).is_some_and(|clock| texts.any(|text| text.contains(clock)))
        });
        if is_repeated {
            return None;
        }
        let later: u64 = pieces().filter(|(other, _)| *other > index).map(|(other, _)| view.tokens(other)).sum();
        let after = later + view.count(piece, piece.as_str().get(hit.end..)?);
        if after < rule.min_tokens {
            return None;
        }
        let before = view.prefix().tokens.saturating_sub(after);
        let gain = if before >= rule.min_tokens { after } else { before + after };
        return finding(view, index, hit, gain, after);
    }
    None
}

fn finding(view: &PromptView<'_>, piece: usize, span: Range<usize>, gain: u64, after: u64) -> Option<Finding> {
    let terms = Terms::of(view)?;
    let usd = terms.read_saving(gain).filter(|usd| usd.pico() > 0)?;
    let mut finding = Finding::at(
        view.at(piece, span),
        format!("this is another in every call and keeps the {after} tokens after it out of the prompt cache"),
    )
    .note(format!("saving: {gain} tokens read from the cache, if calls follow within its time to live"))
    .help("put it at the end of the prompt or into the user's message, or round it to the day")
    .saves(money(usd));
    if let Some(premium) = terms.write_premium(gain).filter(|usd| usd.pico() > 0) {
        finding = finding.note(format!("writes that are never read cost {premium} per 1,000 calls besides"));
    }
    Some(finding)
}
