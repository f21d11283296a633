//! Data of persons in text, as far as it can be told for sure: by check digits, or by a form that nothing else has. O(n).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::code_spans::line;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A person's e-mail address.
    Email,
    /// A card number.
    Card,
    /// An international bank account number.
    Iban,
    /// A telephone number in international form.
    Phone,
}

/// Data of persons in a text, in rising order.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    emails(text, &mut found);
    numbers(text, &mut found);
    phones(text, &mut found);
    found.sort_by_key(|(range, _)| range.start);
    found.dedup_by(|b, a| b.0.start < a.0.end);
    found
}

/// Hosts where only persons have addresses.
const FREE_MAIL: &[&str] = &[
    "gmail",
    "googlemail",
    "outlook",
    "hotmail",
    "live",
    "yahoo",
    "icloud",
    "gmx",
    "web",
    "t-online",
    "proton",
    "protonmail",
    "aol",
    "qq",
    "163",
    "126",
    "yandex",
    "mail",
];

/// What addresses in examples are made of.
const STAND_INS: &[&str] = &[
    "example",
    "test",
    "your",
    "user",
    "name",
    "john",
    "jane",
    "doe",
    "smith",
    "foo",
    "bar",
    "alice",
    "bob",
    "someone",
    "somebody",
    "sample",
    "demo",
    "dummy",
    "fake",
    "email",
    "mail",
    "customer",
    "client",
    "person",
    "admin",
    "contact",
    "info",
    "support",
    "hello",
    "reply",
    "sales",
    "team",
    "office",
    "help",
    "security",
    "acme",
    "domain",
    "company",
    "placeholder",
    "xxx",
    "abc",
    "123",
];

/// Words on a line that says whose work it is, or that something is an example.
const NOT_PERSONAL: &[&str] = &[
    "author",
    "copyright",
    "(c)",
    "©",
    "maintain",
    "licen",
    "credit",
    "written by",
    "co-authored",
    "contribut",
    "e.g",
    "example",
    "such as",
    "for instance",
    "fictional",
    "made-up",
    "git ",
    "signed-off",
];

fn emails(text: &str, found: &mut Vec<(Range<usize>, Kind)>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
        let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
        let n_local = bytes[..at].iter().rev().take(64).take_while(|byte| is_local(byte)).count();
        let n_host = bytes[at + 1..].iter().take(100).take_while(|byte| is_host(byte)).count();
        let (Some(local), Some(host)) = (text.get(at - n_local..at), text.get(at + 1..at + 1 + n_host)) else {
            continue;
        };
        let host = host.trim_end_matches(['.', '-']);
        let is_free = FREE_MAIL.contains(&host.split('.').next().unwrap_or_default());
        let Some((_, top)) = host.rsplit_once('.') else { continue };
        let is_name = |word: &str| word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        let words: Vec<&str> = local.split(['.', '_']).collect();
        let is_person =
            if is_free { local.len() >= 6 } else { words.len() == 2 && words.iter().all(|word| is_name(word)) };
        let lower = format!("{local}@{host}").to_ascii_lowercase();
        let is_stand_in = STAND_INS.iter().any(|word| {
            let checked = if is_free { lower.split('@').next().unwrap_or_default() } else { &lower };
            checked.contains(word)
        });
        let says_not = || {
            let said = line(text, at).to_lowercase();
            // `Name <address>` is how authors sign their work, unless it is the head of a letter.
            let is_signed =
                bytes[..at - n_local].ends_with(b"<") && !["from", "to:", "cc:"].iter().any(|w| said.contains(w));
            is_signed || NOT_PERSONAL.iter().any(|word| said.contains(word))
        };
        if is_person
            && (2..=12).contains(&top.len())
            && top.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !matches!(top, "example" | "test" | "invalid" | "local" | "localhost")
            && !is_stand_in
            && !says_not()
        {
            found.push((at - n_local..at + 1 + host.len(), Kind::Email));
        }
    }
}

