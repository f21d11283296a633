//! `dynamic-before-static`: a variable in front of text that could be cached.

use crate::compress::SegmentKind;
use crate::lint::caching::{Terms, money};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::fixed::Walk;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::template::Slot;
use crate::lint::view::View;
use crate::lint::volatile;

rule! {
    /// A variable that stands before much fixed text.
    ///
    /// ## Why
    ///
    /// Providers cache the beginning of a prompt, byte for byte, up to the first difference. Fixed text behind a variable is billed
    /// as fresh input in every call, though it never changes.
    ///
    /// ## Example
    ///
    /// ```jinja
    /// You are helping {{ user_name }}.
    /// … 2,000 tokens of rules …
    /// ```
    ///
    /// With the name at the end the rules are read from the cache, at a tenth of the price on most models.
    ///
    /// ## Options
    ///
    /// - `constant`: variables that are the same in every call, by the beginning or the end of their names.
    ///
    /// ## Limits
    ///
    /// Reported only if a fixed text behind the variable, without other variables, loops or conditions in it, is long enough to be
    /// cached by itself. `${name:default}` is taken to be the same in every call. In plain Markdown what stands in code is no
    /// variable, nor are `{name}` and `${name}`. Needs a model whose prices are known.
    "dynamic-before-static",
    code: "CAC001",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "exact prefix match, by OpenAI's, Anthropic's and Google's guides to prompt caching; prices of the catalogue",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "constant",
        default: Default::List(&[
            "tool", "tools", "tool_names", "tool_descriptions", "functions", "format", "format_instructions", "schema",
            "instructions", "examples", "persona", "system_prompt", "agent_name", "assistant_name", "bot_name", "brand",
            "company", "company_name", "product", "product_name", "model", "os", "platform", "version",
        ]),
        about: "variables that are the same in every call, by the beginning or the end of their names",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if matches!(view.prompt.kind, PromptKind::Example | PromptKind::Tools | PromptKind::Skill) {
        return;
    }
    let Some(rule) = view.target.cache() else { return };
    let constant = view.list("constant");
    // A clock is `volatile-literal-in-prefix`'s; what a call gives nobody can tell.
    let varies = |slot: &Slot| {
        let name = slot.name.as_deref().unwrap_or(&slot.code);
        !slot.code.contains('(') && !volatile::is_volatile(&slot.code) && !is_constant(name, &constant)
    };
    let Some(walk) = Walk::of(view, varies) else { return };
    let Some(gain) = walk.gain(rule.min_tokens) else { return };
    let Some(terms) = Terms::of(view) else { return };
    let Some(usd) = terms.read_saving(gain) else { return };
    let is_system = view.prompt.pieces.get(walk.piece).is_some_and(|piece| piece.kind == Some(SegmentKind::System));
    sink.report(
        Finding::at(
            view.at(walk.piece, walk.span.clone()),
            format!("a variable keeps the {} tokens of fixed text after it out of the prompt cache", walk.after),
        )
        .note(format!(
            "saving: {gain} tokens read from the cache at {} instead of fresh at {} per million, if the variable is another \
             in each call and calls follow within the cache's time to live",
            per_million(terms.read),
            per_million(terms.input)
        ))
        .help(if is_system {
            "move the variable behind the fixed text, or into the user's message"
        } else {
            "move the variable behind the fixed text"
        })
        .saves(money(usd)),
    );
}

fn per_million(rate: crate::usd::Usd) -> crate::usd::Usd {
    rate.checked_mul(1_000_000).unwrap_or(rate)
}

/// Whether a variable's name begins or ends as one that does not change.
fn is_constant(name: &str, constant: &[&str]) -> bool {
    let name = name.to_lowercase();
    constant.iter().any(|known| {
        name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            || name.strip_suffix(known).is_some_and(|rest| rest.ends_with('_'))
    })
}
