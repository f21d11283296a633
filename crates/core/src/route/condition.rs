//! Conditions of routes, in CEL (the Common Expression Language): `request.tokens > 8000 && caller.team == "search"`.
//!
//! Compiled once, when the configuration is read; what a condition may ask for is checked then. A condition that fails while it runs
//! (text compared with a number) does not hold, and the plan says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::{Context, Program, Value};
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::text::did_you_mean;

/// The longest condition; a rule that needs more is several routes.
const MAX_LEN: usize = 4096;

/// The most characters of operators in a condition. `1+1+1+…` nests as deep as it is long, and is read and run by recursion.
const MAX_OPERATORS: usize = 512;

/// What a condition may ask for: variables, and their fields with what they hold.
pub const VARIABLES: &[(&str, &[(&str, &str)])] = &[
    (
        "request",
        &[
            ("model", "the model asked for, as written"),
            ("dialect", "`chat`, `responses`, `messages`, `embeddings`"),
            ("kind", "`chat` or `embedding`"),
            ("tokens", "input tokens, counted for the model asked for"),
            ("max_output", "the limit on output, 0 if there is none"),
            ("n_messages", "how many messages"),
            ("n_tools", "how many tools"),
            ("n_answers", "how many answers are asked for"),
            ("has_images", "whether there is an image"),
            ("has_audio", "whether there is audio"),
            ("has_files", "whether there is a file"),
            ("wants_json", "whether the answer must be JSON"),
            ("reasoning", "the effort asked for, `on`, or empty"),
            ("temperature_milli", "the temperature in thousandths, -1 if there is none"),
            ("is_stream", "whether the answer is wanted as a stream"),
            ("tier", "the service tier asked for, or empty"),
        ],
    ),
    ("caller", &[("tenant", "whose data it is"), ("id", "who asks, or empty"), ("team", "their team, or empty")]),
    ("tags", &[]),
    (
        "time",
        &[
            ("hour", "0 to 23, UTC"),
            ("minute", "0 to 59"),
            ("weekday", "1 for Monday to 7 for Sunday"),
            ("date", "`2026-11-26`"),
        ],
    ),
    ("budget", &[]),
];

/// The facts of a call.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Facts {
    /// Of the request.
    pub request: RequestFacts,
    /// Of the caller.
    pub caller: CallerFacts,
    /// Tags.
    pub tags: BTreeMap<Arc<str>, Arc<str>>,
    /// The moment.
    pub time: TimeFacts,
    /// What is left of each budget, in thousandths of its limit.
    pub budget: BTreeMap<String, i64>,
}

/// See [`VARIABLES`].
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, clippy::struct_excessive_bools, reason = "described in VARIABLES")]
pub struct RequestFacts {
    pub model: Arc<str>,
    pub dialect: &'static str,
    pub kind: &'static str,
    pub tokens: i64,
    pub max_output: i64,
    pub n_messages: i64,
    pub n_tools: i64,
    pub n_answers: i64,
    pub has_images: bool,
    pub has_audio: bool,
    pub has_files: bool,
    pub wants_json: bool,
    pub reasoning: Arc<str>,
    pub temperature_milli: i64,
    pub is_stream: bool,
    pub tier: Arc<str>,
}

/// See [`VARIABLES`].
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "described in VARIABLES")]
pub struct CallerFacts {
    pub tenant: Arc<str>,
    pub id: Arc<str>,
    pub team: Arc<str>,
}

/// See [`VARIABLES`].
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "described in VARIABLES")]
pub struct TimeFacts {
    pub hour: i64,
    pub minute: i64,
    pub weekday: i64,
    pub date: String,
}

/// A condition, compiled.
pub struct Condition {
    source: String,
    program: Program,
    asks_for_tokens: bool,
}

/// Checks a condition: where in it something is wrong (in bytes, where that is known), and what.
pub fn check(source: &str) -> Result<(), (String, Option<usize>)> {
    compile(source).map(|_| ())
}