/// Numbers that everybody may use: the card networks' test cards and the registry's example accounts.
const TEST_NUMBERS: &[&str] = &[
    "4242424242424242",
    "4000056655665556",
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "4000000000000002",
    "4000000000003220",
    "4000002500003155",
    "4000000000009995",
    "4917610000000000",
    "4000000000000077",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "5200828282828210",
    "2221000000000009",
    "378282246310005",
    "371449635398431",
    "378734493671000",
    "6011111111111117",
    "6011000990139424",
    "6011000000000004",
    "3056930009020004",
    "36227206271667",
    "30569309025904",
    "38520000023237",
    "3566002020360505",
    "3530111333300000",
    "6200000000000005",
    "1234567812345670",
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "GB82WEST12345698765432",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
    "ES9121000418450200051332",
    "IT60X0542811101000000123456",
    "CH9300762011623852957",
    "AT611904300234573201",
    "BE68539007547034",
    "PL61109010140000071219812874",
    "SE4550000000058398257466",
    "GB33BUKB20201555555555",
    "DE91100000000123456789",
    "DE75512108001245126199",
    "FR7630006000011234567890189",
];

/// Countries with the length of their accounts' numbers.
const IBAN_LENGTHS: &str = "AD24 AE23 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 ES24 FI18 \
    FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IS26 IT27 JO30 KW30 KZ20 LB28 LI21 LT20 LU20 LV21 MC27 MD24 \
    ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 TR26 UA29 VG24";

/// Looks at every eighth byte only: a number of thirteen digits in groups of four has one there.
fn numbers(text: &str, found: &mut Vec<(Range<usize>, Kind)>) {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b' ' || byte == b'-';
    let mut at = 0;
    let mut done = 0;
    while at < bytes.len() {
        let is_near = bytes[at..].iter().take(2).any(u8::is_ascii_digit) && is_part(bytes[at]);
        if !is_near {
            at += 8;
            continue;
        }
        let start = at - bytes[done..at].iter().rev().take_while(|byte| is_part(**byte)).count();
        let end = at + bytes[at..].iter().take_while(|byte| is_part(**byte)).count();
        // Ends at a border of characters: all these bytes are ASCII.
        candidates(text, start..end, found);
        done = end;
        at = end + 1;
    }
}

fn candidates(text: &str, area: Range<usize>, found: &mut Vec<(Range<usize>, Kind)>) {
    static CARD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\b(?:[2-6][0-9]{3}([ -]?)[0-9]{4}([ -]?)[0-9]{4}([ -]?)[0-9]{4}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5})\b").ok()
    });
    let Some(part) = text.get(area.clone()) else { return };
    if part.len() < 13 {
        return;
    }
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if let Some(card) = &*CARD {
        for captures in card.captures_iter(part) {
            let Some(whole) = captures.get(0) else { continue };
            let range = area.start + whole.start()..area.start + whole.end();
            let gap = |n| captures.get(n).map(|gap| gap.as_str());
            let digits: String = whole.as_str().chars().filter(char::is_ascii_digit).collect();
            let is_grouped = whole.as_str().len() > digits.len() && gap(1) == gap(2) && gap(2) == gap(3);
            let says_card = || {
                let said = line(text, range.start).to_lowercase();
                ["card", "visa", "mastercard", "amex", "credit", "debit"].iter().any(|word| said.contains(word))
            };
            let stands_alone = !text[..range.start].ends_with(is_inside)
                && !text[range.end..].starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
            if stands_alone
                && (is_grouped || says_card())
                && is_luhn(&digits)
                && !TEST_NUMBERS.contains(&&*digits)
                && distinct(&digits) >= 5
                && !digits.contains("12345")
            {
                found.push((range, Kind::Card));
            }
        }
    }
    ibans(part, area.start, found);
}

