//! `cot-on-reasoning-model`: a reasoning model told to think.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::chat::Reasoning;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::prose::{trimmed, with_blanks_behind};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// "Think step by step" for a model that reasons by itself.
    ///
    /// ## Why
    ///
    /// A reasoning model thinks before it answers, as long as its effort allows. Told to think aloud as well, it writes its
    /// steps once more into the answer, as output tokens; makers of such models advise against it.
    ///
    /// ## Example
    ///
    /// "Let's think step by step." at the end of a prompt for a model with `reasoning_effort`.
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes the sentence, where it says nothing else.
    ///
    /// ## Limits
    ///
    /// Only where the catalogue says that the model reasons, and the request does not switch it off. A request for steps in
    /// the answer ("explain step by step") is one for content and is left alone.
    "cot-on-reasoning-model",
    code: "VRB006",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "OpenAI, reasoning best practices: avoid chain-of-thought prompts (platform.openai.com/docs/guides/reasoning-best-practices)",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static THINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)(?-u:\b)(?:let['’]?s\ |let\ us\ |please\ )?(?:think|reason)(?:\ (?:about\ (?:it|this)|carefully|deeply|hard|aloud|out\ loud|logically|through\ (?:it|this)))*
        ,?\ step[-\ ]by[-\ ]step(?-u:\b)
        | (?-u:\b)take\ a\ deep\ breath(?-u:\b)",
    )
    .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let reasons = view.target.spec.is_some_and(|spec| spec.can.iter().any(|can| &**can == "reasoning"));
    let is_off = view.prompt.request.as_ref().is_some_and(|request| match &request.reasoning {
        Some(Reasoning::Off) => true,
        Some(Reasoning::Effort(effort)) => matches!(&**effort, "none" | "minimal"),
        _ => false,
    });
    if !reasons || is_off {
        return;
    }
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        // Looking for letters costs next to nothing, looking for phrases does.
        let may = ["tep by", "tep-by", "EP BY", "tep By", " breath"];
        if !may.iter().any(|part| text.contains(part)) {
            continue;
        }
        let prose = view.prose(piece);
        for range in prose.find(text, &THINK) {
            // Quoted, it is spoken of; negated, it is warned of.
            let before = text[..range.start].trim_end_matches(' ');
            let word = before.rsplit([' ', '\n']).next().unwrap_or_default().to_lowercase();
            // What goes on ("and outline a plan") asks for something that is to be seen.
            let rest = text[range.end..].trim_start_matches(['*', '_', '"', '”']);
            let goes_on = !(rest.trim_start_matches(' ').is_empty()
                || rest.starts_with(['.', ',', '!', ';', '\n', '\r', ')'])
                || rest.starts_with(" before")
                || text[range.clone()].to_lowercase().contains("breath"));
            let is_quoted = before.ends_with(['"', '“', '\'', '‘', '«', '(']);
            if is_quoted
                || goes_on
                || matches!(
                    &*word,
                    "not"
                        | "don't"
                        | "don’t"
                        | "never"
                        | "avoid"
                        | "to"
                        | "you"
                        | "they"
                        | "we"
                        | "it"
                        | "should"
                        | "can"
                        | "model"
                )
            {
                continue;
            }
            let sentence = sentence(text, &range);
            let is_alone = sentence.len() <= range.len() + 8;
            let removed = if is_alone { whole_line(text, sentence) } else { range.clone() };
            let saved = view.tokens_saved_at(piece, &removed, "");
            let changes = if is_alone { view.change(piece, removed, "").map(|change| vec![change]) } else { None };
            let name = view.target.name.unwrap_or_default();
            sink.report(
                Finding::at(
                    view.at(piece, range.clone()),
                    format!("`{name}` reasons by itself: {saved} tokens that tell it to"),
                )
                .help("leave it out, and set the effort if it should think more")
                .saves(view.saving(saved, piece, range.start))
                .fix("delete the sentence", Applicability::Unsafe, changes),
            );
        }
    }
}

/// A sentence that fills its line goes with the line, its bullet and, if it was a paragraph, the blank lines behind it.
fn whole_line(text: &str, sentence: Range<usize>) -> Range<usize> {
    let start = text[..sentence.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[sentence.end..].find('\n').map_or(text.len(), |at| sentence.end + at + 1);
    let is_bullet = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '\t' | '-' | '*' | '+' | '•' | '.');
    if !text[start..sentence.start].chars().all(is_bullet) || !text[sentence.end..end].trim().is_empty() {
        return sentence;
    }
    let is_paragraph = (start == 0 || text[..start].ends_with("\n\n")) && text[end..].starts_with('\n');
    if is_paragraph { with_blanks_behind(text, &(start..end)) } else { start..end }
}

/// How far the ends of a sentence are looked for.
const LONGEST: usize = 400;

/// The sentence around a range, with the blank behind it.
fn sentence(text: &str, range: &Range<usize>) -> Range<usize> {
    let from = crate::text::floor(text, range.start.saturating_sub(LONGEST));
    let to = crate::text::floor(text, range.end + LONGEST);
    let start = text[from..range.start].rfind(['.', '!', '?', ':', '\n']).map_or(from, |at| from + at + 1);
    let end = text[range.end..to].find(['.', '!', '?', '\n']).map_or(to, |at| range.end + at + 1);
    let inner = trimmed(text, start..end);
    let blank = usize::from(text[inner.end..].starts_with(' '));
    inner.start..inner.end + blank
}
