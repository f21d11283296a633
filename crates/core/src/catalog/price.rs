//! What a call costs: usage × the rates that hold for its day, hour, prompt length, tier and region. Integer arithmetic;
//! the total is the sum of the lines. What has no known rate is [`Unpriced`], with the class and tier that lack it.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::lack::Lack;
use super::{
    Band, CacheTrigger, Catalog, Cell, Cost, CostLine, ModelSpec, PriceSheet, RateCard, TokenClass, Unpriced, Window,
};
use crate::clock::Timestamp;
use crate::usage::{Conditions, ServiceTier, Usage};
use crate::usd::Usd;

impl Catalog {
    /// The cost of a call on a model under its conditions.
    ///
    /// The sheet is chosen by day, the window by hour, the band by the whole prompt (cache reads and writes included); the
    /// band then holds for the whole request. A tier without prices is unpriced: it is never billed as another tier.
    pub fn price(&self, spec: &ModelSpec, usage: &Usage, conditions: &Conditions) -> Result<Cost, Unpriced> {
        let mut lines = Vec::new();
        let total = self.bill(spec, usage, conditions, |line| lines.push(line)).map_err(|lack| lack.of(spec))?;
        Ok(Cost { lines, total })
    }

    /// The total of [`price`](Self::price), for those who need no lines.
    pub fn total(&self, spec: &ModelSpec, usage: &Usage, conditions: &Conditions) -> Result<Usd, Unpriced> {
        self.bill(spec, usage, conditions, drop).map_err(|lack| lack.of(spec))
    }

    /// The same, for those who do not want to know why there is none.
    pub fn known_total(&self, spec: &ModelSpec, usage: &Usage, conditions: &Conditions) -> Option<Usd> {
        self.bill(spec, usage, conditions, drop).ok()
    }

    /// Gives the lines one by one; answers their sum.
    fn bill(
        &self,
        spec: &ModelSpec,
        usage: &Usage,
        conditions: &Conditions,
        mut give: impl FnMut(CostLine),
    ) -> Result<Usd, Lack> {
        let sheet = sheet_at(spec, conditions.at)?;
        let n_calls = conditions.n_calls.unwrap_or(1).max(1);
        let card = self.card(spec, sheet, usage.input() / n_calls, conditions)?;
        let factor = region_factor(sheet, conditions.region.as_deref());
        let mut total = Usd::ZERO;
        let mut add = |class: Option<TokenClass>, n_units: u64, rate: Usd| {
            let usd = rate.checked_mul(n_units).map_err(|_| Lack::Range)?;
            total = total.checked_add(usd).map_err(|_| Lack::Range)?;
            give(CostLine { class, n_units, rate, usd });
            Ok(())
        };
        for (class, n_tokens) in tokens_by_class(usage) {
            if n_tokens > 0 {
                let rate = card.rate(class)?.checked_scale(i128::from(factor), 1000).map_err(|_| Lack::Range)?;
                add(Some(class), n_tokens, rate)?;
            }
        }
        if let Some(fee) = &sheet.fees.request {
            add(None, n_calls, fee.rate)?;
        }
        if usage.web_searches > 0 {
            let fee = sheet.fees.web_search.as_ref().ok_or(Lack::WebSearches)?;
            add(None, usage.web_searches, fee.rate)?;
        }
        Ok(total)
    }

    /// The rate of one class under conditions, as [`price`](Self::price) would take it for a prompt of so many tokens.
    pub fn rate(
        &self,
        spec: &ModelSpec,
        class: TokenClass,
        n_prompt_tokens: u64,
        conditions: &Conditions,
    ) -> Result<Usd, Unpriced> {
        self.rates(spec, n_prompt_tokens, conditions)?.rate(class)
    }

