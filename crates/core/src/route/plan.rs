//! The plan of a call: the route whose condition holds, its targets in the order of the objective, each with what it is expected to cost
//! and the most it can, and for the rest why not.
//!
//! Cost: one weighing a model (texts met before are not counted again), one walk over the prompt's edges a target.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::candidates::{Candidate, Wanted, candidates};
use super::condition::{CallerFacts, Condition, Facts, PreparedFacts, RequestFacts, TimeFacts};
use super::needs::lacks;
use super::objectives;
use super::price::{ASSUMED_OUTPUT, Asked};
use super::prompt_caches::{self, Known, Prompt, PromptCaches, Weighed};
use super::settings::{RouteSpec, Target};
use crate::catalog::{CacheTrigger, Catalog, Unpriced};
use crate::chat::{AnswerFormat, ChatRequest, Content, Dialect, Reasoning};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::framing::{self, Profile};
use crate::labels::Labels;
use crate::prefix_cache::Hit;
use crate::tokens::memo::Memo;
use crate::upstream::settings::ProviderSettings;
use crate::usage::ServiceTier;
use crate::usd::Usd;

/// From this deadline on, a tier that answers when capacity is free will do.
const FLEX_FROM: Duration = Duration::from_secs(600);

/// Routes, compiled, with what they choose from.
pub struct Rules {
    pub(super) catalog: Arc<Catalog>,
    providers: BTreeMap<Arc<str>, ProviderSettings>,
    routes: Vec<Route>,
    /// Taken when no condition holds.
    rest: Route,
}

struct Route {
    spec: Arc<RouteSpec>,
    condition: Option<Condition>,
}

/// What is remembered of earlier calls. Looked up, never written, while a plan is made.
pub struct State<'a> {
    /// What providers' prompt caches hold.
    pub prompt_caches: &'a PromptCaches,
    /// Usual time to the first byte at a target.
    pub latency: &'a dyn Fn(&Target) -> Option<Duration>,
    /// Whether a target is asked now, or left alone for a while.
    pub is_open: &'a dyn Fn(&Target) -> bool,
    /// Usual output of calls of this template.
    pub expected_output: Option<u64>,
    /// What is left of the budgets that the call counts to, in thousandths, by name.
    pub budget_left: &'a dyn Fn() -> BTreeMap<String, i64>,
}

/// What a plan is made for.
pub struct PlanInput<'a> {
    /// The request.
    pub request: &'a ChatRequest,
    /// Who asks.
    pub labels: &'a Labels,
    /// The answer is wanted as a stream.
    pub is_stream: bool,
    /// When.
    pub at: Timestamp,
    /// By when an answer is needed, if the caller says so; else the route's.
    pub deadline: Option<Duration>,
    /// Counts made before.
    pub memo: &'a Memo,
    /// What is known of this request's prompt.
    pub known: &'a Known,
    /// What is remembered.
    pub state: State<'a>,
}

/// Where a call goes, and why.
#[derive(Clone, Debug)]
pub struct RoutePlan {
    /// The route.
    pub route: Arc<RouteSpec>,
    /// The objective's name.
    pub objective: &'static str,
    /// Targets, the first to be asked first.
    pub steps: Vec<Step>,
    /// Places that cannot or may not answer.
    pub rejected: Vec<Rejected>,
    /// Conditions that could not be told, with why.
    pub unclear: Vec<String>,
    prompt: Arc<Prompt>,
}

/// One target of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where.
    pub target: Target,
    /// What it is expected to cost.
    pub expected: Result<Usd, Unpriced>,
    /// The most that it can cost.
    pub ceiling: Result<Usd, Unpriced>,
    /// Input tokens, as counted for this model.
    pub input: u64,
    /// Bounds of that count.
    pub input_bounds: (u64, u64),
    /// Input tokens that are expected to be read from the provider's prompt cache.
    pub cache_read: u64,
    /// Output tokens that the expected cost is made with.
    pub output: u64,
    /// The most output tokens that a call can have.
    pub max_output: u64,
    /// Cache breakpoints are put in.
    pub sets_breakpoints: bool,
    /// Asked only when those before have failed.
    pub is_fallback: bool,
    /// It is failing, or asked to be left alone for a while: all others are asked first.
    pub is_cooling: bool,
    weighed: Arc<Weighed>,
}