fn ibans(part: &str, base: usize, found: &mut Vec<(Range<usize>, Kind)>) {
    let bytes = part.as_bytes();
    for at in 0..bytes.len().saturating_sub(14) {
        let is_head = bytes[at..at + 2].iter().all(u8::is_ascii_uppercase)
            && bytes[at + 2..at + 4].iter().all(u8::is_ascii_digit)
            && at.checked_sub(1).is_none_or(|before| bytes[before] == b' ');
        if !is_head {
            continue;
        }
        let length = IBAN_LENGTHS.split_whitespace().find_map(|row| row.strip_prefix(&part[at..at + 2])?.parse().ok());
        let Some(length): Option<usize> = length else { continue };
        let mut compact = String::with_capacity(length);
        let mut end = at;
        while compact.len() < length
            && let Some(byte) = bytes.get(end)
        {
            match byte {
                b' ' if bytes.get(end + 1) != Some(&b' ') => {}
                byte if byte.is_ascii_alphanumeric() => compact.push(char::from(*byte)),
                _ => break,
            }
            end += 1;
        }
        let is_whole = compact.len() == length && bytes.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let n_digits = compact.bytes().filter(u8::is_ascii_digit).count();
        if is_whole
            && n_digits * 2 > length
            && is_mod_97(&compact)
            && !TEST_NUMBERS.contains(&&*compact)
            && distinct(&compact[4..]) >= 5
        {
            found.push((base + at..base + end, Kind::Iban));
        }
    }
}

fn distinct(text: &str) -> usize {
    let mut bytes: Vec<u8> = text.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

fn is_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0') * if index % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_mod_97(iban: &str) -> bool {
    let rotated = iban.bytes().skip(4).chain(iban.bytes().take(4));
    let rest = rotated.fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
}

/// Words beside a telephone number.
const PHONE_WORDS: &[&str] = &["phone", "tel:", "tel.", "mobile", "whatsapp", "call ", "sms", "hotline"];

fn phones(text: &str, found: &mut Vec<(Range<usize>, Kind)>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'+', bytes) {
        let is_part = |byte: &u8| byte.is_ascii_digit() || b" -()./".contains(byte);
        let n = bytes[at + 1..].iter().take(24).take_while(|byte| is_part(byte)).count();
        let Some(written) = text.get(at..at + 1 + n) else { continue };
        let written = written.trim_end_matches([' ', '-', '(', ')', '.', '/']);
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        let follows_number = at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric());
        let is_made_up =
            ["555", "1234", "0000", "2345", "1111", "9999", "9876"].iter().any(|part| digits.contains(part));
        let says_so = || {
            let said = line(text, at).to_lowercase();
            PHONE_WORDS.iter().any(|word| said.contains(word)) && !NOT_PERSONAL.iter().any(|word| said.contains(word))
        };
        if !follows_number
            && (10..=15).contains(&digits.len())
            && written.as_bytes().get(1).is_some_and(|byte| (b'1'..=b'9').contains(byte))
            && distinct(&digits) >= 5
            && !is_made_up
            && says_so()
        {
            found.push((at..at + written.len(), Kind::Phone));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Kind)]) {
        let found: Vec<(&str, Kind)> = find(text).into_iter().map(|(range, kind)| (&text[range], kind)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn check_digits_must_hold() {
        check("pay 4539 1488 0343 6467 now", &[("4539 1488 0343 6467", Kind::Card)]);
        check("pay 4539 1488 0343 6468 now", &[]);
        check("the test card is 4242 4242 4242 4242", &[]);
        check("order 4539148803436467", &[]);
        check("my card is 4539148803436467", &[("4539148803436467", Kind::Card)]);
        check("to DE44 5001 0517 5407 3249 31 please", &[("DE44 5001 0517 5407 3249 31", Kind::Iban)]);
        check("to DE45 5001 0517 5407 3249 31 please", &[]);
    }

    #[test]
    fn persons_have_addresses_and_offices_have_too() {
        check("ask marta.kowalczyk@gmail.com", &[("marta.kowalczyk@gmail.com", Kind::Email)]);
        check("ask petra.lindqvist@nordbank.se.", &[("petra.lindqvist@nordbank.se", Kind::Email)]);
        check("ask support@nordbank.se, john.doe@gmail.com, x@example.com, pkg@2.0.11, git@github.com:a/b", &[]);
        check("Author: Marta Kowalczyk <marta.kowalczyk@gmail.com>", &[]);
        check("Call Petra on her mobile: +46 70 174 06 35", &[("+46 70 174 06 35", Kind::Phone)]);
        check("Phone: +1 555 123 4567", &[]);
    }
}
