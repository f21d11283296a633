//! The optimizer: prompts made cheaper without changing the answer, for one model, with a report that says for every byte
//! what happened to it. Sync, no I/O, `Send + Sync`: build it once, use it for every request of a service.
//!
//! ```
//! use promptopt::optimize::{Optimizer, Settings};
//!
//! let settings = Settings { model: Some("gpt-6-luna".to_owned()), ..Settings::default() };
//! let optimizer = Optimizer::new(settings)?;
//! let body = r#"{"model":"gpt-6-luna","messages":[{"role":"tool","tool_call_id":"1","content":"{ \"a\" : 1,  \"list\" : [ 1, 2, 3 ] }"}]}"#;
//! let optimized = optimizer.optimize(body)?;
//! assert!(optimized.text.contains(r#"{\"a\":1,\"list\":[1,2,3]}"#));
//! assert!(optimized.tokens_after < optimized.tokens_before);
//! # Ok::<(), promptopt::error::Error>(())
//! ```

pub mod bill;
pub mod compact;
pub mod retention;

mod compose;
mod economy;
mod goal;
mod input;
mod report;
mod table;
mod weigher;

use std::sync::Arc;

pub use goal::{Goal, Shortening};
pub use input::Form;
pub use report::{EditReport, Fate, Flag, Optimized, RequestReport};
pub use weigher::Weigher;

use crate::catalog::{Catalog, ModelSpec};
use crate::chat::ChatRequest;
use crate::compress::body::{Body, rewritten};
use crate::compress::request::Segments;
use crate::compress::{Counter, Edit, Options, Pass, Segment, SegmentKind};
use crate::error::{Error, Result};
use crate::text::json::{Json, Mistake};
use crate::tokens::memo::Memo;
use crate::usage::Conditions;

/// What the optimizer is to do.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which edits may be made.
    pub edits: Options,
    /// How short it is to become; lossy, so nothing by default.
    pub shortening: Shortening,
    /// Results of tools shortened as they arrive, and in batches; lossy, so not by default. Batches need a model with
    /// known prices.
    pub compaction: Option<compact::Options>,
    /// The model whose tokenizer, prices and cache rules count. Without it, the model that a request names.
    pub model: Option<String>,
    /// The model's host, where several offer it.
    pub host: Option<String>,
    /// The catalogue; the embedded one if not given.
    pub catalog: Option<Arc<Catalog>>,
}

/// Rewrites prompts. Cheap to share: all calls take `&self`.
#[derive(Debug)]
pub struct Optimizer {
    settings: Settings,
    memo: Memo,
}

impl Optimizer {
    /// Errors when a transform is named that does not exist, or a model that the catalogue does not know.
    pub fn new(settings: Settings) -> Result<Optimizer> {
        for name in settings.edits.with.iter().chain(&settings.edits.without) {
            crate::compress::transforms::by_name(name)?;
        }
        let optimizer = Optimizer { settings, memo: Memo::new() };
        if let Some(model) = &optimizer.settings.model {
            let (catalog, host) = (optimizer.catalog(), optimizer.settings.host.as_deref());
            if catalog.find(host, model).is_none() {
                return Err(catalog.unknown_model(host, model));
            }
        }
        Ok(optimizer)
    }

    /// Rewrites a text in whatever form it is: a request's JSON, JSON lines of requests or log entries that hold them, or a
    /// bare prompt. What comes out has the same form; lines and fields that hold no prompt stay as they are.
    ///
    /// Errors when JSON lines hold one that is no JSON.
    pub fn optimize(&self, text: &str) -> Result<Optimized> {
        self.optimize_as(text, Form::of(text))
    }

    /// The same for a text whose form is known.
    pub fn optimize_as(&self, text: &str, form: Form) -> Result<Optimized> {
        if form != Form::Prompt
            && let Some(rest) = text.strip_prefix(input::BOM)
        {
            let mut optimized = self.optimize_as(rest, form)?;
            optimized.text.insert(0, input::BOM);
            return Ok(optimized);
        }
        match form {
            Form::Prompt => self.prompt(text, SegmentKind::Prompt),
            Form::Json => self.json(text, None),
            Form::Lines => self.lines(text),
            Form::Csv => self.table(text),
        }
    }

    /// Counts made so far.
    fn memo(&self) -> &Memo {
        &self.memo
    }

    /// The catalogue in use.
    pub fn catalog(&self) -> &Catalog {
        self.settings.catalog.as_deref().unwrap_or_else(|| Catalog::embedded())
    }