/// A place that cannot or may not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The provider.
    pub provider: Arc<str>,
    /// The model.
    pub model: Arc<str>,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: {}", self.provider, self.model, self.reason)
    }
}

/// A choice, as objectives see it.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub index: usize,
    pub target: Target,
    pub expected: Result<Usd, Unpriced>,
    pub cache_read: u64,
    pub latency: Option<Duration>,
    pub weight: u32,
    pub quality: Option<u16>,
}

impl Rules {
    /// Compiles the routes. Errors at a condition that cannot be read.
    pub fn new(routes: &[RouteSpec], providers: &[ProviderSettings], catalog: Arc<Catalog>) -> Result<Rules> {
        let compiled = routes.iter().map(|spec| {
            let condition = spec.when.as_deref().map(Condition::new).transpose();
            let condition = condition.map_err(|error| error.in_field(&format!("routes.{}", spec.name)))?;
            Ok(Route { spec: Arc::new(spec.clone()), condition })
        });
        Ok(Rules {
            catalog,
            providers: providers.iter().map(|provider| (Arc::clone(&provider.name), provider.clone())).collect(),
            routes: compiled.collect::<Result<_>>()?,
            rest: Route {
                spec: Arc::new(RouteSpec { name: "default".into(), ..RouteSpec::default() }),
                condition: None,
            },
        })
    }

    /// A provider by its name.
    pub fn provider(&self, name: &str) -> Option<&ProviderSettings> {
        self.providers.get(name)
    }

    pub(super) fn providers(&self) -> impl Iterator<Item = &ProviderSettings> {
        self.providers.values()
    }

    pub(super) fn route(&self, name: &str) -> Option<&RouteSpec> {
        self.routes.iter().map(|route| &*route.spec).find(|spec| *spec.name == *name)
    }

    /// The route of a call, and the conditions that could not be told.
    fn route_of(&self, input: &PlanInput<'_>) -> (Arc<RouteSpec>, Vec<String>) {
        let mut unclear = Vec::new();
        if self.routes.iter().all(|route| route.condition.is_none()) {
            return (Arc::clone(&self.routes.first().unwrap_or(&self.rest).spec), unclear);
        }
        let asks_for_tokens =
            self.routes.iter().filter_map(|route| route.condition.as_ref()).any(Condition::asks_for_tokens);
        let facts = PreparedFacts::of(&self.facts(input, asks_for_tokens));
        for route in &self.routes {
            match route.condition.as_ref().map_or(Ok(true), |condition| condition.holds(&facts)) {
                Ok(true) => return (Arc::clone(&route.spec), unclear),
                Ok(false) => {}
                Err(why) => unclear.push(format!("{}: {why}", route.spec.name)),
            }
        }
        (Arc::clone(&self.rest.spec), unclear)
    }

    /// The plan of a call.
    pub fn plan(&self, input: &PlanInput<'_>) -> RoutePlan {
        let (route, unclear) = self.route_of(input);
        let asked = input.request.model.as_deref().unwrap_or_default();
        let wanted = Wanted {
            asked,
            tier: input.request.service_tier.as_deref().and_then(ServiceTier::from_wire),
            may_be_slow: input.deadline.or(route.deadline).is_some_and(|deadline| deadline >= FLEX_FROM),
        };
        let (places, mut rejected) = candidates(self, &route, &wanted);
        let prompt = input.known.prompt(input.request);
        let (mut steps, mut choices) = (Vec::new(), Vec::new());
        for place in places {
            match self.step(&place, &route, input, &prompt) {
                Ok(step) => {
                    choices.push(Choice {
                        index: steps.len(),
                        target: step.target.clone(),
                        expected: step.expected.clone(),
                        cache_read: step.cache_read,
                        latency: (input.state.latency)(&step.target),
                        weight: place.weight,
                        quality: place.quality,
                    });
                    steps.push(Some(step));
                }
                Err(reason) => rejected.push(Rejected {
                    provider: Arc::clone(&place.target.provider),
                    model: Arc::clone(&place.target.model),
                    reason,
                }),
            }
        }
        let objective = objectives::of(&route.objective);
        let (fallbacks, mut first): (Vec<Choice>, Vec<Choice>) =
            choices.into_iter().partition(|choice| steps[choice.index].as_ref().is_some_and(|step| step.is_fallback));
        (objective.order)(&route.objective, &mut first, seed(&prompt, input));
        let order = first.into_iter().chain(fallbacks);
        let mut steps: Vec<Step> = order.filter_map(|choice| steps[choice.index].take()).collect();
        // Those that are left alone for a while come last and not never: when their turn comes they may be asked again, and if not,
        // the error says when.
        steps.sort_by_key(|step| step.is_cooling);
        RoutePlan { route, objective: objective.name, steps, rejected, unclear, prompt }
    }