    /// All rates under conditions: [`rate`](Self::rate) for those who ask for several.
    pub fn rates<'a>(
        &'a self,
        spec: &'a ModelSpec,
        n_prompt_tokens: u64,
        conditions: &Conditions,
    ) -> Result<Rates<'a>, Unpriced> {
        let sheet = sheet_at(spec, conditions.at).map_err(|lack| lack.of(spec))?;
        let card = self.card(spec, sheet, n_prompt_tokens, conditions).map_err(|lack| lack.of(spec))?;
        let fee = sheet.fees.request.as_ref().map_or(Usd::ZERO, |fee| fee.rate);
        Ok(Rates { card, factor: region_factor(sheet, conditions.region.as_deref()), fee })
    }

    /// The card in force, with what it takes to read it.
    fn card<'a>(
        &'a self,
        spec: &'a ModelSpec,
        sheet: &'a PriceSheet,
        n_prompt_tokens: u64,
        conditions: &Conditions,
    ) -> Result<Card<'a>, Lack> {
        let bands = bands_at(sheet, conditions.at);
        Ok(Card {
            catalog: self,
            spec,
            rates: card_for(bands, n_prompt_tokens, conditions.tier)?,
            base: bands.first().and_then(|band| band.tiers.get(&ServiceTier::Standard)),
            tier: conditions.tier,
        })
    }
}

/// The rates in force for a model under conditions.
pub struct Rates<'a> {
    card: Card<'a>,
    factor: u32,
    fee: Usd,
}

impl Rates<'_> {
    /// The rate of one class.
    pub fn rate(&self, class: TokenClass) -> Result<Usd, Unpriced> {
        self.scaled(self.card.rate(class).map_err(|lack| lack.of(self.card.spec))?)
    }

    /// The same, for those who do not want to know why there is none.
    pub fn known(&self, class: TokenClass) -> Option<Usd> {
        self.scaled(self.card.known(class)?).ok()
    }

    /// The fee for a request; zero if there is none.
    pub fn fee(&self) -> Usd {
        self.fee
    }

    fn scaled(&self, rate: Usd) -> Result<Usd, Unpriced> {
        rate.checked_scale(i128::from(self.factor), 1000).map_err(|_| Unpriced::Overflow)
    }
}

/// The sheet that holds on the day of the call; the newest if the day is not known.
fn sheet_at(spec: &ModelSpec, at: Option<Timestamp>) -> Result<&PriceSheet, Lack> {
    let newest = || spec.prices.last().ok_or(Lack::Anything);
    let Some(at) = at else { return newest() };
    newest()?;
    let day = at.to_zoned(TimeZone::UTC).date();
    spec.prices.iter().rev().find(|sheet| sheet.holds_on(day)).ok_or(Lack::Day(day))
}

impl PriceSheet {
    /// True from the first to the last day, both included; open where a day is not known.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

fn bands_at(sheet: &PriceSheet, at: Option<Timestamp>) -> &[Band] {
    let window = at.and_then(|at| sheet.windows.iter().find(|window| window.is_open(at)));
    window.map_or(&sheet.bands, |window| &window.bands)
}

impl Window {
    /// True if the instant lies in the window.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let at = at.to_zoned(TimeZone::UTC);
        let minute = u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs());
        let today = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs()) % 7;
        let yesterday = (today + 6) % 7;
        if self.from_minute < self.to_minute {
            return self.days[today] && (self.from_minute..self.to_minute).contains(&minute);
        }
        (self.days[today] && minute >= self.from_minute) || (self.days[yesterday] && minute < self.to_minute)
    }
}

fn card_for(bands: &[Band], n_prompt: u64, tier: ServiceTier) -> Result<&RateCard, Lack> {
    let band = bands.iter().rev().find(|band| band.above == 0 || n_prompt > band.above);
    let band = band.ok_or(Lack::Anything)?;
    band.tiers.get(&tier).ok_or(Lack::Tier(tier, band.above))
}

/// The region by its name first, in whatever case; then `regional` for any named region but the global one.
fn region_factor(sheet: &PriceSheet, region: Option<&str>) -> u32 {
    let Some(region) = region else { return 1000 };
    let listed = |wanted: &str| {
        sheet.regions.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, factor)| *factor)
    };
    let named = || listed("regional").filter(|_| !region.eq_ignore_ascii_case("global"));
    listed(region).or_else(named).unwrap_or(1000)
}

