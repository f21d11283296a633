//! The words of a text as a retriever sees them: UAX #29 in effect, lower case, accents of Latin, Greek and Cyrillic and the
//! optional marks of Arabic and Hindi folded, Indic marks kept; character bigrams where a script has no blanks. One pass
//! without allocation: this runs over every byte of every request.

/// How a word is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Begins with a capital letter.
    pub(crate) is_capital: bool,
    /// Has a digit.
    pub(crate) has_digit: bool,
    /// Is a piece of a longer run: a bigram of an unspaced script, a part of an identifier.
    pub(crate) is_piece: bool,
}

/// Longer runs are no words; what is counted is their beginning.
const LONGEST: usize = 64;

/// Calls `each` with every folded word and how it was written. `buffer` is scratch space.
pub(crate) fn words(text: &str, buffer: &mut String, mut each: impl FnMut(&str, Shape)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte < 0x80 {
            if byte.is_ascii_alphanumeric() {
                at = word(text, at, buffer, &mut each);
            } else {
                at += 1;
            }
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        if is_unspaced(c) {
            at = run(text, at, buffer, &mut each);
        } else if is_letter(c) {
            at = word(text, at, buffer, &mut each);
        } else {
            at += c.len_utf8();
        }
    }
}

/// A word of a script with blanks; returns where it ends.
fn word(text: &str, start: usize, buffer: &mut String, each: &mut impl FnMut(&str, Shape)) -> usize {
    let bytes = text.as_bytes();
    buffer.clear();
    let mut shape = Shape::default();
    let (mut at, mut has_parts, mut is_hangul, mut last_lower) = (start, false, false, false);
    let mut is_first = true;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte < 0x80 {
            if byte.is_ascii_alphanumeric() {
                has_parts |= last_lower && byte.is_ascii_uppercase();
                last_lower = byte.is_ascii_lowercase();
                shape.is_capital |= is_first && byte.is_ascii_uppercase();
                shape.has_digit |= byte.is_ascii_digit();
                push(buffer, char::from(byte.to_ascii_lowercase()));
            } else if byte == b'_' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) {
                has_parts = true;
                push(buffer, '_');
            } else if let Some(skip) = joint(bytes, at) {
                // "don't", "3.14", "1,462": the joint of a number stays but for the comma of thousands.
                if byte == b'.' || byte == b':' {
                    push(buffer, char::from(byte));
                }
                if byte == b'\'' && is_possessive(bytes, at + 1) {
                    at += 2;
                    break;
                }
                at += skip;
                continue;
            } else {
                break;
            }
            at += 1;
        } else {
            let Some(c) = text[at..].chars().next() else { break };
            if c == '’' && bytes.get(at + 3).is_some_and(u8::is_ascii_alphabetic) {
                if is_possessive(bytes, at + 3) {
                    at += 4;
                    break;
                }
                at += 3;
                continue;
            }
            if is_unspaced(c) || !(is_letter(c) || is_ignored(c)) {
                break;
            }
            shape.is_capital |= is_first && has_case(c) && c.is_uppercase();
            shape.has_digit |= is_digit(c);
            is_hangul |= ('\u{ac00}'..='\u{d7a3}').contains(&c);
            last_lower = has_case(c) && c.is_lowercase();
            fold(c, buffer);
            at += c.len_utf8();
        }
        is_first = false;
    }
    if buffer.is_empty() {
        return at.max(start + 1);
    }
    each(buffer, shape);
    if has_parts {
        parts(&text[start..at], buffer, each);
    } else if is_hangul {
        bigrams(buffer, shape, each);
    }
    at
}

fn push(buffer: &mut String, c: char) {
    if buffer.len() < LONGEST {
        buffer.push(c);
    }
}

/// Whether the mark at `at` joins what stands around it; how many bytes to go on.
fn joint(bytes: &[u8], at: usize) -> Option<usize> {
    let before = *bytes.get(at.checked_sub(1)?)?;
    let after = *bytes.get(at + 1)?;
    match bytes[at] {
        b'\'' => (before.is_ascii_alphabetic() && after.is_ascii_alphabetic()).then_some(1),
        b'.' | b',' | b':' => (before.is_ascii_digit() && after.is_ascii_digit()).then_some(1),
        _ => None,
    }
}

