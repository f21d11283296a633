//! Whether an answer stands in a text, as `SQuAD` compares: lower case, without punctuation and articles, blanks collapsed.
//!
//! Punctuation is Unicode's, not ASCII's alone: `„Foo“` answers `Foo`. It is taken out as `SQuAD` does, and, if the answer is
//! not found so, it parts words: `Johnson` stands in `Johnson's`, `24` in `24-yard`. An answer must stand between word boundaries; one in
//! a script without blanks may stand anywhere; an Arabic word may carry its clitics (conjunction, preposition, article in
//! front, a pronoun behind), which are written in one with it.

/// Whether one of the answers stands in the text.
pub fn holds_any(text: &str, answers: &[String]) -> bool {
    [false, true].into_iter().any(|parts| {
        let text = format!(" {} ", normalise(text, parts));
        answers.iter().any(|answer| holds(&text, &normalise(answer, parts)))
    })
}

/// The form that is compared. `parts`: punctuation parts words instead of vanishing.
pub fn normalise(text: &str, parts: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || (parts && is_punctuation(c)) {
            plain.push(' ');
        } else if !is_punctuation(c) {
            plain.extend(c.to_lowercase());
        }
    }
    let words = plain.split(' ').filter(|word| !matches!(*word, "" | "a" | "an" | "the"));
    let mut out = String::with_capacity(plain.len());
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{a1}'..='\u{a9}' | '\u{ab}'..='\u{b1}' | '\u{b4}' | '\u{b6}'..='\u{b8}' | '\u{bb}' | '\u{bf}'
            | '×' | '÷' | '\u{964}' | '\u{965}' | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{66a}'..='\u{66d}' | '\u{6d4}'
            | '\u{e2f}' | '\u{e46}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{2190}'..='\u{2bff}'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301f}' | '\u{30fb}' | '\u{fe30}'..='\u{fe6b}'
            | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}' | '\u{640}')
}

/// Whether a normalised answer stands in a normalised text with a blank at both ends.
fn holds(text: &str, answer: &str) -> bool {
    if answer.is_empty() {
        return false;
    }
    if answer.chars().any(crate::compress::budget::words::is_unspaced) {
        // Blanks mean nothing there.
        let squeeze = |text: &str| text.replace(' ', "");
        return squeeze(text).contains(&squeeze(answer));
    }
    if answer.chars().any(is_arabic) {
        let bare = answer.strip_prefix("ال").filter(|bare| bare.chars().count() > 2).unwrap_or(answer);
        return text.match_indices(bare).any(|(at, _)| {
            let before = &text[text[..at].rfind(' ').map_or(0, |blank| blank + 1)..at];
            let after = text[at + bare.len()..].split(' ').next().unwrap_or_default();
            PROCLITICS.contains(&before) && ENCLITICS.contains(&after)
        });
    }
    text.contains(&format!(" {answer} "))
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{64a}' | '\u{671}'..='\u{6d3}')
}

const PROCLITICS: &[&str] = &[
    "", "و", "ف", "ب", "ل", "ك", "ال", "وال", "فال", "بال", "كال", "لل", "ول", "وب", "فب", "فل", "ولل", "فلل", "وبال",
    "س",
];
const ENCLITICS: &[&str] = &["", "ه", "ها", "هم", "هن", "ك", "كم", "نا", "ي", "ا"];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, answer: &str, expected: bool) {
        assert_eq!(holds_any(text, &[answer.to_owned()]), expected, "{answer} in {text}");
    }

    #[test]
    fn answers_are_found_as_squad_finds_them() {
        check("It was the „Super Bowl“, in 2017.", "super bowl", true);
        check("He scored 308 points.", "30", false);
        check("The US-based firm", "us based", true);
        check("a 20–18 win", "20-18", true);
        check("Brad Johnson's pass to the 24-yard line", "Brad Johnson", true);
        check("nothing", "the", false);
        check("ब्रोंकोस ने 17 सेकंड", "17 सेकंड", true);
        check("他在北京市工作。", "北京", true);
        check("وقع في المدينة وبالقاهرة", "القاهرة", true);
        check("وقع في المدينة", "مدين", false);
    }
}
