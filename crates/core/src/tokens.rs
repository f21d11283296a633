//! Token counters behind one small interface. Exact counters for the encodings whose vocabulary is public
//! ([`Encoding`]); calibrated approximations, labelled as such, for the rest ([`Family`], `tokens/approx.rs`).

pub mod approx;
pub mod kept;
pub mod memo;

mod exact;

pub use exact::Encoding;

/// Counts tokens of plain text. Text that spells a special token (`<|endoftext|>`) counts as the plain text it is.
pub trait TokenCounter: Send + Sync {
    /// Tokens of the text. Linear time.
    fn count(&self, text: &str) -> u64;

    /// Tokens of the text if they are at most `limit`, else `None`; stops early on long text.
    fn count_up_to(&self, text: &str, limit: u64) -> Option<u64>;

    /// The token ids.
    fn encode(&self, text: &str) -> Vec<u32>;

    /// Byte offset at which the token with index `n` begins, `text.len()` if the text has at most `n` tokens. The offset
    /// may lie inside a character.
    fn offset_of(&self, text: &str, n: u64) -> usize;
}

/// How a model's tokens are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tokenizer {
    /// With its own public vocabulary.
    Exact(Encoding),
    /// By a calibrated approximation for its family.
    Approx(Family),
}

/// A family of models that share a vocabulary that is not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Claude up to Opus 4.6.
    Claude,
    /// Claude with the vocabulary introduced by Opus 4.7.
    Claude47,
    /// Gemini and Gemma.
    Gemini,
    /// Mistral's Tekken and older vocabularies.
    Mistral,
    /// DeepSeek V3 and later.
    DeepSeek,
    /// Qwen.
    Qwen,
    /// Llama 3 and 4.
    Llama,
    /// Grok.
    Grok,
    /// Cohere Command.
    Command,
    /// Amazon Nova.
    Nova,
    /// Amazon Titan.
    Titan,
    /// Anything else.
    Unknown,
}

/// Every family, with the name used in the catalogue's `tokenizer` column.
pub const FAMILIES: [(Family, &str); 12] = [
    (Family::Claude, "claude"),
    (Family::Claude47, "claude-4.7"),
    (Family::Gemini, "gemini"),
    (Family::Mistral, "mistral"),
    (Family::DeepSeek, "deepseek"),
    (Family::Qwen, "qwen"),
    (Family::Llama, "llama"),
    (Family::Grok, "grok"),
    (Family::Command, "command"),
    (Family::Nova, "nova"),
    (Family::Titan, "titan"),
    (Family::Unknown, "unknown"),
];

impl Tokenizer {
    /// The name in the catalogue and in reports: an encoding's name or a family's.
    pub fn name(self) -> &'static str {
        match self {
            Tokenizer::Exact(encoding) => encoding.name(),
            Tokenizer::Approx(family) => {
                FAMILIES.iter().find(|(known, _)| *known == family).map_or("unknown", |(_, name)| name)
            }
        }
    }

    /// From the name in the catalogue.
    pub fn from_name(name: &str) -> Option<Tokenizer> {
        Encoding::from_name(name)
            .map(Tokenizer::Exact)
            .or_else(|| FAMILIES.iter().find(|(_, known)| *known == name).map(|(family, _)| Tokenizer::Approx(*family)))
    }

    /// Has the system bring in what the first count reads of the program's tables, which are not loaded otherwise. To
    /// be called by a thread that has nothing else to do.
    pub fn load(self) {
        let encoding = match self {
            Tokenizer::Exact(encoding) => encoding,
            Tokenizer::Approx(_) => Encoding::O200kBase,
        };
        encoding.counter().count("The first count reads a little of every table.");
    }

    /// True if counts are the provider's own.
    pub const fn is_exact(self) -> bool {
        matches!(self, Tokenizer::Exact(_))
    }
}
