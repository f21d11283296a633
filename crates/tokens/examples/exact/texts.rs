//! Texts that try a tokenizer: each character in contexts, and documents made of symbols that meet at the patterns' edges.

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// A character where the patterns decide by what stands beside it.
pub(crate) fn contexts(c: char) -> [String; 18] {
    [
        format!("{c}"),
        format!("a{c}"),
        format!("{c}a"),
        format!("A{c}B"),
        format!("aB{c}c"),
        format!(" {c}"),
        format!("  {c} "),
        format!("{c}{c}{c}{c}"),
        format!(".{c}a"),
        format!("..{c}."),
        format!(" .{c}x"),
        format!("1{c}23"),
        format!("12345{c}"),
        format!("\n{c}\n"),
        format!("x'{c}s"),
        format!("中{c}A'll{c}"),
        format!("\t{c}\u{301}e {c}/\n/{c}"),
        format!("{c} \n {c}  {c}"),
    ]
}

const CONTRACTIONS: &[&str] = &[
    "'", "'", "'", "s", "S", "\u{17f}", "t", "re", "RE", "r", "E", "ve", "v", "m", "ll", "lL", "l", "d", "x", " ",
    "\u{2019}",
];
const BLANKS: &[&str] = &[
    " ", " ", "  ", "\n", "\n", "\r\n", "\r", "\t", "\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2028}", "\u{3000}",
    "\u{1c}", "\u{200b}", "\u{feff}", "x", "1", ".", "中",
];
const NUMBERS: &[&str] =
    &["1", "23", "456", "0", "\u{b2}", "\u{664}", "\u{2167}", "\u{1d7d8}", "½", " ", ",", "a", "'", "\u{301}", "-"];
const WORDS: &[&str] = &[
    "a",
    "bc",
    "word",
    "A",
    "BC",
    "CamelCase",
    "HTTPServer",
    "é",
    "É",
    "ǅ",
    "中",
    "文字",
    "ʰ",
    "ª",
    "\u{301}",
    "\u{93f}",
    "क",
    "ﬁ",
    "ß",
    "Ω",
    "я",
    "Я",
    "ا",
    "ש",
    "한",
    "ไ",
    " ",
    "'s",
    "1",
    "-",
    "_",
    "𝒜",
    "𝓪",
    "🄰",
];
const SYMBOLS: &[&str] = &[
    ".",
    ",",
    "/",
    "//",
    "\n",
    "\n\n",
    "\r\n",
    "{",
    "}",
    "();",
    "=",
    "==",
    "====",
    "—",
    "“",
    "”",
    "…",
    "☃",
    "🦀",
    "👩\u{200d}👧",
    "❤\u{fe0f}",
    "\u{301}",
    "\u{20dd}",
    "€",
    " ",
    "  ",
    "\t",
    "a",
    "B",
    "1",
    "<|endoftext|>",
    "<|im_start|>",
    "\u{0}",
    "\u{7f}",
];
const CODE: &[&str] = &[
    "fn ",
    "let ",
    "self.",
    "return",
    "    ",
    "\n",
    "\n\n",
    "        ",
    "\t\t",
    "{",
    "}",
    "()",
    "=> ",
    "// ",
    "\"",
    "x",
    "foo_bar",
    "FooBar",
    "0x1f",
    "1_000",
    "::",
    "<T>",
    "&mut ",
    "#[test]\n",
    "'a",
    "\\n",
    "é",
    "->",
    ";\n",
    ";\n    ",
    "/*",
    "*/\n",
];
const EVERYTHING: &[&[&str]] = &[CONTRACTIONS, BLANKS, NUMBERS, WORDS, SYMBOLS, CODE];

/// The kinds of document that [`document`] makes.
pub(crate) const N_KINDS: usize = 13;

/// A document of a kind, of 1 to `longest` symbols.
pub(crate) fn document(kind: usize, longest: usize, random: &mut Random) -> String {
    let n = 1 + random.below(longest);
    let mut text = String::new();
    match kind {
        0..=5 => (0..n).for_each(|_| text.push_str(random.one(EVERYTHING[kind]))),
        6 => (0..n).for_each(|_| {
            let alphabet = random_alphabet(random.next());
            text.push_str(random.one(alphabet));
        }),
        7 => {
            let bytes: Vec<u8> = (0..n * 3).map(|_| random.next() as u8).collect();
            text = String::from_utf8_lossy(&bytes).into_owned();
        }
        8 => text.extend((0..n).filter_map(|_| char::from_u32(random.below(0x3_0000) as u32))),
        9 => {
            for _ in 0..=n / 16 {
                let c = any(random);
                text.push_str(&c.repeat(1 + random.below(300)));
            }
        }
        10 => text.extend((0..n * 8).map(|_| (b'a' + random.below(26) as u8) as char)),
        11 => {
            // One or two symbols, over and over.
            let pair = [any(random), any(random)];
            (0..n * 4).for_each(|_| text.push_str(pair[random.below(2)]));
        }
        _ => {
            let letters = ["аб", "क्षि", "ไทย", "日本", "한국", "עב", "عر", "éà", "ełó", "Ωα"];
            let script = random.one(&letters);
            let chars: Vec<char> = script.chars().collect();
            for _ in 0..n * 3 {
                text.push(if random.below(7) == 0 { ' ' } else { chars[random.below(chars.len())] });
            }
        }
    }
    text
}

fn any(random: &mut Random) -> &'static str {
    let alphabet = EVERYTHING[random.below(EVERYTHING.len())];
    random.one(alphabet)
}

fn random_alphabet(state: u64) -> &'static [&'static str] {
    EVERYTHING[(state >> 40) as usize % EVERYTHING.len()]
}