/// The disjoint counters by class. A part that exceeds its whole (flagged when it was read) leaves nothing of the whole.
fn tokens_by_class(usage: &Usage) -> [(TokenClass, u64); 11] {
    let media_in = usage.of_which_audio_in.saturating_add(usage.of_which_image_in);
    let media_out = usage.of_which_audio_out.saturating_add(usage.of_which_image_out);
    [
        (TokenClass::Input, usage.input_fresh.saturating_sub(media_in)),
        (TokenClass::AudioIn, usage.of_which_audio_in),
        (TokenClass::ImageIn, usage.of_which_image_in),
        (TokenClass::CacheRead, usage.cache_read.saturating_sub(usage.of_which_audio_cached)),
        (TokenClass::AudioCached, usage.of_which_audio_cached),
        (TokenClass::CacheWriteShort, usage.cache_write_short),
        (TokenClass::CacheWriteLong, usage.cache_write_long),
        (TokenClass::Output, usage.output_visible.saturating_sub(media_out)),
        (TokenClass::AudioOut, usage.of_which_audio_out),
        (TokenClass::ImageOut, usage.of_which_image_out),
        (TokenClass::Reasoning, usage.output_reasoning),
    ]
}

struct Card<'a> {
    catalog: &'a Catalog,
    spec: &'a ModelSpec,
    rates: &'a RateCard,
    /// The standard card of the same bands: it says which classes have a price of their own on this model.
    base: Option<&'a RateCard>,
    tier: ServiceTier,
}

