//! What a character is to the deduplicator: part of a word, a word of its own, something that may be folded away, or a
//! symbol. What is in no list is a symbol: symbols keep texts apart, which is the safe side.

/// Kinds of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Whitespace.
    Blank,
    /// A letter, digit or mark of a script that puts blanks between words.
    Word,
    /// A character of a script without blanks: a word of its own.
    Unspaced,
    /// Punctuation that folding takes away: full stops, commas, dashes, brackets of prose.
    Soft,
    /// Begins a quoted string; the character that ends it.
    Quote(char),
    /// Anything else: operators, currency, arrows, emoji.
    Symbol,
}

/// The class of a character beyond ASCII.
pub(super) fn class(c: char) -> Class {
    match c {
        '“' | '„' | '‟' => Class::Quote('”'),
        '«' => Class::Quote('»'),
        '‹' => Class::Quote('›'),
        '‘' | '‚' => Class::Quote('’'),
        '「' => Class::Quote('」'),
        '『' => Class::Quote('』'),
        '《' => Class::Quote('》'),
        '〈' => Class::Quote('〉'),
        '【' => Class::Quote('】'),
        '\u{200b}' | '\u{feff}' | '\u{ad}' => Class::Blank,
        c if c.is_whitespace() => Class::Blank,
        c if is_unspaced(c) => Class::Unspaced,
        c if is_word(c) => Class::Word,
        c if is_soft(c) => Class::Soft,
        _ => Class::Symbol,
    }
}

fn is_unspaced(c: char) -> bool {
    matches!(c,
        // Thai, Lao, Myanmar, Khmer, without their digits and signs of currency.
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e80}'..='\u{ece}'
        | '\u{1000}'..='\u{103f}' | '\u{1780}'..='\u{17d3}'
        // Kana, Bopomofo, Han.
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Letters and digits, and the marks that stand on them: `is_alphanumeric` leaves out the virama, the nukta and most accents.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c,
            '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}'
            | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
            | '\u{900}'..='\u{963}' | '\u{971}'..='\u{df3}' | '\u{f18}'..='\u{f84}' | '\u{135d}'..='\u{135f}'
            | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200c}' | '\u{200d}' | '\u{fe20}'..='\u{fe2f}')
            && !is_currency(c)
}

/// Signs of money among the letters of Indic scripts.
fn is_currency(c: char) -> bool {
    matches!(c, '\u{9f2}' | '\u{9f3}' | '\u{9fb}' | '\u{af1}' | '\u{bf9}')
}

fn is_soft(c: char) -> bool {
    matches!(
        c,
        '¡' | '¿' | '·' | '§' | '¶' | '\u{2010}'
            ..='\u{2015}' | '’' | '”' | '»' | '›' | '•' | '‣' | '…' | '‥'
        | '،' | '؛' | '؟' | '۔' | '।' | '॥' | '։' | '။' | '၊' | '។' | '\u{e2f}' | '\u{e4f}' | '\u{e5a}' | '\u{e5b}'
        | '、' | '。' | '〜' | '・' | '」' | '』' | '》' | '〉' | '】' | '〔' | '〕'
        | '！' | '（' | '）' | '，' | '－' | '．' | '：' | '；' | '？' | '｡' | '､'
        // What only chooses how an emoji is drawn.
        | '\u{fe0e}' | '\u{fe0f}'
    )
}

/// What an ASCII byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ascii {
    Blank,
    Letter,
    Digit,
    /// Folded away at the edge of a word: `. , ; : ! ? ( ) ' -`.
    Soft,
    /// Begins a quoted string or a bracketed one: quotation marks, backticks, braces, brackets, `<`.
    Opening,
    /// `*`: emphasis, bullets, products.
    Star,
    /// Every other symbol.
    Symbol,
    /// Beyond ASCII.
    Beyond,
}

/// The class of each byte.
pub(super) static ASCII: [Ascii; 256] = {
    let mut table = [Ascii::Beyond; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        table[at] = match byte {
            0..=b' ' | 0x7f => Ascii::Blank,
            b'a'..=b'z' | b'A'..=b'Z' => Ascii::Letter,
            b'0'..=b'9' => Ascii::Digit,
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'(' | b')' | b'\'' | b'-' => Ascii::Soft,
            b'"' | b'`' | b'{' | b'[' | b'<' => Ascii::Opening,
            b'*' => Ascii::Star,
            _ => Ascii::Symbol,
        };
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_their_class() {
        for (text, expected) in [
            ("äßяहि्ن한é", Class::Word),
            ("漢かカไ", Class::Unspaced),
            ("—…。،।¿", Class::Soft),
            ("€≤→😀°₹৳", Class::Symbol),
            ("\u{a0}\u{3000}\u{200b}", Class::Blank),
        ] {
            for c in text.chars() {
                assert_eq!(class(c), expected, "{c}");
            }
        }
        assert_eq!(class('„'), Class::Quote('”'));
    }
}
