//! `unmarked-cacheable`: a long fixed prefix that is not marked for the cache.

use crate::catalog::CacheTrigger;
use crate::chat::Dialect;
use crate::compress::SegmentKind;
use crate::lint::caching::{Terms, money, n_marks};
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::requests;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};

rule! {
    /// Instructions and tools long enough for the cache, on a model that caches only what is marked.
    ///
    /// ## Why
    ///
    /// Claude caches nothing by itself. A breakpoint after the instructions costs a quarter more in the call that writes them, and a
    /// tenth or less of the price in each call that reads them within five minutes.
    ///
    /// ## Example
    ///
    /// A system prompt of 3,000 tokens for claude-opus-5-5 without `cache_control`.
    ///
    /// ## Fix
    ///
    /// Unsafe: a breakpoint is set after the instructions, or after the last tool if there are none. It changes no answer, but costs
    /// money if the prompt is not called again in time.
    ///
    /// ## Limits
    ///
    /// Only requests. Where vocabularies are not public, the prefix has to exceed the minimum by a tenth.
    "unmarked-cacheable",
    code: "CAC006",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "https://platform.claude.com/docs/en/build-with-claude/prompt-caching; prices of the catalogue",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let open: Vec<&PromptView<'_>> = requests::sent(view).into_iter().filter(|request| is_open(request)).collect();
    let (with_system, without): (Vec<_>, Vec<_>) =
        open.into_iter().partition(|request| request.prompt.pieces_of(SegmentKind::System).next().is_some());
    let groups = requests::by_system(&with_system).into_iter().chain(without.into_iter().map(|request| vec![request]));
    for group in groups {
        if let Some(finding) = group.first().and_then(|first| finding(first, &group)) {
            sink.report(finding);
        }
    }
}

/// A request that could be marked, is not, and is long enough.
fn is_open(view: &PromptView<'_>) -> bool {
    let Some(request) = &view.prompt.request else { return false };
    let Some(rule) = view.target.cache().filter(|rule| rule.trigger == CacheTrigger::Explicit) else { return false };
    let speaks_it = match request.dialect {
        Dialect::Messages | Dialect::Converse | Dialect::Invoke => true,
        // Gateways pass marks on, to models that the request itself names.
        Dialect::Chat => view.target.is_named,
        _ => false,
    };
    let tokens = view.prefix().tokens;
    let sure = if view.target.is_exact() { rule.min_tokens } else { rule.min_tokens + rule.min_tokens / 10 };
    speaks_it && n_marks(request) == 0 && view.marked_pieces().is_empty() && tokens >= sure
}

fn finding(view: &PromptView<'_>, group: &[&PromptView<'_>]) -> Option<Finding> {
    let tokens = view.prefix().tokens;
    let terms = Terms::of(view)?;
    let usd = terms.read_saving(tokens).filter(|usd| usd.pico() > 0)?;
    let (index, piece) = last_standing(view)?;
    let message = match group.len() {
        1 => format!("{tokens} tokens of tools and instructions are not marked for the prompt cache"),
        n => format!("{tokens} tokens of tools and instructions are not marked for the prompt cache, in {n} requests"),
    };
    let changes = group.iter().map(|request| marks(request)).collect::<Option<Vec<_>>>();
    let premium = terms.write_premium(tokens).unwrap_or_default();
    let reads = terms.reads_to_pay()?;
    let line = piece.as_str().lines().next().map_or(0, str::len);
    Some(
        Finding::at(view.at(index, 0..line), message)
            .note(format!(
                "saving: that of calls which read the cache; a call that writes it pays {premium} more per 1,000, so a \
                 breakpoint pays from {reads} read{} within the time to live on",
                if reads == 1 { "" } else { "s" }
            ))
            .help("set a breakpoint after the last fixed block")
            .saves(money(usd))
            .fix("mark the fixed prefix for the cache", Applicability::Unsafe, changes.map(|all| all.concat())),
    )
}

fn last_standing<'v>(view: &'v PromptView<'_>) -> Option<(usize, &'v crate::lint::file::Piece)> {
    let last = |kind| view.prompt.pieces_of(kind).last();
    last(SegmentKind::System).or_else(|| last(SegmentKind::ToolSchema))
}

/// What has to be written into a request.
fn marks(view: &PromptView<'_>) -> Option<Vec<Change>> {
    const MARK: &str = r#", "cache_control": {"type": "ephemeral"}"#;
    let (index, piece) = last_standing(view)?;
    if !piece.is_writable() {
        return None;
    }
    let text = &view.file.text;
    let inner = view.at(index, 0..piece.as_str().len());
    let insert = |at: usize, text: &str| Change { span: at..at, text: text.to_owned() };
    let dialect = view.prompt.request.as_ref()?.dialect;
    if piece.is_tool() {
        let members = text.get(inner.clone())?.strip_suffix('}')?.trim_end();
        let at = inner.start + members.len();
        return (dialect == Dialect::Messages && !members.ends_with('{')).then(|| vec![insert(at, MARK)]);
    }
    let (start, end) = (inner.start.checked_sub(1)?, inner.end + 1);
    if text.get(start..inner.start)? != "\"" || text.get(inner.end..end)? != "\"" {
        return None;
    }
    let is_block = piece.path.contains('.');
    match dialect {
        Dialect::Messages if is_block => Some(vec![insert(end, MARK)]),
        Dialect::Messages => {
            Some(vec![insert(start, r#"[{"type": "text", "text": "#), insert(end, &format!("{MARK}}}]"))])
        }
        Dialect::Converse => {
            let blanks = text.get(end..)?.bytes().take_while(u8::is_ascii_whitespace).count();
            let brace = end + blanks;
            let closes = text.get(brace..=brace)? == "}";
            closes.then(|| vec![insert(brace + 1, r#", {"cachePoint": {"type": "default"}}"#)])
        }
        _ => None,
    }
}