impl Card<'_> {
    /// The class's own rate, or that of the class it is billed as.
    fn rate(&self, class: TokenClass) -> Result<Usd, Lack> {
        self.known(class).ok_or(Lack::Class(class, self.tier))
    }

    fn known(&self, class: TokenClass) -> Option<Usd> {
        let mut billed_as = class;
        loop {
            if let Some(Cell { rate, .. }) = self.rates.cells.get(&billed_as) {
                return Some(*rate);
            }
            // Priced apart at the standard tier, so it is here as well: at a price that is not known.
            let apart = self.base.is_some_and(|base| base.cells.contains_key(&billed_as));
            billed_as = self.stands_in(billed_as).filter(|_| !apart)?;
        }
    }

    /// A provider that caches by itself and lists no price for it bills what it writes as the fresh input it is.
    fn writes_are_free(&self) -> bool {
        let charges = |class| self.base.is_some_and(|base| base.cells.contains_key(&class));
        self.caches_by_itself() && !charges(TokenClass::CacheWriteShort) && !charges(TokenClass::CacheWriteLong)
    }

    fn caches_by_itself(&self) -> bool {
        let rule = self.spec.cache.as_ref().and_then(|name| self.catalog.cache_rules.get(name));
        rule.is_some_and(|rule| rule.trigger != CacheTrigger::Explicit)
    }

    /// What a class without a price of its own is billed as.
    fn stands_in(&self, class: TokenClass) -> Option<TokenClass> {
        match class {
            TokenClass::Reasoning | TokenClass::AudioOut | TokenClass::ImageOut => Some(TokenClass::Output),
            TokenClass::AudioIn | TokenClass::ImageIn => Some(TokenClass::Input),
            TokenClass::AudioCached => Some(TokenClass::CacheRead),
            TokenClass::CacheWriteShort | TokenClass::CacheWriteLong if self.writes_are_free() => {
                Some(TokenClass::Input)
            }
            TokenClass::CacheWriteShort
            | TokenClass::CacheWriteLong
            | TokenClass::CacheRead
            | TokenClass::Input
            | TokenClass::Output => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(host: &str, model: &str, usage: Usage, conditions: &Conditions, usd: &str) {
        let catalog = Catalog::embedded();
        let spec = catalog.find(Some(host), model).unwrap();
        let cost = catalog.price(spec, &usage, conditions).unwrap();
        assert_eq!(cost.total, Usd::parse(usd).unwrap(), "{host} {model}");
        assert_eq!(cost.total, cost.lines.iter().map(|line| line.usd).sum());
        assert_eq!(catalog.total(spec, &usage, conditions), Ok(cost.total));
    }

    fn at(instant: &str) -> Conditions {
        Conditions { at: Some(instant.parse().unwrap()), ..Conditions::default() }
    }

    fn tier(tier: ServiceTier) -> Conditions {
        Conditions { tier, ..Conditions::default() }
    }

    #[test]
    fn cached_and_fresh_tokens_have_their_own_prices() {
        let usage =
            Usage { input_fresh: 74, cache_read: 128, output_visible: 80, output_reasoning: 125, ..Usage::default() };
        // What xAI billed: 6,306,000 ticks of 10⁻¹⁰ USD.
        check("xai", "grok-4.3", usage, &Conditions::default(), "0.0006306");
    }

    #[test]
    fn the_band_is_chosen_by_the_whole_prompt_and_holds_for_the_whole_request() {
        let usage = |fresh, cached| Usage {
            input_fresh: fresh,
            cache_read: cached,
            output_visible: 1_000_000,
            ..Usage::default()
        };
        check("anthropic", "claude-haiku-5-5", usage(100_000, 0), &Conditions::default(), "0.51");
        check("anthropic", "claude-haiku-5-5", usage(100_000, 1), &Conditions::default(), "2.55000005");
    }

    #[test]
    fn the_sheet_is_chosen_by_day() {
        let usage = Usage { input_fresh: 1_000_000, output_visible: 1_000_000, ..Usage::default() };
        check("deepseek", "deepseek-chat", usage, &at("2026-04-10T06:25:48Z"), "0.7");
        check("deepseek", "deepseek-chat", usage, &at("2026-05-28T17:29:47Z"), "0.42");
        check("deepseek", "deepseek-chat", usage, &at("2025-09-10T00:00:00Z"), "2.24");
    }

    #[test]
    fn windows_open_at_peak_hours_of_working_days() {
        let usage = Usage { input_fresh: 1_000_000, ..Usage::default() };
        // A Friday, a Saturday.
        check("deepseek", "deepseek-flash", usage, &at("2026-11-20T03:59:59Z"), "0.3");
        check("deepseek", "deepseek-flash", usage, &at("2026-11-20T04:00:00Z"), "0.15");
        check("deepseek", "deepseek-flash", usage, &at("2026-11-21T03:00:00Z"), "0.15");
        // Over midnight.
        check("deepseek", "deepseek-chat", usage, &at("2025-07-01T00:29:00Z"), "0.135");
        check("deepseek", "deepseek-chat", usage, &at("2025-07-01T00:30:00Z"), "0.27");
    }

    #[test]
    fn tiers_and_regions_have_their_own_prices() {
        let usage = Usage { input_fresh: 1_000_000, ..Usage::default() };
        check("anthropic", "claude-opus-5-5", usage, &tier(ServiceTier::Batch), "2");
        check("anthropic", "claude-opus-5-5", usage, &tier(ServiceTier::Fast), "8");
        let us = Conditions { region: Some("us".to_owned()), ..Conditions::default() };
        check("anthropic", "claude-opus-5-5", usage, &us, "4.4");
        let loud = Conditions { region: Some("US".to_owned()), ..Conditions::default() };
        check("anthropic", "claude-opus-5-5", usage, &loud, "4.4");
    }

    #[test]
    fn global_is_global_in_any_case() {
        let spec = Catalog::embedded().models.iter();
        let mut sheets = spec.flat_map(|spec| &spec.prices).filter(|sheet| sheet.regions.contains_key("regional"));
        let sheet = sheets.next().unwrap();
        let plain = region_factor(sheet, Some("global"));
        assert_eq!(region_factor(sheet, Some("GLOBAL")), plain);
        assert_eq!(region_factor(sheet, Some("Europe-West4")), region_factor(sheet, Some("europe-west4")));
        assert_ne!(region_factor(sheet, Some("Europe-West4")), plain);
    }

    #[test]
    fn what_has_no_rate_is_unpriced() {
        let catalog = Catalog::embedded();
        let why = |model: &str, usage: Usage, conditions: &Conditions| {
            let spec = catalog.find(None, model).unwrap();
            catalog.price(spec, &usage, conditions).unwrap_err().to_string()
        };
        let input = Usage { input_fresh: 1, ..Usage::default() };
        assert_eq!(
            why("claude-opus-5-5", input, &tier(ServiceTier::Flex)),
            "`claude-opus-5-5` has no known price for the flex tier"
        );
        let cached = Usage { cache_read: 1, ..Usage::default() };
        assert_eq!(why("gpt-4", cached, &Conditions::default()), "`gpt-4` has no known price for cache read, standard");
        let written = Usage { cache_write_short: 1, ..Usage::default() };
        assert_eq!(
            why("gpt-6.1-terra", written, &tier(ServiceTier::Batch)),
            "`gpt-6.1-terra` has no known price for cache write (short), batch"
        );
    }

    fn usages() -> impl Strategy<Value = Usage> {
        proptest::collection::vec(0_u64..400_000, 8).prop_map(|n| Usage {
            input_fresh: n[0],
            cache_read: n[1],
            cache_write_short: n[2],
            cache_write_long: n[3],
            output_visible: n[4],
            output_reasoning: n[5],
            of_which_audio_in: n[6].min(n[0]),
            web_searches: n[7] % 3,
            ..Usage::default()
        })
    }

    fn conditions() -> impl Strategy<Value = Conditions> {
        (0_usize..6, 0_i64..31_536_000, 0_usize..4).prop_map(|(tier, second, region)| Conditions {
            tier: ServiceTier::ALL[tier],
            region: [None, Some("us"), Some("eu"), Some("global")][region].map(str::to_owned),
            at: Timestamp::from_second(1_767_225_600 + second).ok(),
            n_calls: None,
        })
    }

    proptest! {
        #[test]
        fn a_cost_is_the_sum_of_its_lines_and_never_nothing(row in 0_usize..2_000, usage in usages(), how in conditions()) {
            let catalog = Catalog::embedded();
            let spec = &catalog.models[row % catalog.models.len()];
            if let Ok(cost) = catalog.price(spec, &usage, &how) {
                prop_assert_eq!(cost.total, cost.lines.iter().map(|line| line.usd).sum());
                let tokens: u64 = cost.lines.iter().filter(|line| line.class.is_some()).map(|line| line.n_units).sum();
                prop_assert_eq!(tokens, usage.total());
                prop_assert!(&*spec.host == "ollama" || usage.total() == 0 || cost.total > Usd::ZERO);
            }
        }

        #[test]
        fn more_tokens_never_cost_less(row in 0_usize..2_000, less in usages(), more in usages(), how in conditions()) {
            let catalog = Catalog::embedded();
            let spec = &catalog.models[row % catalog.models.len()];
            let price = |usage: Usage| catalog.price(spec, &usage, &how);
            if let (Ok(less), Ok(more)) = (price(less), price(less.plus(more))) {
                prop_assert!(less.total <= more.total);
            }
        }

        #[test]
        fn a_rate_is_the_one_that_is_billed(row in 0_usize..2_000, n in 1_u64..400_000, how in conditions()) {
            let catalog = Catalog::embedded();
            let spec = &catalog.models[row % catalog.models.len()];
            let usage = Usage { input_fresh: n, ..Usage::default() };
            let rate = catalog.rate(spec, TokenClass::Input, n, &how);
            let billed = catalog.price(spec, &usage, &how).map(|cost| cost.lines[0].rate);
            prop_assert_eq!(rate, billed);
        }

        #[test]
        fn names_never_panic(host in "[a-z.]{0,8}", model in "\\PC{0,30}") {
            let _ = Catalog::embedded().find(Some(&host), &model);
            let _ = Catalog::embedded().find(None, &model);
        }
    }

    #[test]
    fn automatic_caches_bill_writes_as_input() {
        let usage = Usage { cache_write_short: 100_000, ..Usage::default() };
        check("openai", "gpt-5.5", usage, &Conditions::default(), "0.5");
        check("openai", "gpt-5.6-sol", usage, &Conditions::default(), "0.5");
    }
}
