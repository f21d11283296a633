//! Characters that nobody sees and letters that look like others: what they are called, and where they are at home. Only
//! what the rules need of Unicode.

/// The name, with its article, of a character that is not seen, if it is one that prompts are attacked with or that copying leaves behind.
pub(super) fn invisible(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{200b}' => "a zero-width space",
        '\u{200c}' => "a zero-width non-joiner",
        '\u{200d}' => "a zero-width joiner",
        '\u{2060}' => "a word joiner",
        '\u{2061}'..='\u{2064}' => "an invisible operator",
        '\u{feff}' => "a byte-order mark",
        '\u{180e}' => "a Mongolian vowel separator",
        '\u{3164}' | '\u{ffa0}' => "a Hangul filler",
        _ => return None,
    })
}

/// A tag character, which spells ASCII unseen: the letter that it spells.
pub(super) fn tag(c: char) -> Option<char> {
    let ascii = u32::from(c).checked_sub(0xe0000).filter(|n| *n < 0x80)?;
    char::from_u32(ascii)
}

/// A variation selector as a byte: 256 of them, so that a run of them can spell anything.
pub(super) fn selector(c: char) -> Option<u8> {
    match u32::from(c) {
        n @ 0xfe00..=0xfe0f => u8::try_from(n - 0xfe00).ok(),
        n @ 0xe0100..=0xe01ef => u8::try_from(n - 0xe0100 + 16).ok(),
        _ => None,
    }
}

/// The name, with its article, of a character that turns the direction of text.
pub(super) fn bidi(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{202a}' => "a left-to-right embedding",
        '\u{202b}' => "a right-to-left embedding",
        '\u{202c}' => "the end of an embedding or override",
        '\u{202d}' => "a left-to-right override",
        '\u{202e}' => "a right-to-left override",
        '\u{2066}' => "a left-to-right isolate",
        '\u{2067}' => "a right-to-left isolate",
        '\u{2068}' => "a first-strong isolate",
        '\u{2069}' => "the end of an isolate",
        _ => return None,
    })
}

/// Whether it is a letter of a script that runs from right to left.
pub(super) fn is_rtl(c: char) -> bool {
    matches!(u32::from(c), 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff | 0x1e800..=0x1efff)
}

/// Whether zero-width (non-)joiners belong beside it: Arabic and Persian, the scripts of India and South-East Asia, Mongolian.
pub(super) fn is_joined(c: char) -> bool {
    matches!(u32::from(c), 0x600..=0x8ff | 0x900..=0x109f | 0x1780..=0x18af | 0x1900..=0x1aff | 0x1b00..=0x1bff
        | 0xa8e0..=0xa8ff | 0xa980..=0xaaff | 0xfb50..=0xfdff | 0xfe70..=0xfefc | 0x11000..=0x11fff)
}

/// Whether a zero-width joiner may bind it to the next: a pictograph, its colour, its variation.
pub(super) fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x2190..=0x2bff | 0xfe0f | 0x1f000..=0x1faff | 0xe007f)
}

/// Whether words are set apart by zero-width spaces in its script: Thai, Lao, Burmese, Khmer, Tibetan, Javanese.
pub(super) fn is_spaced_unseen(c: char) -> bool {
    matches!(u32::from(c), 0xe00..=0xfff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x1950..=0x1aaf | 0xa980..=0xa9ff)
}

/// A script of letters that are taken for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Greek,
}

impl Script {
    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Script::Latin => "Latin",
            Script::Cyrillic => "Cyrillic",
            Script::Greek => "Greek",
        }
    }

    /// The script of a letter, if it is one of these.
    pub(super) fn of(c: char) -> Option<Script> {
        match u32::from(c) {
            0x41..=0x5a | 0x61..=0x7a | 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0x24f => Some(Script::Latin),
            0x370..=0x3ff => c.is_alphabetic().then_some(Script::Greek),
            0x400..=0x52f => c.is_alphabetic().then_some(Script::Cyrillic),
            _ => None,
        }
    }
}

/// Letters that cannot be told from Latin ones, each with that. Greek small letters but omicron are left out: beside Latin
/// letters they are mathematics and units.
const LOOKALIKES: &[(char, char)] = &[
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('һ', 'h'),
    ('ԁ', 'd'),
    ('ԛ', 'q'),
    ('ԝ', 'w'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('У', 'Y'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('Ѕ', 'S'),
    ('ο', 'o'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];

/// The Latin letter that it cannot be told from.
pub(super) fn latin(c: char) -> Option<char> {
    LOOKALIKES.iter().find(|(letter, _)| *letter == c).map(|(_, latin)| *latin)
}

/// The Cyrillic letter that a Latin one cannot be told from.
pub(super) fn cyrillic(c: char) -> Option<char> {
    LOOKALIKES
        .iter()
        .find(|(letter, latin)| *latin == c && Script::of(*letter) == Some(Script::Cyrillic))
        .map(|(l, _)| *l)
}
