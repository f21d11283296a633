//! A plan in words: for people, for headers, for the ledger.

use std::fmt::Write as _;

use serde::Serialize;

use super::plan::{RoutePlan, Step};
use crate::catalog::Unpriced;
use crate::usd::Usd;

/// A plan, to be shown or stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The route.
    pub route: String,
    /// How its targets are ordered.
    pub objective: &'static str,
    /// Targets in their order.
    pub steps: Vec<ExplainedStep>,
    /// `provider/model: why not`.
    pub rejected: Vec<String>,
    /// Conditions that could not be told.
    pub unclear: Vec<String>,
}

/// One target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedStep {
    /// `provider/model`, with the tier if it is not the standard one.
    pub target: String,
    /// Expected cost in US dollars, or why there is none.
    pub expected_usd: Result<String, String>,
    /// The most that it can cost.
    pub ceiling_usd: Result<String, String>,
    /// Input tokens.
    pub input_tokens: u64,
    /// Of which are expected to be read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Output tokens expected.
    pub output_tokens: u64,
    /// The most output tokens.
    pub max_output_tokens: u64,
    /// Cache breakpoints are put in.
    pub sets_breakpoints: bool,
    /// Asked only when those before have failed.
    pub is_fallback: bool,
}

impl RoutePlan {
    /// In words.
    pub fn explain(&self) -> Explained {
        let usd = |usd: &Result<Usd, Unpriced>| usd.as_ref().map(|usd| usd.to_decimal()).map_err(ToString::to_string);
        let step = |step: &Step| ExplainedStep {
            target: step.target.to_string(),
            expected_usd: usd(&step.expected),
            ceiling_usd: usd(&step.ceiling),
            input_tokens: step.input,
            cache_read_tokens: step.cache_read,
            output_tokens: step.output,
            max_output_tokens: step.max_output,
            sets_breakpoints: step.sets_breakpoints,
            is_fallback: step.is_fallback,
        };
        Explained {
            route: self.route.name.to_string(),
            objective: self.objective,
            steps: self.steps.iter().map(step).collect(),
            rejected: self.rejected.iter().map(ToString::to_string).collect(),
            unclear: self.unclear.clone(),
        }
    }

    /// In one line, for a header: `support: openai/gpt-5-mini $0.0012 > groq/llama-3.3-70b $0.0015; not azure/gpt-5`.
    pub fn line(&self) -> String {
        let mut line = format!("{}:", self.route.name);
        for (index, step) in self.steps.iter().enumerate() {
            let arrow = if index == 0 { "" } else { " >" };
            let _in_memory = match &step.expected {
                Ok(usd) => write!(line, "{arrow} {} ${}", step.target, usd.to_decimal()),
                Err(_) => write!(line, "{arrow} {} unpriced", step.target),
            };
        }
        for (index, rejected) in self.rejected.iter().enumerate() {
            let begin = if index == 0 { "; not" } else { "," };
            let _in_memory = write!(line, "{begin} {}/{}", rejected.provider, rejected.model);
        }
        // A header takes visible ASCII; names may hold anything.
        line.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
    }
}
