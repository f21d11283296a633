//! `html-payload`: a page's markup instead of its text.

use std::collections::BTreeSet;

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::file::Piece;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A web page with its markup, where its text would do.
    ///
    /// ## Why
    ///
    /// Two thirds and more of a page's tokens are tags, attributes, scripts and styles.
    ///
    /// ## Example
    ///
    /// A tool that fetches a page and returns `response.text`.
    ///
    /// ## Fix
    ///
    /// Unsafe: links, attributes and what scripts would show are gone. It is the edit of `promptopt optimize --with
    /// html_text`.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: a smaller saving is left alone.
    ///
    /// ## Limits
    ///
    /// Looks at results of tools and documents. In instructions and messages HTML is mostly what is asked about or what is
    /// to be written, and tags like `<context>` are structure; so are files that the model asked to read.
    "html-payload",
    code: "FMT005",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: a page of 1,740 tokens is 500 as text (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(100), about: "least tokens saved" }],
    check: Check::Prompt(check),
}

/// Elements of pages; other tags may be a prompt's own.
const ELEMENTS: &[&str] = &[
    "html", "head", "body", "div", "span", "p", "a", "ul", "ol", "li", "table", "tr", "td", "th", "script", "style",
    "link", "meta", "img", "section", "article", "nav", "header", "footer", "main", "form", "h1", "h2", "h3", "br",
    "button",
];
/// Different elements that a page has.
const MIN_ELEMENTS: usize = 5;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let is_result = |kind: Option<SegmentKind>| matches!(kind, Some(SegmentKind::ToolResult | SegmentKind::Document));
    if !view.prompt.pieces.iter().any(|piece| is_result(piece.kind)) {
        return;
    }
    for edit in view.transform("html_text") {
        let Some(piece) = view.prompt.pieces.get(edit.segment).filter(|piece| is_result(piece.kind)) else { continue };
        let page = &piece.as_str()[edit.span.clone()];
        let saved = edit.tokens_saved.cast_signed();
        // A page begins with a tag; a program or a diff has its tags in between, and a template is a program.
        let is_whole = piece.as_str()[..edit.span.start].trim().len() < 80;
        let is_source = ["{%", "{{", "<?php", "<%", "v-if=", "className="].iter().any(|sign| page.contains(sign));
        if !is_whole
            || is_source
            || is_asked_as_file(view, edit.segment)
            || elements(page).len() < MIN_ELEMENTS
            || !view.is_worth(saved)
        {
            continue;
        }
        let fix = view.change(edit.segment, edit.span.clone(), &edit.replacement).map(|change| vec![change]);
        sink.report(
            Finding::at(view.at(edit.segment, edit.span.clone()), format!("the markup of a page costs {saved} tokens"))
                .help("let the tool return the page's text or Markdown")
                .saves(view.saving(saved, edit.segment, edit.span.start))
                .fix("keep the page's text", Applicability::Unsafe, fix),
        );
    }
}

/// Whether the call before the result reads a file: then its markup is what is worked on.
fn is_asked_as_file(view: &View<'_>, result: usize) -> bool {
    let calls = view.prompt.pieces[..result].iter().rev().take_while(|piece| piece.kind != Some(SegmentKind::User));
    let call = calls.filter(|piece| piece.kind == Some(SegmentKind::ToolCall)).map(Piece::as_str).next();
    call.is_some_and(|call| {
        !call.contains("http") && [".html", ".htm", ".vue", ".svelte", ".xml"].iter().any(|e| call.contains(e))
    })
}

/// The elements of pages whose tags stand in a text.
fn elements(text: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for at in memchr::memchr_iter(b'<', text.as_bytes()) {
        let rest = &text[at + 1..];
        let end = rest.bytes().take(8).take_while(u8::is_ascii_alphanumeric).count();
        let name = rest[..end].to_ascii_lowercase();
        if let Some(known) = ELEMENTS.iter().find(|known| **known == name) {
            found.insert(*known);
        }
    }
    found
}
