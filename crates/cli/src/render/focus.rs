//! A FinOps FOCUS 1.3 "Cost and Usage" table, for tools that already hold the cloud's bill: a row a model and host.
//!
//! What an estimate cannot know is left empty (account, invoice, unit price: a row mixes fresh, cached and output tokens,
//! which have prices of their own); the counts of each stand in `x_` columns. Savings are hypothetical: they stand in
//! `x_` columns of rows that cost nothing, so that no sum over a FOCUS column changes, and never as credits.
//! `ProviderName` and `PublisherName` are deprecated in 1.3 and still written, for tools that read 1.0 to 1.2.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use promptopt::estimate::Report;
use promptopt::estimate::report::{Group, Step};
use promptopt::usd::Usd;

use super::csv::text;

/// Columns in alphabetical order as in the specification, then ours.
pub(super) const HEADER: [&str; 39] = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "HostProviderName",
    "InvoiceIssuerName",
    "ListCost",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "ServiceSubcategory",
    "SkuId",
    "SkuPriceId",
    "x_CacheReadTokens",
    "x_HypotheticalSaving",
    "x_InputTokens",
    "x_OutputTokens",
    "x_Requests",
    "x_SavingStep",
    "x_UnpricedRequests",
];

/// The table.
pub(crate) fn focus(report: &Report) -> String {
    let period = Period::of(report);
    let models = report.models.iter().map(|model| usage(model, &period));
    let savings = report.steps.iter().filter(|step| step.counted).map(|step| saving(step, &period));
    let lines = models.chain(savings).map(|row| row.join(",") + "\n");
    HEADER.join(",") + "\n" + &lines.collect::<String>()
}

fn usage(model: &Group, period: &Period) -> Vec<String> {
    let host = model.host.as_deref().unwrap_or_default();
    let sku = format!("{host}/{}", model.name);
    let n_tokens = model.input_tokens.saturating_add(model.output_tokens).to_string();
    let cost = decimal(model.cost.usd);
    row(|column| match column {
        "BilledCost" | "ContractedCost" | "EffectiveCost" | "ListCost" => cost.clone(),
        "ChargeDescription" => text(&format!("estimated cost of {} on {host}", model.name)),
        "ConsumedQuantity" | "PricingQuantity" => n_tokens.clone(),
        "ConsumedUnit" | "PricingUnit" => "tokens".to_owned(),
        "HostProviderName"
        | "InvoiceIssuerName"
        | "ProviderName"
        | "PublisherName"
        | "ServiceName"
        | "ServiceProviderName" => text(host),
        "PricingCategory" => "Standard".to_owned(),
        "ResourceName" => text(&model.name),
        "ResourceType" => "Model".to_owned(),
        "SkuId" | "SkuPriceId" => text(&sku),
        "x_CacheReadTokens" => model.cache_read_tokens.to_string(),
        "x_InputTokens" => model.input_tokens.to_string(),
        "x_OutputTokens" => model.output_tokens.to_string(),
        "x_Requests" => model.requests.to_string(),
        "x_UnpricedRequests" => model.cost.unpriced_requests.to_string(),
        _ => period.cell(column),
    })
}

fn saving(step: &Step, period: &Period) -> Vec<String> {
    row(|column| match column {
        "BilledCost" | "ContractedCost" | "EffectiveCost" | "ListCost" => "0.0".to_owned(),
        "ChargeDescription" => text(&format!("hypothetical saving: {}", step.title)),
        "HostProviderName"
        | "InvoiceIssuerName"
        | "ProviderName"
        | "PublisherName"
        | "ServiceName"
        | "ServiceProviderName" => "promptopt".to_owned(),
        "x_HypotheticalSaving" => decimal(step.saved_usd),
        "x_Requests" => step.requests.to_string(),
        "x_SavingStep" => text(&step.name),
        _ => period.cell(column),
    })
}

pub(super) fn row(cell: impl Fn(&str) -> String) -> Vec<String> {
    HEADER.iter().map(|column| cell(column)).collect()
}

/// Always with a point: readers that guess a column's type from its first rows must not guess whole numbers.
pub(super) fn decimal(usd: Usd) -> String {
    let text = usd.to_decimal();
    if text.contains('.') { text } else { text + ".0" }
}

/// The time of the calls and the calendar months around it; empty if the log has no times.
#[derive(Default)]
pub(super) struct Period {
    pub(super) charge: Option<(Timestamp, Timestamp)>,
}

impl Period {
    fn of(report: &Report) -> Self {
        let parse = |text: &str| text.parse::<Timestamp>().ok();
        let time = report.time.as_ref();
        let first = time.and_then(|time| parse(&time.first));
        // The end of a FOCUS period is exclusive.
        let last = time.and_then(|time| parse(&time.last)).and_then(|last| last.checked_add(1.second()).ok());
        Period { charge: first.zip(last) }
    }

    /// What is the same in all rows.
    pub(super) fn cell(&self, column: &str) -> String {
        let instant = |instant: Timestamp| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let day = |day: Date| format!("{day}T00:00:00Z");
        let month = |instant: Timestamp| instant.to_zoned(TimeZone::UTC).date().first_of_month();
        let next_month = |instant: Timestamp| month(instant).checked_add(1.month()).ok();
        match column {
            "BillingCurrency" => "USD".to_owned(),
            "ChargeCategory" => "Usage".to_owned(),
            "ChargeFrequency" => "Usage-Based".to_owned(),
            "ServiceCategory" => text("AI and Machine Learning"),
            "ServiceSubcategory" => text("Generative AI"),
            "ChargePeriodStart" => self.charge.map(|(first, _)| instant(first)).unwrap_or_default(),
            "ChargePeriodEnd" => self.charge.map(|(_, end)| instant(end)).unwrap_or_default(),
            "BillingPeriodStart" => self.charge.map(|(first, _)| day(month(first))).unwrap_or_default(),
            "BillingPeriodEnd" => self.charge.and_then(|(_, end)| next_month(end)).map(day).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_billed_cost_of_all_rows_is_the_bill_whatever_could_be_saved() {
        let report = crate::render::sample::report();
        let table = focus(&report);
        let billed: Usd =
            table.lines().skip(1).map(|line| line.split(',').next().unwrap().parse::<Usd>().unwrap()).sum();
        assert_eq!(billed, report.baseline.cost_usd);
        assert!(table.contains("2026-11-01T00:00:00Z"), "{table}");
        assert!(table.contains("2026-12-01T00:00:00Z"), "{table}");
    }

    #[test]
    fn columns_of_the_specification_stand_in_its_order() {
        let (ours, theirs): (Vec<&str>, Vec<&str>) = HEADER.iter().partition(|column| column.starts_with("x_"));
        assert!(theirs.is_sorted() && ours.is_sorted());
        assert_eq!(HEADER[..theirs.len()], theirs);
    }
}
