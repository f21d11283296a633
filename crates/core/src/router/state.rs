//! What holds between two configurations: swapped whole, so that a call sees one or the other.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::compress::Guarantee;
use crate::compress::transforms::TRANSFORMS;
use crate::config::router::RouterSettings;
use crate::error::Result;
use crate::limit::Limits;
use crate::optimize::{Optimizer, Settings as OptimizerSettings};
use crate::route::Rules;
use crate::route::settings::Rewrite;

/// A configuration, ready to be gone by.
pub(super) struct State {
    pub settings: RouterSettings,
    pub rules: Rules,
    pub limits: Limits,
    identical: Optimizer,
    equivalent: Optimizer,
}

impl State {
    /// Errors at a condition of a route that cannot be read.
    pub(super) fn new(settings: RouterSettings, catalog: &Arc<Catalog>, limits: Limits) -> Result<State> {
        let rules = Rules::new(&settings.routes, &settings.providers, Arc::clone(catalog))?;
        let optimizer = |least: Guarantee| {
            let mut options = OptimizerSettings { catalog: Some(Arc::clone(catalog)), ..OptimizerSettings::default() };
            let beyond = TRANSFORMS.iter().filter(|transform| transform.guarantee > least);
            options.edits.without = beyond.map(|transform| transform.name.to_owned()).collect();
            Optimizer::new(options)
        };
        Ok(State {
            identical: optimizer(Guarantee::Identical)?,
            equivalent: optimizer(Guarantee::Equivalent)?,
            rules,
            limits,
            settings,
        })
    }

    /// What rewrites prompts as a route allows.
    pub(super) fn optimizer(&self, rewrite: Rewrite) -> Option<&Optimizer> {
        match rewrite {
            Rewrite::Off => None,
            Rewrite::Identical => Some(&self.identical),
            Rewrite::Equivalent => Some(&self.equivalent),
        }
    }
}
