//! Arrays of alike objects as tables: the keys once.

mod table;
mod text;

use std::borrow::Cow;
use std::ops::Range;

use self::table::Table;
use super::json_compact::compact;
use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::segment::SegmentKind;
use crate::text::json::{Json, Kind, Value};

transform! {
    /// Arrays of objects with the same keys become tables: the keys once, then a row an object.
    ///
    /// ## What it does
    /// An array of three or more objects that have the same keys in the same order is written as columns and rows. Objects
    /// inside them are spread over columns (`owner.login`), a column with one value throughout is stated once. Two forms are
    /// tried, and the cheaper by the model's tokenizer is kept, if it beats compact JSON too:
    ///
    /// ```text
    /// {"_columns":["id","owner.login",{"state":"open"}],"_rows":[[1,"ada"],[2,"bo"],[3,"cy"]]}
    /// ```
    ///
    /// which is JSON and may stand anywhere in a document, and, for a document that is one array,
    ///
    /// ```text
    /// [… table in the next 4 lines: columns, then a row a line; a cell is JSON or plain text …]
    /// id|owner.login|state=open
    /// 1|ada
    /// 2|bo
    /// 3|cy
    /// ```
    ///
    /// ## Why
    /// In lists of records keys take half of the tokens and more.
    ///
    /// ## What it promises
    /// Equivalent: decoded, it is the same JSON with numbers as spelt and keys in order. Each replacement is decoded and
    /// compared before it is used.
    ///
    /// ## When it stays out
    /// JSON in a bare prompt, which shows the form of the answer; keys that differ, keys with a dot, tables that save fewer than 16 tokens against the text as it came.
    json_table,
    guarantee: Guarantee::Equivalent,
    is_default: true,
    parts: Parts::Together,
    min_saving: 16,
    propose,
    decode: Some(decode),
}

/// Fewer objects are easier read as they are.
const MIN_ROWS: usize = 3;

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    // In a prompt's own text JSON shows the form that the answer is to have.
    if view.kind == SegmentKind::Prompt {
        return;
    }
    for span in view.json {
        let text = &view.text[span.clone()];
        if crate::compress::protect::overlaps(view.fences, span) || text.contains("\"_columns\"") {
            continue;
        }
        let Ok(json) = Json::parse(text) else { continue };
        let tables = tables(json.root());
        let Some((_, first)) = tables.first() else { continue };
        let n_rows: usize = tables.iter().map(|(_, table)| table.rows.len()).sum();
        let note = format!("the same JSON as a table of {n_rows} rows");
        let original = compact(text);
        let mut offer = |replacement: String| {
            if decode(&replacement).as_deref() == Some(&original) {
                out.push(Proposal { span: span.clone(), replacement, note: note.clone() });
            }
        };
        if json.root().kind() == Kind::Array
            && tables.len() == 1
            && first_is_root(&tables, json.root())
            && let Some(lines) = text::write(first)
        {
            offer(lines);
        }
        offer(inline(text, &tables));
    }
}

