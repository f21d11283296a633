//! Words: what texts are compared by. A word ends at white space, at a tag, or after the colon or equals sign of a field
//! (`id=7`); an ideograph is a word of its own. Words that carry data by their looks (numbers, dates, ids, addresses)
//! share one key, so that they never tell two texts apart.

/// A word of a text, by place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// Equal for equal words, and for all words of [`Looks::Data`].
    pub key: u64,
    pub start: u32,
    pub end: u32,
    pub looks: Looks,
    /// A sign of a form rather than of prose: a label (`Question:`), a tag, a heading, a choice (`A.`).
    pub is_label: bool,
    /// Something variable stands between the word before and this one: its words, in the longest text seen. 0 for none.
    pub gap_before: u32,
    /// The place of a data word that differs from text to text.
    pub is_slot: bool,
}

/// What a word looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// A word of prose or code.
    Plain,
    /// A number, date, id, address: variable wherever it differs.
    Data,
    /// Punctuation alone (bullets, rules): too common to tell anything.
    Punctuation,
}

const DATA_KEY: u64 = 0x6461_7461;

impl Word {
    /// 1 for a word that counts when texts are compared, 0 otherwise.
    pub(super) fn weight(&self) -> usize {
        usize::from(self.looks == Looks::Plain && !self.is_slot)
    }

    pub(super) fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Appends the words of `text`, which begins `offset` bytes into the whole.
pub(super) fn split(text: &str, offset: usize, words: &mut Vec<Word>) {
    let mut start = None;
    let mut is_line_start = true;
    let mut end_word = |from: usize, to: usize, is_line_start: &mut bool| {
        words.push(word(&text[from..to], offset + from, *is_line_start));
        *is_line_start = false;
    };
    for (at, c) in text.char_indices() {
        let breaks =
            c.is_whitespace() || is_ideograph(c) || c == '<' || start.is_some_and(|from| ends_word(&text[from..at], c));
        if let (true, Some(from)) = (breaks, start) {
            end_word(from, at, &mut is_line_start);
            start = None;
        }
        is_line_start |= c == '\n';
        if !c.is_whitespace() && start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        end_word(from, text.len(), &mut is_line_start);
    }
}

/// Whether a word ends before `next` though no space stands there.
fn ends_word(word: &str, next: char) -> bool {
    match word.chars().next_back() {
        Some('>') => true,
        // `id:7` and `"id":7` are a label and a value; `https://…`, `::` and `12:30` are not.
        Some(':' | '=') => {
            (next.is_alphanumeric() || next == '"' || next == '{')
                && word.len() > 2
                && !word.bytes().any(|byte| byte.is_ascii_digit())
        }
        Some(last) => is_ideograph(last),
        None => false,
    }
}

/// Scripts written without spaces, roughly: CJK punctuation to unified ideographs, compatibility forms, extensions.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn word(text: &str, start: usize, is_line_start: bool) -> Word {
    let looks = looks(text);
    let is_label = looks == Looks::Plain
        && (text.ends_with(':')
            || (text.starts_with('<') && text.ends_with('>'))
            || (is_line_start && (text.starts_with('#') || (text.len() <= 3 && text.ends_with(['.', ')'])))));
    // The choice `C.` is not the initial in `C. elegans`.
    let key = if looks == Looks::Data { DATA_KEY } else { mix(hash(text.as_bytes()), u64::from(is_label)) };
    let end = start + text.len();
    Word { key, start: start as u32, end: end as u32, looks, is_label, gap_before: 0, is_slot: false }
}

fn looks(text: &str) -> Looks {
    let bytes = text.as_bytes();
    let mut has_letter = false;
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => return Looks::Data,
            b'@' if i > 0 && i + 1 < bytes.len() => return Looks::Data,
            b':' if bytes[i..].starts_with(b"://") => return Looks::Data,
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => has_letter = true,
            _ => {}
        }
    }
    let bare = text.trim_end_matches(['.', ',', ';', ')', ':']);
    let is_quoted = bare.len() > 2 && bare.starts_with(['"', '\'', '`']) && bare.ends_with(['"', '\'', '`']);
    match (has_letter, is_quoted && bare.contains(['-', '_'])) {
        (false, _) => Looks::Punctuation,
        (true, true) => Looks::Data,
        (true, false) => Looks::Plain,
    }
}

/// A quick hash of a word. Collisions cost a missed or a tried candidate, never a wrong skeleton: the text is compared
/// before a word counts as constant.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut state = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut eight = [0; 8];
        eight.copy_from_slice(chunk);
        state = mix(state, u64::from_le_bytes(eight));
    }
    chunks
        .remainder()
        .iter()
        .fold(mix(state, 1), |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Folds a value into a hash.
pub(super) fn mix(state: u64, value: u64) -> u64 {
    let product = (state ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (product ^ (product >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut words = Vec::new();
        split(text, 0, &mut words);
        let found: Vec<&str> = words.iter().map(|word| word.of(text)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn words_end_at_spaces_tags_fields_and_ideographs() {
        check("", &[]);
        check("  Sort the\n list. ", &["Sort", "the", "list."]);
        check("<doc>The cat</doc>", &["<doc>", "The", "cat", "</doc>"]);
        check("name:Ann id=7 12:30 https://a.example", &["name:", "Ann", "id=", "7", "12:30", "https://a.example"]);
        check("翻訳 now", &["翻", "訳", "now"]);
    }

    #[test]
    fn data_is_known_by_its_looks() {
        let data = ["7", "2026-10-19T02:00:04Z.", "ann@mail.example,", "https://a.example/x", "\"ab-cd\",", "v2"];
        assert!(data.iter().all(|word| looks(word) == Looks::Data));
        assert!(["Sort", "\"word\"", "@", "naïve"].iter().all(|word| looks(word) != Looks::Data));
        assert_eq!(looks("---"), Looks::Punctuation);
    }

    #[test]
    fn labels_are_signs_of_a_form() {
        let text = "A. yes\nQuestion: why\n# Title\nIt is.";
        let mut words = Vec::new();
        split(text, 0, &mut words);
        let labels: Vec<&str> = words.iter().filter(|word| word.is_label).map(|word| word.of(text)).collect();
        assert_eq!(labels, ["A.", "Question:"]);
    }
}