fn is_possessive(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), Some(b's' | b'S')) && bytes.get(at + 1).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// The parts of `snake_case` and `camelCase`.
fn parts(raw: &str, buffer: &mut String, each: &mut impl FnMut(&str, Shape)) {
    let mut rest = raw;
    while !rest.is_empty() {
        let mut last_lower = false;
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            if c == '_' || (last_lower && c.is_uppercase()) {
                end = at;
                break;
            }
            last_lower = c.is_lowercase();
        }
        let part = &rest[..end];
        if part.len() > 1 {
            buffer.clear();
            part.chars().for_each(|c| fold(c, buffer));
            let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
            each(buffer, Shape { is_capital: false, has_digit, is_piece: true });
        }
        rest = rest[end..].trim_start_matches('_');
    }
}

/// The bigrams of a folded word.
fn bigrams(word: &str, shape: Shape, each: &mut impl FnMut(&str, Shape)) {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    if starts.len() < 4 {
        return;
    }
    for pair in starts.windows(3) {
        each(&word[pair[0]..pair[2]], Shape { is_piece: true, ..shape });
    }
}

/// A run of a script without blanks: bigrams of Han and Kana, trigrams of clusters in Thai, Lao, Khmer and Myanmar, whose
/// letters say less.
fn run(text: &str, start: usize, buffer: &mut String, each: &mut impl FnMut(&str, Shape)) -> usize {
    let mut end = start;
    let mut starts: Vec<usize> = Vec::new();
    buffer.clear();
    let mut is_han = true;
    for c in text[start..].chars() {
        if !is_unspaced(c) {
            break;
        }
        is_han &= !is_southeast(c);
        if !(is_southeast(c) && is_mark(c)) || starts.is_empty() {
            starts.push(buffer.len());
        }
        buffer.push(c);
        end += c.len_utf8();
    }
    starts.push(buffer.len());
    let shape = Shape { is_piece: true, ..Shape::default() };
    let width = if is_han { 2 } else { 3 };
    if starts.len() <= width {
        each(buffer, shape);
        return end;
    }
    for gram in starts.windows(width + 1) {
        each(&buffer[gram[0]..gram[width]], shape);
    }
    end
}

/// Scripts that put no blanks between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    is_southeast(c)
        || matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}' | '々' | '〇')
}

fn is_southeast(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e4e}' | '\u{e80}'..='\u{ecd}' | '\u{1000}'..='\u{103f}' | '\u{1780}'..='\u{17d3}')
}

/// Vowel signs and tone marks of Thai, Lao, Khmer and Myanmar.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{e30}'..='\u{e3a}' | '\u{e45}'..='\u{e4e}' | '\u{eb0}'..='\u{ebc}' | '\u{ec8}'..='\u{ecd}'
        | '\u{102b}'..='\u{103e}' | '\u{17b4}'..='\u{17d3}')
}

/// Letters, digits and the marks that belong to them. The great blocks are known here: the tables of the standard library
/// are searched for the rest.
fn is_letter(c: char) -> bool {
    match c {
        '\u{300}'..='\u{36f}'
        | '\u{400}'..='\u{481}'
        | '\u{48a}'..='\u{52f}'
        | '\u{620}'..='\u{64a}'
        | '\u{66e}'..='\u{6d3}'
        | '\u{900}'..='\u{963}'
        | '\u{966}'..='\u{dff}'
        | '\u{ac00}'..='\u{d7a3}' => true,
        '\u{2000}'..='\u{206f}' | '\u{964}' | '\u{965}' => false,
        _ => c.is_alphanumeric(),
    }
}

/// Whether the script may have capitals.
const fn has_case(c: char) -> bool {
    matches!(c, '\0'..'\u{590}' | '\u{10a0}'..'\u{1400}' | '\u{1c80}'..'\u{2e80}' | '\u{a640}'..'\u{ac00}' | '\u{ff00}'..'\u{1f000}')
}

/// Digits of the scripts that have their own.
const fn is_digit(c: char) -> bool {
    matches!(c, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' | '\u{966}'..='\u{96f}' | '\u{9e6}'..='\u{9ef}'
        | '\u{e50}'..='\u{e59}' | '\u{ff10}'..='\u{ff19}')
}

