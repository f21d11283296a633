//! `comment-billed`: notes for people that the model pays for.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::prose::with_blanks_behind;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// An HTML comment in a prompt: it is not shown to people, but it is sent to the model.
    ///
    /// ## Why
    ///
    /// Markdown is sent as it is written, comments included; each is billed in every call, and the model reads what was
    /// meant for colleagues. Comments of template languages (`{# … #}`, `{{! … }}`) are free.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// <!-- TODO(anna): ask the support team whether this paragraph is still right -->
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes the comment; a program may look for it.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: shorter comments are left alone.
    ///
    /// ## Limits
    ///
    /// Marks of tools (begin and end of a generated part, `prettier-ignore`, `markdownlint-disable`, suppressions) are left
    /// alone: the tool needs them where they stand; so does whoever opens the file need a notice not to edit it. So are comments in code, and in CLAUDE.md, where Claude Code leaves
    /// comments out by itself.
    "comment-billed",
    code: "VRB007",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "measured: 18 tokens for a note of one line (o200k_base); Claude Code strips comments (code.claude.com/docs/en/memory)",
        date: "2026-11-22",
    },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(15), about: "least tokens of a comment" }],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<!--.*?-->").unwrap());

/// Words that begin what a tool looks for.
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^<!--[\s\#:/=*_-]*(?:
        (?:auto[-\ ]?)?gen(?:erated)?(?-u:\b) | do\ not\ (?:edit|modify|remove|touch) | managed\ by | source:
        | promptopt | prettier | markdownlint | eslint | vale | cspell | textlint | toc | lint | spell | region | endregion
        | (?-i:[_[:alnum:]\u{80}-\u{10ffff}.@/:-])+[\s:-]+(?:start|begin|end|stop)(?-u:\b) | (?:start|begin|end|stop|open|close)(?-u:\b)
        | (?-i:[_[:alnum:]\u{80}-\u{10ffff}.-])+[:=](?-i:[_[:alnum:]\u{80}-\u{10ffff}.:/=-])*\s*-->
        | /?(?-i:[_[:alnum:]\u{80}-\u{10ffff}.-])+\s*-->
        | copyright | spdx | licen[cs]e
        )|(?-u:\b)(?:start|begin|end)\s*-->$",
    )
    .unwrap()
});

/// A notice to whoever opens the file, together with the comments that go on from it.
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^<!--[^\w<>]*(?:editor(?:s|['’]s|s['’])?\ (?:warning|notice|note)
        | (?:please\ )?(?:do\ not|don['’]?t)\ (?:edit|modify|update|change|touch|remove)\ )",
    )
    .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let is_stripped =
        view.prompt.kind == PromptKind::AgentInstructions && view.file.name().to_lowercase().starts_with("claude");
    if is_stripped {
        return;
    }
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        // Comments that follow each other are one note.
        let mut notes: Vec<Range<usize>> = Vec::new();
        let mut noticed: Option<usize> = None;
        for found in COMMENT.find_iter(text) {
            let range = found.range();
            let goes_on = |end: usize| text[end..range.start].trim().is_empty();
            if NOTICE.is_match(found.as_str()) || noticed.is_some_and(goes_on) {
                notes.pop_if(|last| goes_on(last.end));
                noticed = Some(range.end);
                continue;
            }
            if !is_note(view, piece, &range) {
                continue;
            }
            match notes.last_mut() {
                Some(last) if goes_on(last.end) => last.end = range.end,
                _ => notes.push(range),
            }
        }
        for range in notes {
            let removed = with_blanks_behind(text, &range);
            let saved = view.tokens_saved_at(piece, &removed, "");
            if !view.is_worth(saved) {
                continue;
            }
            let fix = view.change(piece, removed, "").map(|change| vec![change]);
            sink.report(
                Finding::at(
                    view.at(piece, range.clone()),
                    format!("this comment is sent to the model: {saved} tokens a call"),
                )
                .help("delete it, or keep it where it is not sent: the commit, a comment of the template language")
                .saves(view.saving(saved, piece, range.start))
                .fix("delete the comment", Applicability::Unsafe, fix),
            );
        }
    }
}

/// A comment for people: alone on its lines, in text, and no mark of a tool.
fn is_note(view: &View<'_>, piece: usize, range: &Range<usize>) -> bool {
    let text = view.prompt.pieces.get(piece).map_or("", |piece| piece.as_str());
    let in_file = view.at(piece, range.clone());
    let is_free = view.file.free_comments.iter().any(|free| free.start < in_file.end && in_file.start < free.end);
    // Behind other text on the line it belongs to it: a form to be filled in, an example.
    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let stands_alone = text[line..range.start].trim().is_empty();
    // Among tags it is part of a page that is to be written.
    let is_tag = |text: &str| text.starts_with('<') && !text.starts_with("<!--");
    let before = text[..line].trim_end().rsplit('\n').next().unwrap_or_default().trim();
    let is_in_page = is_tag(text[range.end..].trim_start()) || is_tag(before);
    stands_alone
        && !is_free
        && !is_in_page
        && !view.prose(piece).is_fenced(range)
        && !MARK.is_match(&text[range.clone()])
}
