//! Money: whole pico-dollars. Parsed from decimal text, added exactly, shown without ever turning something into
//! "$0.00". A pico-dollar (10⁻¹² USD) divides every published price per token: $0.003 per million tokens is 3,000 pico
//! per token.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use crate::error::{Error, Kind, Result};

const PICO_PER_USD: i128 = 1_000_000_000_000;
const DECIMALS: i32 = 12;

/// An amount in US dollars as whole pico-dollars; negative for a loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i128);

impl Usd {
    /// Nothing.
    pub const ZERO: Usd = Usd(0);

    /// From whole pico-dollars.
    pub const fn from_pico(pico: i128) -> Self {
        Usd(pico)
    }

    /// Whole pico-dollars.
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// True for exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Parses decimal text (`12`, `0.0375`, `5.37e-06`, `-1.5`), exactly.
    ///
    /// Errors when the text is no decimal number, leaves the range, or is finer than a pico-dollar.
    pub fn parse(text: &str) -> Result<Self> {
        parse_decimal(text, false)
    }

    /// As [`parse`](Self::parse), but rounds what is finer than a pico-dollar to the nearest, half away from zero. For figures that
    /// other programs wrote from binary floats (`0.00043456000000000007`); never for prices.
    pub fn parse_rounded(text: &str) -> Result<Self> {
        parse_decimal(text, true)
    }

    /// `self + other`, or an overflow error.
    pub fn checked_add(self, other: Usd) -> Result<Usd> {
        self.0.checked_add(other.0).map(Usd).ok_or_else(overflow)
    }

    /// `self - other`, or an overflow error.
    pub fn checked_sub(self, other: Usd) -> Result<Usd> {
        self.0.checked_sub(other.0).map(Usd).ok_or_else(overflow)
    }

    /// A price per unit times a number of units, or an overflow error.
    pub fn checked_mul(self, n_units: u64) -> Result<Usd> {
        self.0.checked_mul(i128::from(n_units)).map(Usd).ok_or_else(overflow)
    }

    /// `self × numerator / denominator`, rounded to the nearest pico-dollar, half away from zero. The denominator must
    /// not be zero.
    pub fn checked_scale(self, numerator: i128, denominator: i128) -> Result<Usd> {
        let product = self.0.checked_mul(numerator).ok_or_else(overflow)?;
        let half = denominator.checked_abs().ok_or_else(overflow)? / 2;
        let nudged = product.checked_add(if (product < 0) == (denominator < 0) { half } else { -half });
        nudged.and_then(|n| n.checked_div(denominator)).map(Usd).ok_or_else(overflow)
    }

    /// `self + other`, staying at the end of the range on overflow. For totals in reports: 10²⁶ dollars are the end.
    #[must_use]
    pub const fn saturating_add(self, other: Usd) -> Usd {
        Usd(self.0.saturating_add(other.0))
    }

    /// `self - other`, staying at the end of the range.
    #[must_use]
    pub const fn saturating_sub(self, other: Usd) -> Usd {
        Usd(self.0.saturating_sub(other.0))
    }

    /// The exact decimal, without a currency sign and without superfluous zeros: `0.00043456`.
    pub fn to_decimal(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let whole = magnitude / PICO_PER_USD.unsigned_abs();
        let fraction = magnitude % PICO_PER_USD.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return format!("{sign}{whole}");
        }
        let digits = format!("{fraction:012}");
        format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
    }

    /// For ratios and pictures only; money never comes back from a float.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / PICO_PER_USD as f64
    }
}

/// Two decimals from ten cents up; below, as many as show two significant digits. Nothing but zero shows as `$0.00`.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let mut decimals = 2_u32;
        if magnitude != 0 {
            // Two significant digits: 0.0123 → 0.012, 0.00000042 → 0.00000042.
            while decimals < 12 && magnitude / 10_u128.pow(12 - decimals) < 10 && magnitude < 10_u128.pow(11) {
                decimals += 1;
            }
        }
        let unit = 10_u128.pow(12 - decimals);
        let rounded = (magnitude + unit / 2) / unit;
        let scale = 10_u128.pow(decimals);
        let (whole, fraction) = (rounded / scale, rounded % scale);
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = format!("{sign}${}.{fraction:0width$}", group_thousands(whole), width = decimals as usize);
        f.pad(&text)
    }
}

impl FromStr for Usd {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Usd::parse(text)
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Usd>>(amounts: I) -> Usd {
        amounts.fold(Usd::ZERO, Usd::saturating_add)
    }
}

/// In files and reports money is a decimal string: no reader's float can change it.
impl serde::Serialize for Usd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_decimal())
    }
}

impl<'de> serde::Deserialize<'de> for Usd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Usd::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// `1234567` → `1,234,567`.
pub fn group_thousands(n: u128) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn overflow() -> Error {
    Error::new(Kind::Overflow, "an amount of money left the range of 10^26 dollars")
}