/// What stands inside words and says nothing: joiners, soft hyphens, combining accents, Arabic vowel marks and tatweel,
/// the nukta of Hindi.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{300}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{640}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{93c}' | '\u{9bc}' | '\u{a3c}' | '\u{feff}')
}

/// Appends the folded form of a character.
fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        push(out, c.to_ascii_lowercase());
        return;
    }
    if is_ignored(c) {
        return;
    }
    let plain = match c {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => 'a',
        'Ç' | 'ç' | 'Ć'..='č' => 'c',
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => 'e',
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => 'i',
        'Ñ' | 'ñ' | 'Ń'..='ŉ' => 'n',
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' => 'o',
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => 'u',
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => 'y',
        'Ś'..='š' => 's',
        'Ź'..='ž' => 'z',
        'Ĝ'..='ģ' => 'g',
        'Ł' | 'ł' | 'Ĺ'..='ľ' => 'l',
        'Ŕ'..='ř' => 'r',
        'Ţ'..='ť' => 't',
        'Ď'..='đ' => 'd',
        'ё' | 'Ё' => 'е',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ی' => 'ي',
        'ة' => 'ه',
        'ک' => 'ك',
        'ά' | 'Ά' => 'α',
        'έ' | 'Έ' => 'ε',
        'ή' | 'Ή' => 'η',
        'ί' | 'Ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' | 'Ό' => 'ο',
        'ύ' | 'Ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' | 'Ώ' => 'ω',
        'ς' => 'σ',
        // Precomposed nukta letters of Hindi.
        '\u{958}' => '\u{915}',
        '\u{959}' => '\u{916}',
        '\u{95a}' => '\u{917}',
        '\u{95b}' => '\u{91c}',
        '\u{95c}' => '\u{921}',
        '\u{95d}' => '\u{922}',
        '\u{95e}' => '\u{92b}',
        // The nasal sign is written with either mark.
        '\u{901}' => '\u{902}',
        'ß' | 'ẞ' => {
            push(out, 's');
            's'
        }
        'æ' | 'Æ' => {
            push(out, 'a');
            'e'
        }
        'œ' | 'Œ' => {
            push(out, 'o');
            'e'
        }
        '\u{ff01}'..='\u{ff5e}' => char::from((c as u32 - 0xfee0) as u8).to_ascii_lowercase(),
        _ if has_case(c) => {
            c.to_lowercase().for_each(|c| push(out, c));
            return;
        }
        _ => c,
    };
    push(out, plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        words(text, &mut String::new(), |word, _| found.push(word.to_owned()));
        found
    }

    #[test]
    fn words_are_folded_and_joints_understood() {
        assert_eq!(
            folded("Don't touch Röntgen's 1,462 x-rays (3.14, 4:51)."),
            ["dont", "touch", "rontgen", "1462", "x", "rays", "3.14", "4:51"]
        );
        assert_eq!(folded("Straße ŁÓDŹ ёлка"), ["strasse", "lodz", "елка"]);
        assert_eq!(folded("U.S. e.g."), ["u", "s", "e", "g"]);
    }

    #[test]
    fn identifiers_are_whole_and_in_parts() {
        assert_eq!(
            folded("getUserName max_tokens"),
            ["getusername", "get", "user", "name", "max_tokens", "max", "tokens"]
        );
    }

    #[test]
    fn scripts_without_blanks_are_cut_into_grams_and_indic_marks_stay() {
        assert_eq!(folded("北京市 abc"), ["北京", "京市", "abc"]);
        assert_eq!(folded("दिए फ़ंक्शन"), ["दिए", "फंक्शन"]);
        assert_eq!(folded("서울에서"), ["서울에서", "서울", "울에", "에서"]);
        assert_eq!(folded("กรุงเทพ").len(), 4);
    }

    #[test]
    fn every_text_ends() {
        for text in ["'", "a'", "\u{301}", "\u{200d}", "1.", "_", "a_", "’s", "\u{64b}\u{64b}", "ß"] {
            folded(text);
        }
    }
}