    fn step<'s>(
        &'s self,
        place: &Candidate<'s>,
        route: &RouteSpec,
        input: &PlanInput<'_>,
        prompt: &Prompt,
    ) -> Result<Step, String> {
        let (request, spec, target) = (input.request, place.spec, &place.target);
        let day = input.at.to_zoned(TimeZone::UTC).date();
        if let Some(shutdown) = spec.shutdown.filter(|shutdown| *shutdown < day) {
            return Err(format!("it was shut down on {shutdown}"));
        }
        if let Some(lacks) = lacks(request, spec) {
            return Err(format!("it does not offer {lacks}"));
        }
        if request.dialect == Dialect::Embeddings && place.provider.dialect != Dialect::Chat {
            return Err("its provider has no embeddings in OpenAI's dialect".to_owned());
        }
        let profile = Profile::of_spec(spec);
        let weigh = || Weighed::of(framing::weigh(request, profile, input.memo), prompt);
        let weighed = &input.known.weighed(&profile, weigh);
        let weight = &weighed.weight;
        let total = weight.total();
        let (low, high) = (weight.low.min(total), weight.high.max(total));
        if let Some(context) = spec.context.filter(|context| low > *context) {
            return Err(format!("the prompt has {total} tokens, its context window {context}"));
        }
        let model_most = spec.max_output.or(spec.context);
        let max_output = match (request.max_output, model_most) {
            (Some(asked), Some(most)) => asked.min(most),
            (Some(asked), None) => asked,
            (None, most) => most.unwrap_or(u64::MAX),
        };
        let usual = input.state.expected_output.or(route.expected_output).unwrap_or(ASSUMED_OUTPUT);
        let output = usual.min(max_output).saturating_mul(u64::from(request.n_answers.max(1)));
        let rule = prompt_caches::rule(&self.catalog, spec, prompt);
        let is_explicit = rule.is_some_and(|rule| rule.trigger == CacheTrigger::Explicit);
        let may_set = route.breakpoints && is_explicit && !prompt.has_breakpoints();
        let at_us = input.at.as_microsecond();
        let peek = |sets| {
            rule.map_or_else(Hit::default, |rule| {
                input.state.prompt_caches.peek(rule, target, prompt, weighed, at_us, sets)
            })
        };
        let asked =
            Asked { catalog: &self.catalog, spec, target, region: place.provider.region.as_deref(), at: input.at };
        let (hit, sets_breakpoints) = if may_set {
            // A write costs more than fresh input: it pays if the prompt is met again. The first call of a conversation, or of a
            // template with a standing part, is; so it is set whenever there is something long enough to be kept.
            let hit = peek(true);
            if hit.cacheable > 0 { (hit, true) } else { (peek(false), false) }
        } else {
            (peek(false), false)
        };
        let tiers: Vec<ServiceTier> =
            place.provider.tiers.iter().copied().chain([target.tier, ServiceTier::Standard]).collect();
        let tiers = may_serve(&tiers, target.tier, request.service_tier.as_deref());
        let ceiling = if max_output == u64::MAX {
            Err(Unpriced::NoRate {
                model: spec.id.to_string(),
                what: "output without a limit (neither the request nor the model has one)".to_owned(),
            })
        } else {
            asked.ceiling(request, weight, max_output, &tiers)
        };
        Ok(Step {
            expected: asked.expected(total, &hit, output),
            ceiling,
            input: total,
            input_bounds: (low, high),
            cache_read: hit.expected,
            output,
            max_output,
            sets_breakpoints,
            is_fallback: place.is_fallback,
            is_cooling: !(input.state.is_open)(target),
            target: target.clone(),
            weighed: Arc::clone(weighed),
        })
    }

    /// A call was sent to a step of its plan: the provider's prompt cache has its prompt now.
    pub fn sent(&self, plan: &RoutePlan, step: &Step, caches: &PromptCaches, at: Timestamp) {
        let Some(spec) = self.catalog.find(Some(&step.target.host), &step.target.model) else { return };
        let Some(rule) = prompt_caches::rule(&self.catalog, spec, &plan.prompt) else { return };
        let at_us = at.as_microsecond();
        caches.sent(rule, &step.target, &plan.prompt, &step.weighed, at_us, step.sets_breakpoints);
    }

    fn facts(&self, input: &PlanInput<'_>, counts_tokens: bool) -> Facts {
        let request = input.request;
        let model = request.model.clone().unwrap_or_default();
        let tokens = if counts_tokens {
            framing::weigh(request, Profile::of(&self.catalog, None, &model), input.memo).total()
        } else {
            0
        };
        let has = |wanted: fn(&Content) -> bool| request.parts().any(|part| wanted(&part.content));
        let temperature = request.parameters.iter().find(|(name, _)| &**name == "temperature");
        let now = input.at.to_zoned(TimeZone::UTC);
        let caller = &input.labels.caller;
        Facts {
            request: RequestFacts {
                dialect: request.dialect.name(),
                kind: if request.dialect == Dialect::Embeddings { "embedding" } else { "chat" },
                tokens: whole(tokens),
                max_output: whole(request.max_output.unwrap_or(0)),
                n_messages: whole(request.messages.len() as u64),
                n_tools: whole(request.tools.len() as u64),
                n_answers: i64::from(request.n_answers.max(1)),
                has_images: has(|content| matches!(content, Content::Image(_))),
                has_audio: has(|content| matches!(content, Content::Audio { .. })),
                has_files: has(|content| matches!(content, Content::File { .. })),
                wants_json: !matches!(request.answer_format, AnswerFormat::Text),
                reasoning: match &request.reasoning {
                    Some(Reasoning::Effort(effort)) => Arc::clone(effort),
                    Some(Reasoning::Budget(_) | Reasoning::On) => "on".into(),
                    Some(Reasoning::Off) | None => "".into(),
                },
                temperature_milli: temperature
                    .and_then(|(_, value)| value.as_f64())
                    .map_or(-1, |t| (t * 1000.0).round() as i64),
                is_stream: input.is_stream,
                tier: request.service_tier.clone().unwrap_or_default(),
                model,
            },
            caller: CallerFacts {
                tenant: Arc::clone(&caller.tenant.0),
                id: caller.id.clone().unwrap_or_default(),
                team: caller.team.clone().unwrap_or_default(),
            },
            tags: caller.tags.clone(),
            time: TimeFacts {
                hour: i64::from(now.hour()),
                minute: i64::from(now.minute()),
                weekday: i64::from(now.weekday().to_monday_one_offset()),
                date: now.date().to_string(),
            },
            budget: (input.state.budget_left)(),
        }
    }
}

/// The tiers that may serve a call, and be billed: the one asked for; with `auto`, whatever the account allows.
fn may_serve(allowed: &[ServiceTier], asked: ServiceTier, written: Option<&str>) -> Vec<ServiceTier> {
    let is_open = written.is_some_and(|written| ServiceTier::from_wire(written).is_none());
    let mut tiers = if is_open { allowed.to_vec() } else { vec![asked, ServiceTier::Standard] };
    tiers.sort_unstable();
    tiers.dedup();
    tiers
}

/// A number that is the same for one caller and prompt.
fn seed(prompt: &Prompt, input: &PlanInput<'_>) -> u64 {
    let tenant = &input.labels.caller.tenant.0;
    xxhash_rust::xxh3::xxh3_64_with_seed(tenant.as_bytes(), prompt.first_digest())
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
