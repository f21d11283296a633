//! `required-unknown`: a property that is demanded and does not exist.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::tool;
use crate::lint::view::View;
use crate::text::json::{Kind, Value};

rule! {
    /// A schema that requires a property which it does not define.
    ///
    /// ## Why
    ///
    /// The model cannot know what to write there. In strict mode the request is refused; otherwise the model makes something up,
    /// or the call fails where its arguments are checked. Mostly a property was renamed in one of the two places.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["location"]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Objects whose properties are described elsewhere (`$ref`, `allOf`, `patternProperties`, `additionalProperties` as a
    /// schema) are left alone.
    "required-unknown",
    code: "TOL007",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "JSON Schema 2020-12; that OpenAI refuses it in strict mode is from memory", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        tool::each(piece, |definition| {
            let Some(schema) = definition.schema else { return };
            visit(schema, 0, &mut |required| {
                let name = required.string().unwrap_or_default();
                sink.report(
                    Finding::at(
                        view.at(index, required.span()),
                        format!("`{}` requires `{name}`, which it does not define", definition.name()),
                    )
                    .help("define it under `properties`, or take it out of `required`"),
                );
            });
        });
    }
}

/// Deeper schemas are left alone.
const MAX_DEPTH: usize = 24;

fn visit(schema: Value<'_, '_>, depth: usize, report: &mut impl FnMut(Value<'_, '_>)) {
    if schema.kind() != Kind::Object || depth > MAX_DEPTH {
        return;
    }
    let elsewhere = ["$ref", "allOf", "anyOf", "oneOf", "patternProperties", "if"];
    let is_open = elsewhere.iter().any(|name| schema.get(name).is_some())
        || schema.get("additionalProperties").is_some_and(|more| more.kind() == Kind::Object);
    let properties = schema.get("properties").filter(|properties| properties.kind() == Kind::Object);
    if let (Some(properties), Some(required)) = (properties, schema.get("required"))
        && !is_open
        && required.kind() == Kind::Array
    {
        for name in required.children() {
            if name.string().is_some_and(|name| properties.get(&name).is_none()) {
                report(name);
            }
        }
    }
    for child in schema.children() {
        match child.key().as_deref() {
            Some("properties" | "$defs" | "definitions" | "anyOf" | "oneOf" | "allOf") => {
                for schema in child.children() {
                    visit(schema, depth + 1, report);
                }
            }
            Some("items" | "additionalProperties") => visit(child, depth + 1, report),
            _ => {}
        }
    }
}