fn first_is_root(tables: &[(Range<usize>, Table<'_>)], root: Value<'_, '_>) -> bool {
    tables[0].0 == root.span()
}

/// The outermost arrays that are tables, with their spans, in their order.
fn tables<'a>(root: Value<'_, 'a>) -> Vec<(Range<usize>, Table<'a>)> {
    let mut found: Vec<(Range<usize>, Table<'a>)> = Vec::new();
    for value in root.descendants() {
        if value.kind() != Kind::Array || found.last().is_some_and(|(span, _)| value.span().start < span.end) {
            continue;
        }
        if let Some(table) = table::read(value, MIN_ROWS) {
            found.push((value.span(), table));
        }
    }
    found
}

/// The document with each table written as an object of columns and rows.
fn inline(text: &str, tables: &[(Range<usize>, Table<'_>)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, table) in tables {
        out.push_str(&text[at..span.start]);
        table.write(&mut out);
        at = span.end;
    }
    out.push_str(&text[at..]);
    compact(&out)
}

/// Compact JSON from either form.
fn decode(encoded: &str) -> Option<String> {
    if encoded.starts_with(crate::compress::MARK) {
        return text::read(encoded);
    }
    let json = Json::parse(encoded).ok()?;
    let mut out = String::with_capacity(encoded.len() * 2);
    let mut at = 0;
    for value in json.root().descendants() {
        if value.span().start < at || value.kind() != Kind::Object {
            continue;
        }
        let mut members = value.children();
        let (Some(columns), Some(rows), None) = (members.next(), members.next(), members.next()) else { continue };
        if !columns.is_named("_columns") || !rows.is_named("_rows") {
            continue;
        }
        let columns: Vec<(String, Option<Cow<'_, str>>)> = columns
            .children()
            .map(|column| match column.kind() {
                Kind::Object => {
                    let fixed = column.children().next()?;
                    Some((fixed.key()?.into_owned(), Some(Cow::Borrowed(fixed.raw()))))
                }
                _ => Some((column.string()?.into_owned(), None)),
            })
            .collect::<Option<_>>()?;
        let rows: Vec<Vec<Cow<'_, str>>> =
            rows.children().map(|row| row.children().map(|cell| Cow::Borrowed(cell.raw())).collect()).collect();
        out.push_str(&encoded[at..value.span().start]);
        Table { columns, rows }.expand(&mut out)?;
        at = value.span().end;
    }
    out.push_str(&encoded[at..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(json: &str, expected: &str) {
        let parsed = Json::parse(json).unwrap();
        let tables = tables(parsed.root());
        let encoded = inline(json, &tables);
        assert_eq!(encoded, expected);
        assert_eq!(decode(&encoded).unwrap(), compact(json));
        if first_is_root(&tables, parsed.root()) {
            let lines = text::write(&tables[0].1).unwrap();
            assert_eq!(decode(&lines).unwrap(), compact(json));
        }
    }

    #[test]
    fn keys_are_said_once_and_nested_ones_are_spread() {
        check(
            r#"[{"id": 1, "o": {"n": "a", "t": "x"}, "l": []}, {"id": 2.0, "o": {"n": "b|", "t": "x"}, "l": [1]},
                {"id": 3, "o": {"n": "null", "t": "x"}, "l": {}}]"#,
            r#"{"_columns":["id","o.n",{"o.t":"x"},"l"],"_rows":[[1,"a",[]],[2.0,"b|",[1]],[3,"null",{}]]}"#,
        );
        check(
            r#"{"n":3,"items":[{"a":1,"b":{"c":1}},{"a":2,"b":{"d":1}},{"a":3,"b":null}],"z":[{"a":1}]}"#,
            r#"{"n":3,"items":{"_columns":["a","b"],"_rows":[[1,{"c":1}],[2,{"d":1}],[3,null]]},"z":[{"a":1}]}"#,
        );
    }

    #[test]
    fn what_is_no_table_stays() {
        for json in [
            r#"[{"a":1},{"b":1},{"a":1}]"#,
            r#"[{"a.b":1},{"a.b":1},{"a.b":2}]"#,
            "[{},{},{}]",
            "[1,2,3]",
            r#"[{"a":1,"a":2},{"a":1,"a":2},{"a":1,"a":2}]"#,
        ] {
            assert!(tables(Json::parse(json).unwrap().root()).is_empty(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn any_table_comes_back_exactly(
            keys in proptest::collection::btree_set("[a-z |=\"]{1,4}", 1..4),
            cells in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![
                    Just("null".to_owned()), Just("1.50".to_owned()), Just("{\"k\":1}".to_owned()),
                    Just("[\"|\"]".to_owned()), Just("{}".to_owned()),
                    "[ -~\u{e9}\\n]{0,8}".prop_map(|text| { let mut out = String::new(); crate::text::json::push_string(&mut out, &text); out }),
                ], 4), 3..6),
        ) {
            let rows: Vec<String> = cells.iter().map(|row| {
                let members: Vec<String> = keys.iter().zip(row).map(|(key, cell)| {
                    let mut member = String::new();
                    crate::text::json::push_string(&mut member, key);
                    member + ":" + cell
                }).collect();
                format!("{{{}}}", members.join(","))
            }).collect();
            let json = format!("[{}]", rows.join(","));
            let parsed = Json::parse(&json).unwrap();
            let tables = tables(parsed.root());
            prop_assert_eq!(tables.len(), 1);
            prop_assert_eq!(decode(&inline(&json, &tables)).unwrap(), compact(&json));
            if let Some(lines) = text::write(&tables[0].1) {
                prop_assert_eq!(decode(&lines).unwrap(), compact(&json), "{}", lines);
            }
        }
    }
}
