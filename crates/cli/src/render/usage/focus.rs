//! The ledger as a FinOps FOCUS 1.3 table: a row a day, host, model and tier. What the response cache saved stands in `x_` columns of the
//! estimate's table only: it was never billed.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use promptopt::ledger::{UsageRecord, UsageSource};
use promptopt::usage::ServiceTier;
use promptopt::usd::Usd;

use crate::render::csv::text;
use crate::render::focus::{HEADER, Period, decimal, row};

/// Sums of records.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<(Date, String, String, ServiceTier), Sums>,
}

#[derive(Default)]
struct Sums {
    calls: u64,
    input: u64,
    cache_read: u64,
    output: u64,
    cost: Usd,
    unpriced: u64,
}

impl Table {
    /// Adds a record, if a provider bills it.
    pub(crate) fn add(&mut self, record: &UsageRecord) {
        if record.source == UsageSource::None {
            return;
        }
        let day = record.at.to_zoned(TimeZone::UTC).date();
        let key = (day, record.host.to_string(), record.model.to_string(), record.tier);
        let sums = self.rows.entry(key).or_default();
        sums.calls += 1;
        sums.input = sums.input.saturating_add(record.usage.input());
        sums.cache_read = sums.cache_read.saturating_add(record.usage.cache_read);
        sums.output = sums.output.saturating_add(record.usage.output());
        match record.cost {
            Some(cost) => sums.cost = sums.cost.saturating_add(cost),
            None => sums.unpriced += 1,
        }
    }

    /// The table.
    pub(crate) fn finish(&self) -> String {
        let rows = self.rows.iter().map(|((day, host, model, tier), sums)| {
            let begin = |day: Date| day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
            let next = day.checked_add(1.day()).ok();
            let period = Period { charge: begin(*day).zip(next.and_then(begin)) };
            line(host, model, *tier, sums, &period).join(",") + "\n"
        });
        HEADER.join(",") + "\n" + &rows.collect::<String>()
    }
}

fn line(host: &str, model: &str, tier: ServiceTier, sums: &Sums, period: &Period) -> Vec<String> {
    let n_tokens = sums.input.saturating_add(sums.output).to_string();
    row(|column| match column {
        "BilledCost" | "ContractedCost" | "EffectiveCost" | "ListCost" => decimal(sums.cost),
        "ChargeDescription" => text(&format!("{model} on {host}, {} tier", tier.name())),
        "ConsumedQuantity" | "PricingQuantity" => n_tokens.clone(),
        "ConsumedUnit" | "PricingUnit" => "tokens".to_owned(),
        "HostProviderName"
        | "InvoiceIssuerName"
        | "ProviderName"
        | "PublisherName"
        | "ServiceName"
        | "ServiceProviderName" => text(host),
        "PricingCategory" => if tier == ServiceTier::Standard { "Standard" } else { "Dynamic" }.to_owned(),
        "ResourceName" => text(model),
        "ResourceType" => "Model".to_owned(),
        "SkuId" | "SkuPriceId" => text(&format!("{host}/{model}/{}", tier.name())),
        "x_CacheReadTokens" => sums.cache_read.to_string(),
        "x_InputTokens" => sums.input.to_string(),
        "x_OutputTokens" => sums.output.to_string(),
        "x_Requests" => sums.calls.to_string(),
        "x_UnpricedRequests" => sums.unpriced.to_string(),
        _ => period.cell(column),
    })
}