fn compile(source: &str) -> Result<Program, (String, Option<usize>)> {
    if source.len() > MAX_LEN {
        return Err((format!("a condition may have {MAX_LEN} bytes, this one has {}", source.len()), None));
    }
    if source.bytes().filter(|byte| b"+-*/%<>=!".contains(byte)).count() > MAX_OPERATORS {
        return Err((format!("a condition may have {MAX_OPERATORS} characters of operators"), None));
    }
    let program = Program::compile(source).map_err(|errors| {
        let first = errors.errors.first();
        let message = first.map_or_else(|| "it cannot be read".to_owned(), |error| error.msg.trim().to_owned());
        let offset = first.and_then(|error| offset(source, error.pos.0, error.pos.1));
        (message, offset)
    })?;
    let mut problem = None;
    walk(program.expression(), &mut Vec::new(), &mut problem);
    match problem {
        Some(message) => Err((message, None)),
        None => Ok(program),
    }
}

fn offset(source: &str, line: isize, column: isize) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    Some((start + usize::try_from(column).ok()?).min(source.len()))
}

/// Looks for variables and fields that are not there. `bound` are those that macros bring.
fn walk(node: &IdedExpr, bound: &mut Vec<String>, problem: &mut Option<String>) {
    if problem.is_some() {
        return;
    }
    match &node.expr {
        Expr::Ident(name) => {
            let is_known = bound.contains(name) || VARIABLES.iter().any(|(known, _)| known == name);
            // The names that macros make hold a character that no source can.
            if !is_known && !name.starts_with('@') && !name.starts_with("__") {
                *problem = Some(unknown("variable", name, VARIABLES.iter().map(|(known, _)| *known)));
            }
        }
        Expr::Select(select) => {
            if let Expr::Ident(name) = &select.operand.expr
                && !bound.contains(name)
                && let Some((_, fields)) = VARIABLES.iter().find(|(known, fields)| known == name && !fields.is_empty())
                && !fields.iter().any(|(field, _)| *field == select.field)
            {
                *problem =
                    Some(unknown(&format!("field of `{name}`"), &select.field, fields.iter().map(|(field, _)| *field)));
            }
            walk(&select.operand, bound, problem);
        }
        Expr::Call(call) => {
            for node in call.target.iter().map(|target| &**target).chain(&call.args) {
                walk(node, bound, problem);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|node| walk(node, bound, problem)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    walk(&entry.key, bound, problem);
                    walk(&entry.value, bound, problem);
                }
            }
        }
        Expr::Comprehension(inner) => {
            walk(&inner.iter_range, bound, problem);
            let n_bound = bound.len();
            bound.extend([inner.iter_var.clone(), inner.accu_var.clone()]);
            bound.extend(inner.iter_var2.clone());
            for node in [&inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result] {
                walk(node, bound, problem);
            }
            bound.truncate(n_bound);
        }
        Expr::Unspecified | Expr::Literal(_) | Expr::Struct(_) => {}
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let help = did_you_mean(name, known.clone()).unwrap_or_else(|| {
        format!("known are {}", known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
    });
    format!("no {what} is called `{name}` ({help})")
}

impl Condition {
    /// Compiles a condition.
    pub fn new(source: &str) -> Result<Condition> {
        let program = compile(source).map_err(|(message, _)| Error::new(Kind::Config, message).in_field("when"))?;
        Ok(Condition { source: source.to_owned(), asks_for_tokens: source.contains("tokens"), program })
    }

    /// Whether the request's tokens have to be counted for it.
    pub fn asks_for_tokens(&self) -> bool {
        self.asks_for_tokens
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it holds.
    ///
    /// Errors, in words, when it cannot be told: a tag that is not there, text compared with a number.
    pub fn holds(&self, facts: &PreparedFacts) -> Result<bool, String> {
        match self.program.execute(&facts.0) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("the condition gives {:?}, not true or false", other.type_of())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Facts as conditions read them; made once a call.
pub struct PreparedFacts(Context<'static, 'static>);

impl PreparedFacts {
    /// Of facts.
    pub fn of(facts: &Facts) -> PreparedFacts {
        let mut context = Context::default();
        // Every fact is text, a number, a truth or a map of those: all of which CEL has.
        context.add_variable_from_value("request", cel::to_value(&facts.request).unwrap_or(Value::Null));
        context.add_variable_from_value("caller", cel::to_value(&facts.caller).unwrap_or(Value::Null));
        context.add_variable_from_value("tags", cel::to_value(&facts.tags).unwrap_or(Value::Null));
        context.add_variable_from_value("time", cel::to_value(&facts.time).unwrap_or(Value::Null));
        context.add_variable_from_value("budget", cel::to_value(&facts.budget).unwrap_or(Value::Null));
        PreparedFacts(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            request: RequestFacts {
                model: "gpt-5".into(),
                dialect: "chat",
                kind: "chat",
                tokens: 9000,
                n_tools: 2,
                ..RequestFacts::default()
            },
            caller: CallerFacts { tenant: "acme".into(), team: "search".into(), ..CallerFacts::default() },
            tags: BTreeMap::from([("feature".into(), "rank".into())]),
            time: TimeFacts { hour: 3, weekday: 7, date: "2026-11-29".to_owned(), ..TimeFacts::default() },
            budget: BTreeMap::from([("month".to_owned(), 120)]),
        }
    }

    #[test]
    fn conditions_hold_or_do_not() {
        let facts = PreparedFacts::of(&facts());
        for (source, expected) in [
            ("true", Ok(true)),
            (r#"request.model == "gpt-5" && caller.team == "search""#, Ok(true)),
            (r#"request.model.startsWith("gpt-4")"#, Ok(false)),
            ("request.tokens > 8000 && request.n_tools > 0", Ok(true)),
            (r#"tags["feature"] == "rank""#, Ok(true)),
            (r#""beta" in tags && tags["beta"] == "yes""#, Ok(false)),
            ("time.hour < 6 || time.weekday >= 6", Ok(true)),
            (r#"budget["month"] < 200"#, Ok(true)),
            (r#"["a", "search"].exists(team, team == caller.team)"#, Ok(true)),
        ] {
            let condition = Condition::new(source).unwrap();
            assert_eq!(condition.holds(&facts), expected, "{source}");
        }
        assert!(Condition::new(r#"tags["none"] == "x""#).unwrap().holds(&facts).is_err());
        assert!(Condition::new("request.tokens").unwrap().holds(&facts).is_err());
    }

    #[test]
    fn what_cannot_be_asked_is_told_when_it_is_read() {
        for (source, part) in [
            ("request.modle == \"x\"", "did you mean `model`"),
            ("reqest.model == \"x\"", "did you mean `request`"),
            ("caller.email == \"x\"", "no field of `caller` is called `email`"),
            ("request.model = \"x\"", ""),
            ("", ""),
        ] {
            let (message, _) = check(source).unwrap_err();
            assert!(message.contains(part), "{source}: {message}");
        }
        assert!(check(&"a".repeat(5000)).is_err());
    }

    #[test]
    fn a_condition_nested_as_deep_as_its_length_allows_is_refused_or_read() {
        let around = |open: &str, inner: &str, close: &str| {
            let n = (MAX_LEN - inner.len()) / (open.len() + close.len());
            format!("{}{inner}{}", open.repeat(n), close.repeat(n))
        };
        let facts = PreparedFacts::of(&facts());
        for source in [
            around("(", "true", ")"),
            around("[", "1", "]"),
            around("{1:", "1", "}"),
            around("!", "true", ""),
            around("-", "1", ""),
            around("true?", "true", ":true"),
            around("true&&", "true", ""),
            around("1+", "1 == 2", ""),
            format!("{}1 == 2", "1+".repeat(500)),
            format!("{}1", "1<".repeat(500)),
            around("size(", "'a'", ")"),
            around("[1].map(x,", "x", ")"),
            format!("request{}", ".model".repeat(600)),
            format!("request{}", "[0]".repeat(1300)),
            "(".repeat(MAX_LEN),
            "\"".repeat(MAX_LEN),
        ] {
            let shown = &source[..20];
            match Condition::new(&source) {
                Ok(condition) => _ = condition.holds(&facts),
                Err(error) => assert!(!error.to_string().is_empty(), "{shown}"),
            }
        }
    }
}