fn parse_decimal(text: &str, round: bool) -> Result<Usd> {
    let bad = || Error::input(format!("`{}` is not a decimal number", crate::text::shorten(text, 40)));
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| bad())?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    // value = digits × 10^(exponent - fraction.len()); in pico-dollars 12 more.
    let all: String = whole.chars().chain(fraction.chars()).collect();
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(Usd::ZERO);
    }
    let n_fraction = i64::try_from(fraction.len()).map_err(|_| overflow())?;
    let shift = i64::from(exponent) - n_fraction + i64::from(DECIMALS);
    let kept = i64::try_from(significant.len()).map_err(|_| overflow())? + shift.min(0);
    let (head, rest) = match usize::try_from(kept) {
        Ok(n) => significant.split_at(n.min(significant.len())),
        // All digits are below a pico-dollar.
        Err(_) => ("", "00"),
    };
    if !round && (kept < 0 || rest.bytes().any(|b| b != b'0')) {
        return Err(Error::input(format!(
            "`{}` is finer than a pico-dollar (12 decimals)",
            crate::text::shorten(text, 40)
        )));
    }
    if head.len() > 38 || shift > 38 {
        return Err(overflow());
    }
    let mut pico: i128 = if head.is_empty() { 0 } else { head.parse().map_err(|_| overflow())? };
    if shift > 0 {
        pico = 10_i128.checked_pow(shift as u32).and_then(|p| pico.checked_mul(p)).ok_or_else(overflow)?;
    }
    if rest.as_bytes().first().is_some_and(|b| *b >= b'5') {
        pico = pico.checked_add(1).ok_or_else(overflow)?;
    }
    Ok(Usd(if negative { -pico } else { pico }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_parse(text: &str, pico: i128) {
        assert_eq!(Usd::parse(text).unwrap().pico(), pico, "{text}");
    }

    #[test]
    fn decimals_are_read_exactly() {
        check_parse("1", 1_000_000_000_000);
        check_parse("0.000000000001", 1);
        check_parse("5.37e-06", 5_370_000);
        check_parse("1.5E1", 15_000_000_000_000);
        check_parse("-0.25", -250_000_000_000);
        check_parse("000.10", 100_000_000_000);
        check_parse(".5", 500_000_000_000);
        check_parse("0e999", 0);
    }

    #[test]
    fn what_is_no_amount_is_an_error() {
        for text in
            ["", "-", ".", "1.2.3", "abc", "1e", "NaN", "inf", "0x1", "1,000", "1e400", "0.0000000000001", "1e-99"]
        {
            assert!(Usd::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn float_noise_is_rounded_only_when_asked() {
        assert_eq!(Usd::parse_rounded("0.00043456000000000007").unwrap().to_decimal(), "0.00043456");
        assert_eq!(Usd::parse_rounded("0.0000000000005").unwrap().pico(), 1);
        assert_eq!(Usd::parse_rounded("1e-99").unwrap().pico(), 0);
        assert!(Usd::parse("0.00043456000000000007").is_err());
    }

    #[test]
    fn display_never_hides_an_amount() {
        let check = |text: &str, shown: &str| assert_eq!(Usd::parse(text).unwrap().to_string(), shown);
        check("0", "$0.00");
        check("1234567.891", "$1,234,567.89");
        check("0.01", "$0.010");
        check("0.0123", "$0.012");
        check("0.009", "$0.0090");
        check("0.00000042", "$0.00000042");
        check("0.000000000001", "$0.000000000001");
        check("-2.5", "-$2.50");
        check("2.0569871280", "$2.06");
    }

    #[test]
    fn scaling_rounds_half_away_from_zero() {
        assert_eq!(Usd::from_pico(5).checked_scale(1, 2).unwrap().pico(), 3);
        assert_eq!(Usd::from_pico(-5).checked_scale(1, 2).unwrap().pico(), -3);
        assert_eq!(Usd::from_pico(3000).checked_scale(11, 10).unwrap().pico(), 3300);
        assert!(Usd::from_pico(1).checked_scale(1, 0).is_err());
        assert!(Usd::from_pico(i128::MAX).checked_mul(2).is_err());
    }

    proptest! {
        #[test]
        fn text_and_back(pico in -10_i128.pow(30)..10_i128.pow(30)) {
            let usd = Usd::from_pico(pico);
            prop_assert_eq!(Usd::parse(&usd.to_decimal()).unwrap(), usd);
            prop_assert!(pico == 0 || usd.to_string().bytes().any(|b| (b'1'..=b'9').contains(&b)));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,60}") {
            let _ = Usd::parse(&text);
            let _ = Usd::parse_rounded(&text);
        }

        #[test]
        fn numbers_never_panic(text in "-?[0-9]{0,50}\\.?[0-9]{0,50}(e-?[0-9]{1,4})?") {
            let _ = Usd::parse(&text);
            let _ = Usd::parse_rounded(&text);
        }
    }
}
