//! Figures as people read them, and the sentences that several forms share.

use promptopt::estimate::Report;
use promptopt::estimate::report::{Baseline, Skipped, Step, Sum, TimeUse};
use promptopt::usd::{Usd, group_thousands};

/// `182,340`.
pub(crate) fn count(n: u64) -> String {
    group_thousands(n.into())
}

/// `1 call`, `182,340 calls`.
pub(crate) fn calls(n: u64) -> String {
    plural(n, "call", "calls")
}

/// `12 of 182,340 calls`.
pub(crate) fn calls_of(n: u64, all: u64) -> String {
    format!("{} of {}", count(n), calls(all))
}

/// `1 file`, `2 files`.
pub(crate) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Tokens in three significant digits: `912`, `12.3k`, `412M`, `1.20G`.
pub(crate) fn tokens(n: u64) -> String {
    for (limit, unit, name) in [(999_500_000, 1e9, "G"), (999_500, 1e6, "M"), (9_995, 1e3, "k")] {
        if n >= limit {
            let scaled = n as f64 / unit;
            let decimals = match scaled {
                s if s < 9.995 => 2,
                s if s < 99.95 => 1,
                _ => 0,
            };
            return format!("{scaled:.decimals$}{name}");
        }
    }
    count(n)
}

/// A share: `62 %`, `4.1 %`, `<0.1 %`; nothing of nothing is `–`.
pub(crate) fn share(part: Usd, whole: Usd) -> String {
    if whole.is_zero() { "–".to_owned() } else { percent(part.as_f64() / whole.as_f64()) }
}

/// A share of counts.
pub(crate) fn share_of(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { percent(part as f64 / whole as f64) }
}

/// `62 %`; nothing but all is 100 %, and nothing but none is 0 %.
fn percent(share: f64) -> String {
    let hundredths = share * 100.0;
    match hundredths.abs() {
        0.0 => "0 %".to_owned(),
        n if n < 0.1 => "<0.1 %".to_owned(),
        n if n < 9.95 => format!("{hundredths:.1} %"),
        n if n > 99.0 && n < 100.0 => format!("{:.1} %", (hundredths * 10.0).floor() / 10.0),
        _ => format!("{hundredths:.0} %"),
    }
}

/// `$1,444.10 → $1,537.20 (+6.4 %)`.
pub(crate) fn change(before: Usd, after: Usd) -> String {
    match change_percent(before, after) {
        Some(percent) => format!("{before} → {after} ({percent})"),
        None => format!("{before} → {after}"),
    }
}

/// `+6.4 %`; `unchanged`; nothing if there was nothing before.
pub(crate) fn change_percent(before: Usd, after: Usd) -> Option<String> {
    if before == after {
        return Some("unchanged".to_owned());
    }
    if before.is_zero() {
        return None;
    }
    let ratio = (after.as_f64() - before.as_f64()) / before.as_f64() * 100.0;
    Some(match ratio.abs() {
        n if n < 0.05 => format!("{}0.0 %", if ratio < 0.0 { "-" } else { "+" }),
        n if n < 999.5 => format!("{ratio:+.1} %"),
        _ => format!("{ratio:+.0} %"),
    })
}

/// Amounts of one column with the same number of decimals, so that they stand under each other: two where the largest
/// is ten dollars or more, else more. What is too small to show so is `<$0.01`, never nothing.
pub(crate) fn money_column(amounts: &[Usd]) -> impl Fn(Usd) -> String + use<> {
    let largest = amounts.iter().map(|amount| amount.pico().unsigned_abs()).max().unwrap_or(0);
    let decimals: u32 = match largest {
        0 => 2,
        n if n >= 10_000_000_000_000 => 2,
        n if n >= 100_000_000_000 => 4,
        n if n >= 1_000_000_000 => 6,
        n if n >= 10_000_000 => 8,
        _ => 12,
    };
    move |amount| fixed(amount, decimals)
}

fn fixed(amount: Usd, decimals: u32) -> String {
    let unit = 10_u128.pow(12 - decimals);
    let magnitude = amount.pico().unsigned_abs();
    let sign = if amount < Usd::ZERO { "-" } else { "" };
    let (rounded, scale) = ((magnitude + unit / 2) / unit, 10_u128.pow(decimals));
    let show = |n: u128| format!("${}.{:0width$}", group_thousands(n / scale), n % scale, width = decimals as usize);
    if rounded == 0 && magnitude > 0 { format!("{sign}<{}", show(1)) } else { format!("{sign}{}", show(rounded)) }
}

/// A sum that says what it leaves out: `$12.34 + 3 calls unpriced`.
pub(crate) fn sum(sum: Sum) -> String {
    match sum.unpriced_requests {
        0 => sum.usd.to_string(),
        n => format!("{} + {} unpriced", sum.usd, calls(n)),
    }
}

/// The total, as a sum.
pub(crate) fn total(baseline: &Baseline) -> Sum {
    Sum {
        usd: baseline.cost_usd,
        unpriced_requests: baseline.unpriced_requests,
        unpriced_tokens: baseline.unpriced_tokens,
    }
}

/// What the figures rest on: `priced from reported usage`, or shares of what was counted and assumed.
pub(crate) fn basis(report: &Report) -> String {
    let baseline = &report.baseline;
    let parts = [
        (baseline.from_usage, "from reported usage"),
        (baseline.counted_exact, "counted"),
        (baseline.counted_approx, "approximated"),
        (baseline.from_cache, "from your own cache"),
        (baseline.failed, "failed"),
    ];
    let present: Vec<&(u64, &str)> = parts.iter().filter(|(n, _)| *n > 0).collect();
    let mut basis = match present.as_slice() {
        [] => String::new(),
        [(n, words)] if *n == baseline.requests => format!("all {words}"),
        several => {
            let parts = several.iter().map(|(n, words)| format!("{} {words}", share_of(*n, baseline.requests)));
            parts.collect::<Vec<_>>().join(", ")
        }
    };
    if baseline.output_assumed > 0 {
        let joint = if basis.is_empty() { "" } else { "; " };
        basis.push_str(&format!("{joint}output assumed for {}", share_of(baseline.output_assumed, baseline.requests)));
    }
    basis
}