    /// How a request's tokens are counted, given the model that it names.
    pub fn weigher<'a>(&'a self, named: Option<&'a str>) -> Weigher<'a> {
        let model = self.settings.model.as_deref().or(named);
        Weigher::new(self.catalog(), self.settings.host.as_deref(), model, &self.memo)
    }

    /// The same for a model on a host, whatever the settings say.
    pub fn weigher_on<'a>(&'a self, host: Option<&'a str>, model: Option<&'a str>) -> Weigher<'a> {
        Weigher::new(self.catalog(), host, model, &self.memo)
    }

    /// Whether it shortens, which is lossy.
    pub fn shortens(&self) -> bool {
        self.settings.shortening.goal.is_some()
    }

    /// A request that is read already: rewritten with its content kept and, if the settings ask for that, shortened as
    /// well; `None` where what is protected does not fit.
    pub fn rewrite(&self, request: &ChatRequest, weigher: &Weigher<'_>) -> Result<(ChatRequest, Option<ChatRequest>)> {
        let found = Segments::of(request);
        let edits = self.edits(&found.segments, weigher)?;
        let lossless = found.write(request, &edits);
        if !self.shortens() {
            return Ok((lossless, None));
        }
        let total = |edits: &[Edit]| weigher.weight(&found.write(request, edits));
        let shorter = self.all_edits(&found.segments, weigher, &total).ok();
        Ok((lossless, shorter.map(|edits| found.write(request, &edits))))
    }

    fn prompt(&self, text: &str, kind: SegmentKind) -> Result<Optimized> {
        let label = if kind == SegmentKind::Data { "the document" } else { "the prompt" };
        let segment = Segment { kind, label: label.to_owned(), message: 0, path: String::new(), text: text.into() };
        let weigher = self.weigher(None);
        let segments = [segment];
        let total = |edits: &[Edit]| weigher.text(&crate::compress::edit::apply(text, edits));
        let edits = self.all_edits(&segments, &weigher, &total)?;
        let report = RequestReport::new(None, &weigher, &segments, &edits);
        let text = crate::compress::edit::apply(text, &edits);
        Ok(Optimized::new(text, vec![report]))
    }

    fn table(&self, text: &str) -> Result<Optimized> {
        let table = table::read(text)?;
        let (mut changes, mut reports) = (Vec::new(), Vec::new());
        for (index, cell) in table.cells.iter().enumerate() {
            let optimized = self.prompt(&cell.text, SegmentKind::Prompt).map_err(|error| error.at_line(cell.line))?;
            if optimized.text != cell.text {
                changes.push((index, optimized.text));
            }
            reports.extend(optimized.requests.into_iter().map(|mut report| {
                report.line = Some(cell.line);
                report
            }));
        }
        Ok(Optimized::new(table.written(text, &changes)?, reports))
    }

    fn json(&self, text: &str, line: Option<u64>) -> Result<Optimized> {
        let json = Json::parse(text).map_err(|mistake| not_json(text, mistake))?;
        let bodies = Body::find(&json);
        if bodies.is_empty() {
            return match line {
                // A log has lines of other kinds; a request that has no text to rewrite has a form to keep.
                Some(_) => Ok(Optimized::new(text.to_owned(), Vec::new())),
                None if is_request(text, &json) => Ok(Optimized::new(text.to_owned(), Vec::new())),
                None => self.prompt(text, SegmentKind::Data),
            };
        }
        let mut changes = Vec::new();
        let mut reports = Vec::new();
        for body in &bodies {
            let weigher = self.weigher(body.model.as_deref());
            let total = |edits: &[Edit]| {
                weigher.request(&body.written(text, edits)).unwrap_or_else(|| weigher.texts(&body.segments, edits))
            };
            let edits = self.all_edits(&body.segments, &weigher, &total)?;
            body.changes(&edits, &mut changes);
            reports.push(RequestReport::new(line, &weigher, &body.segments, &edits));
        }
        Ok(Optimized::new(rewritten(text, changes), reports))
    }

    /// The edits of a request's segments that keep their content.
    pub fn edits(&self, segments: &[Segment<'_>], weigher: &Weigher<'_>) -> Result<Vec<Edit>> {
        walk(segments, &self.settings.edits, weigher, |_, _, edits| edits)
    }

    /// The same, none of which refers to another place or needs the rest of what it wrote: parts may be removed.
    fn divisible(&self, segments: &[Segment<'_>], weigher: &Weigher<'_>) -> Result<Vec<Edit>> {
        walk(segments, &self.settings.edits.divisible(), weigher, |_, _, edits| edits)
    }

    /// The edits of a request's segments with results of tools cut as they arrive. What is cut away is referred to by
    /// nothing: references are made to what stands there.
    pub fn cut(
        &self,
        segments: &[Segment<'_>],
        options: &compact::Options,
        weigher: &Weigher<'_>,
    ) -> Result<Vec<Edit>> {
        // Batches shorten what stood there for long: nothing may refer to it.
        let edits =
            if options.n_recent == usize::MAX { self.settings.edits.clone() } else { self.settings.edits.divisible() };
        walk(segments, &edits, weigher, |pass, at, edits| {
            let in_parts = || pass.look_in_parts(&segments[at]).edits;
            compact::cut_at_birth(segments, at, &edits, in_parts, options, &self.settings.edits.keep, weigher)
                .unwrap_or(edits)
        })
    }

    /// The edits of a whole request, with what the settings ask for beyond those that keep its content.
    fn all_edits(
        &self,
        segments: &[Segment<'_>],
        weigher: &Weigher<'_>,
        total: &dyn Fn(&[Edit]) -> u64,
    ) -> Result<Vec<Edit>> {
        let edits = match &self.settings.compaction {
            None => self.edits(segments, weigher)?,
            Some(options) => {
                let edits = self.cut(segments, options, weigher)?;
                // What is cut when it arrives breaks no cache, so nothing has to be weighed against its price.
                if options.n_recent == usize::MAX {
                    edits
                } else {
                    let prices = compact::prices(self.catalog(), weigher, &Conditions::default())?;
                    let plan = compact::plan(segments, &edits, prices, options, &self.settings.edits.keep, weigher);
                    compact::edits_at(&edits, &plan, usize::MAX - 1)
                }
            }
        };
        let Some(budget) = goal::budget(&self.settings.shortening, total) else { return Ok(edits) };
        if total(&edits) <= budget {
            return Ok(edits);
        }
        let divisible = self.divisible(segments, weigher)?;
        goal::fit(segments, &divisible, &self.settings.edits, &self.settings.shortening, budget, weigher, total)
    }

    fn lines(&self, text: &str) -> Result<Optimized> {
        let mut out = String::with_capacity(text.len());
        let mut reports = Vec::new();
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let line = whole.trim_end_matches(['\n', '\r']);
            if line.trim().is_empty() {
                out.push_str(whole);
                continue;
            }
            let number = index as u64 + 1;
            let optimized = self.json(line, Some(number)).map_err(|error| error.at_line(number))?;
            out.push_str(&optimized.text);
            out.push_str(&whole[line.len()..]);
            reports.extend(optimized.requests);
        }
        Ok(Optimized::new(out, reports))
    }
}

/// Whether some service would take it: an embedding request, say, is no data to be laid out anew.
fn is_request(text: &str, json: &Json<'_>) -> bool {
    let read = || serde_json::from_str(text).is_ok_and(|value| crate::dialect::read_request(&value).is_ok());
    json.root().get("model").is_some() || read()
}

/// Rewrites segments one after the other; `then` may change what is done to one before the next are rewritten.
fn walk(
    segments: &[Segment<'_>],
    options: &Options,
    weigher: &Weigher<'_>,
    mut then: impl FnMut(&Pass<'_>, usize, Vec<Edit>) -> Vec<Edit>,
) -> Result<Vec<Edit>> {
    let mut pass = Pass::new(options, weigher)?;
    let mut edits = Vec::new();
    let (standing, rest) = economy::standing(segments);
    for segment in standing {
        edits.extend(pass.feed(segment).edits);
    }
    if !economy::stays_cacheable(standing, &edits, weigher) {
        edits.clear();
        pass = Pass::new(options, weigher)?;
        for segment in standing {
            pass.show(segment, &[]);
        }
    }
    for (index, segment) in rest.iter().enumerate() {
        let own = then(&pass, standing.len() + index, pass.look(segment).edits);
        pass.show(segment, &own);
        edits.extend(own);
    }
    Ok(edits)
}

/// Names the place and what should stand there.
fn not_json(text: &str, mistake: Mistake) -> Error {
    let before = &text.as_bytes()[..mistake.offset.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() as u64 + 1;
    let error = Error::input(format!("no JSON: expected {} at column {column}", mistake.expected));
    let error = if line > 1 { error.at_line(line).at_column(column) } else { error };
    error.help("a prompt that is plain text is taken as it is if its name does not end in .json or .jsonl")
}

/// The model's row in the catalogue.
pub fn spec<'a>(catalog: &'a Catalog, host: Option<&str>, model: &str) -> Option<&'a ModelSpec> {
    catalog.find(host, model).or_else(|| catalog.find(None, model))
}
