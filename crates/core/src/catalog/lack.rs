//! Why a price was not found, until somebody asks for it in words: an estimate tries tiers that a model may not have
//! for every call, and mostly wants to know no more than that there is none.

use jiff::civil::Date;

use super::{ModelSpec, TokenClass, Unpriced};
use crate::usage::ServiceTier;

/// What a model has no price for.
#[derive(Clone, Copy)]
pub(super) enum Lack {
    /// It has no prices.
    Anything,
    /// This day.
    Day(Date),
    /// The tier, for prompts above so many tokens.
    Tier(ServiceTier, u64),
    /// The class on a tier.
    Class(TokenClass, ServiceTier),
    /// Web searches.
    WebSearches,
    /// The amount left the range of money.
    Range,
}

impl Lack {
    /// In words, for a model.
    pub(super) fn of(self, spec: &ModelSpec) -> Unpriced {
        let what = match self {
            Lack::Anything => "anything".to_owned(),
            Lack::Day(day) => return Unpriced::NoSheet { model: spec.id.to_string(), day: day.to_string() },
            Lack::Tier(tier, 0) => format!("the {tier} tier"),
            Lack::Tier(tier, above) => format!("the {tier} tier above {above} tokens of input"),
            Lack::Class(class, tier) => format!("{}, {tier}", class.words()),
            Lack::WebSearches => "web searches".to_owned(),
            Lack::Range => return Unpriced::Overflow,
        };
        Unpriced::NoRate { model: spec.id.to_string(), what }
    }
}
