//! Each family on a short text, and what holds for all texts.

use proptest::prelude::*;

use super::{Hint, Unit, UnitKind, split, split_as};

/// The outermost units tile the text; children lie inside their parents, ascending, without overlap.
fn check_structure(text: &str, units: &[Unit]) {
    let mut ends: Vec<usize> = Vec::with_capacity(units.len());
    let mut at = 0;
    for (place, unit) in units.iter().enumerate() {
        assert!(text.is_char_boundary(unit.span.start) && text.is_char_boundary(unit.span.end), "{unit:?}");
        assert!(unit.span.start < unit.span.end, "{unit:?} is empty");
        match unit.parent {
            None => {
                assert_eq!(unit.span.start, at, "a gap before {unit:?} in {text:?}");
                at = unit.span.end;
            }
            Some(parent) => {
                assert!(parent < place, "{unit:?} stands before its parent");
                let outer = &units[parent].span;
                assert!(outer.start <= unit.span.start && unit.span.end <= outer.end, "{unit:?} leaves {outer:?}");
                assert!(ends[parent] <= unit.span.start, "{unit:?} overlaps the one before");
                ends[parent] = unit.span.end;
            }
        }
        if let Some(label) = &unit.label {
            assert!(text.get(label.clone()).is_some());
        }
        ends.push(unit.span.start);
    }
    assert_eq!(at, text.len(), "{text:?} is not covered");
}

fn kinds(text: &str) -> Vec<(UnitKind, &str)> {
    let units = split(text);
    check_structure(text, &units);
    units.iter().map(|unit| (unit.kind, text[unit.span.clone()].trim())).collect()
}

#[test]
fn documents_have_a_heading_and_sentences() {
    let text = "Use these.\n\nDocument [1](Title: A)\nOne. Two.\n\nDocument [2](Title: B) Three.";
    let units = split(text);
    check_structure(text, &units);
    let shown: Vec<_> =
        units.iter().map(|unit| (unit.kind.name(), unit.label.clone().map(|label| &text[label]))).collect();
    let (document, heading, sentence) = ("document", "heading", ("sentence", None));
    assert_eq!(
        shown,
        [
            sentence,
            (document, Some("A")),
            (heading, Some("A")),
            sentence,
            sentence,
            (document, Some("B")),
            (heading, Some("B")),
            sentence
        ]
    );
}

#[test]
fn every_family_is_recognised() {
    use UnitKind::{Base64, Code, Frame, Html, Hunk, Json, Log, Row, Shot, Tool, Turn};
    let b64 = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODk".repeat(2);
    for (text, kind, n) in [
        ("See:\n```rust\nfn main() {}\n\n```\nDone.", Code, 1),
        ("```\nhalf a fence", Code, 1),
        ("--- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,2 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n", Hunk, 3),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\n  File \"b.py\", line 2, in g\n    h()\nValueError: no\n",
            Frame,
            4,
        ),
        ("java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n", Frame, 3),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nText.", Row, 3),
        ("2026-11-25 10:00:00 INFO a\n2026-11-25 10:00:01 ERROR b\n  more\n", Log, 2),
        ("Jun 14 15:16:01 combo sshd: x\nJun 14 15:16:02 combo sshd: y\n", Log, 2),
        ("<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n", Html, 4),
        (b64.as_str(), Base64, 1),
        ("Ann: Hi there.\nBob: Hello. How are you?\nAnn: Fine.\nBob: Good.", Turn, 4),
        ("Classify.\n\nInput: a\nOutput: b\n\nInput: c\nOutput: d\n\nNow you.", Shot, 2),
        ("Result:\n{\n  \"a\": 1,\n  \"b\": \"some more text\"\n}\nDone.", Json, 1),
        ("{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}", Tool, 1),
    ] {
        let found = kinds(text);
        assert_eq!(found.iter().filter(|(found, _)| *found == kind).count(), n, "{kind:?}: {found:?}");
    }
}

#[test]
fn notes_with_colons_are_no_conversation() {
    let text = "Note: this is prose.\nIt goes on here.\nAnd here.\nWarning: but not a chat.\nThe end.\nReally.";
    assert!(kinds(text).iter().all(|(kind, _)| *kind == UnitKind::Sentence));
    let units = split_as("Note: a\nplain line\nOther: b", Hint::Turns);
    assert_eq!(units.iter().filter(|unit| unit.kind == UnitKind::Turn).count(), 2);
}

#[test]
fn members_of_nested_json_are_nested_units() {
    let row = |n: usize| {
        format!(
            "{{\"id\":{n},\"name\":\"a name that is long enough to be worth cutting\",\"tags\":[\"x\",\"y\"],\"note\":\"{}\"}}",
            "n".repeat(120)
        )
    };
    let text = format!("{{\"meta\":{{}},\"rows\":[{},{}]}}", row(1), row(2));
    let units = split(&text);
    check_structure(&text, &units);
    assert_eq!(units[0].kind, UnitKind::Json);
    let depth = |mut place: usize| {
        let mut depth = 0;
        while let Some(parent) = units[place].parent {
            (place, depth) = (parent, depth + 1);
        }
        depth
    };
    assert_eq!((0..units.len()).map(depth).collect::<Vec<_>>(), [0, 1, 1, 2, 3, 3, 3, 3, 2, 3, 3, 3, 3]);
}

#[test]
fn megabytes_of_one_kind_are_cut_in_one_pass() {
    // Nothing here looks at a clock; a quadratic step would make the test run for hours.
    let n = 1 << 21;
    for unit in [
        "a",
        " ",
        "\n",
        ".",
        "! ",
        "。",
        "[",
        "{\n",
        "[\n ",
        "<",
        "<p>",
        "```\n",
        "| - |\n",
        "@@ -1\n",
        "--- a\n",
        "Q:\n",
        "A: b\n",
        "2026-11-25\n",
        "[1] x\n",
        "# x\n",
        "  at a.b\n",
        "\"",
        "\u{301}",
        "ก",
        "🇩🇪",
        "A",
        "1.",
        "\r\n",
        "Title:\n",
        "<doc>\n",
        " [\n",
    ] {
        let text = unit.repeat(n / unit.len());
        for hint in [Hint::None, Hint::Turns] {
            check_structure(&text, &split_as(&text, hint));
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_tiled(text in "(?s)(([a-zA-Z .!?:|-]{0,12}|```|[{}\\[\\]\",1]{0,6}|# A|<p>|</p>|Document \\[1\\]|A: b|@@ -1|  at x.y|2026-11-25 |[ก\u{301}。🇩👩\u{200d}]{0,3}|.{0,4})\r?\n?){0,24}", hint in 0..5_usize) {
        let hint = [Hint::None, Hint::Document, Hint::Turns, Hint::Log, Hint::Code][hint];
        check_structure(&text, &split_as(&text, hint));
    }
}