/// `between $1,440.00 and $1,452.31`, if there is an interval.
pub(crate) fn interval(baseline: &Baseline) -> Option<String> {
    let is_open = baseline.lower_usd != baseline.upper_usd && baseline.upper_usd >= baseline.lower_usd;
    is_open.then(|| format!("between {} and {}", baseline.lower_usd, baseline.upper_usd))
}

/// What the counted steps save that leave every answer as it is, if others are counted beside them.
pub(crate) fn saved_with_same_answers(report: &Report) -> Option<Usd> {
    let (same, other): (Vec<&Step>, Vec<&Step>) =
        report.steps.iter().filter(|step| step.counted).partition(|step| step.answers == "identical");
    (!other.is_empty()).then(|| same.iter().map(|step| step.saved_usd).sum())
}

/// `2026-11-02 09:00 to 2026-11-15 17:30 UTC`.
pub(crate) fn span(time: &TimeUse) -> String {
    let minute = |instant: &str| super::clean(&instant.replace('T', " ")).chars().take(16).collect::<String>();
    format!("{} to {} UTC", minute(&time.first), minute(&time.last))
}

/// What the bill would be for thirty days at this pace; only where at least a week was seen.
pub(crate) fn monthly(report: &Report) -> Option<Usd> {
    let time = report.time.as_ref()?;
    let first: jiff::Timestamp = time.first.parse().ok()?;
    let last: jiff::Timestamp = time.last.parse().ok()?;
    let seconds = last.as_second().checked_sub(first.as_second())?;
    if seconds < 7 * 86_400 || time.requests < report.baseline.requests {
        return None;
    }
    report.baseline.cost_usd.checked_scale(30 * 86_400, i128::from(seconds)).ok()
}

/// Name of a day of the week, Monday first.
pub(crate) fn weekday(day: usize) -> &'static str {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].get(day).copied().unwrap_or("?")
}

/// Share of all calls with a time that fall into an hour of the week.
pub(crate) fn hour_of(time: &TimeUse, day: usize, hour: usize) -> u64 {
    time.heat_requests.get(day).and_then(|hours| hours.get(hour)).copied().unwrap_or(0)
}

/// `busiest Tue 14:00–15:00 with 4,230 of 182,340 calls (2.3 %)`.
pub(crate) fn peak(time: &TimeUse) -> String {
    let (day, hour) = (usize::from(time.peak.0), usize::from(time.peak.1));
    let at_peak = hour_of(time, day, hour);
    let next = (hour + 1) % 24;
    let share = share_of(at_peak, time.requests);
    format!("{} {hour:02}:00–{next:02}:00 UTC with {} ({share})", weekday(day), calls(at_peak))
}

/// `file:line`, or the file alone.
pub(crate) fn place(place: &Skipped) -> String {
    let file = super::clean(&place.file);
    if place.line == 0 { file } else { format!("{file}:{}", place.line) }
}

/// Sections, in words.
pub(crate) fn section(name: &str) -> String {
    match name {
        "system" => "system prompt".to_owned(),
        "tools" => "tool definitions".to_owned(),
        "schema" => "output schema".to_owned(),
        "tool_results" => "tool results".to_owned(),
        "user" => "user text".to_owned(),
        "media" => "images and audio".to_owned(),
        "unknown" => "input, unknown part".to_owned(),
        other => super::clean(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        Usd::parse(text).unwrap()
    }

    #[test]
    fn tokens_have_three_significant_digits() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (9_994, "9,994"),
            (12_345, "12.3k"),
            (999_499, "999k"),
            (999_500, "1.00M"),
            (412_300_000, "412M"),
            (1_200_000_000, "1.20G"),
        ];
        for (n, expected) in cases {
            assert_eq!(tokens(n), expected);
        }
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        assert_eq!(share_of(1, 1_000_000), "<0.1 %");
        assert_eq!(share_of(999_999, 1_000_000), "99.9 %");
        assert_eq!(share_of(1, 3), "33 %");
        assert_eq!(share_of(0, 3), "0 %");
        assert_eq!(share_of(0, 0), "–");
    }

    #[test]
    fn a_column_of_money_has_one_number_of_decimals() {
        let show = money_column(&[usd("1234.5"), usd("0.001")]);
        assert_eq!(show(usd("1234.5")), "$1,234.50");
        assert_eq!(show(usd("0.001")), "<$0.01");
        assert_eq!(show(usd("-0.001")), "-<$0.01");
        let small = money_column(&[usd("0.0123"), usd("0.00005")]);
        assert_eq!(small(usd("0.00005")), "$0.000050");
        assert_eq!(money_column(&[])(Usd::ZERO), "$0.00");
    }

    #[test]
    fn a_change_is_one_sentence() {
        assert_eq!(change(usd("1444.10"), usd("1537.20")), "$1,444.10 → $1,537.20 (+6.4 %)");
        assert_eq!(change(usd("10"), usd("10")), "$10.00 → $10.00 (unchanged)");
        assert_eq!(change(usd("0"), usd("10")), "$0.00 → $10.00");
        assert_eq!(change(usd("10"), usd("9.999")), "$10.00 → $10.00 (-0.0 %)");
    }
}
