//! What the frames share: pieces are gathered one by one, and at the end the interval is laid around their sum.

use super::{Piece, Place, Scale, Section, Sections, Weight};
use crate::chat::{ChatRequest, Content, Message, Part, Role};

/// Gathers a request's pieces.
pub(super) struct Tally<'a> {
    pub(super) request: &'a ChatRequest,
    sections: Sections<'a>,
    pub(super) scale: &'a Scale<'a>,
    pieces: Vec<Piece>,
    unknown: Vec<&'static str>,
    below: u64,
    above: u64,
}

/// How far the bill may lie from the expectation, beyond what single pieces are unsure of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slack {
    /// Tokens either way: rounding, markers.
    pub(super) tokens: u64,
    /// Thousandths of the whole, either way.
    pub(super) per_mille: u64,
}

impl<'a> Tally<'a> {
    pub(super) fn new(request: &'a ChatRequest, scale: &'a Scale<'a>) -> Self {
        Tally {
            request,
            sections: Sections::of(request),
            scale,
            pieces: Vec::new(),
            unknown: Vec::new(),
            below: 0,
            above: 0,
        }
    }

    /// Tokens of a text.
    pub(super) fn tokens(&self, text: &str) -> u64 {
        self.scale.tokens(text)
    }

    /// A piece; nothing if it weighs nothing.
    pub(super) fn add(&mut self, section: Section, place: Place, tokens: u64) {
        if tokens > 0 {
            self.pieces.push(Piece { section, place, tokens });
        }
    }

    /// The tool definitions.
    pub(super) fn tools(&mut self, tokens: u64) {
        self.add(Section::Tools, Place::Tools, tokens);
    }

    /// The answer's schema.
    pub(super) fn schema(&mut self, tokens: u64) {
        self.add(Section::Schema, Place::Schema, tokens);
    }

    /// What the provider adds.
    pub(super) fn framing(&mut self, tokens: u64) {
        self.add(Section::Framing, Place::Added, tokens);
    }

    /// A part of a message.
    pub(super) fn part(&mut self, message: usize, part: usize, tokens: u64) {
        let content = &self.request.messages[message].parts[part].content;
        let place = Place::Part { message: message as u32, part: part as u32 };
        if tokens >= 128
            && !self.scale.is_exact()
            && let Content::Text(text) = content
            && is_litany(text)
        {
            self.unsure(tokens / 3, tokens);
        }
        self.add(self.sections.part(message, content), place, tokens);
    }

    /// The markers around a message.
    pub(super) fn marks(&mut self, message: usize, tokens: u64) {
        let section = match self.request.messages[message].parts.first() {
            Some(part) => self.sections.part(message, &part.content),
            None => Section::Framing,
        };
        self.add(section, Place::Part { message: message as u32, part: u32::MAX }, tokens);
    }

    /// Tokens that may be missing from, or too many in, what was gathered.
    pub(super) fn unsure(&mut self, below: u64, above: u64) {
        self.below += below;
        self.above += above;
    }

    /// Something that cannot be weighed, with the tokens that it may add.
    pub(super) fn unknown(&mut self, what: &'static str, at_most: u64) {
        if !self.unknown.contains(&what) {
            self.unknown.push(what);
        }
        self.above += at_most;
    }

    /// Tokens gathered so far.
    pub(super) fn total(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.tokens).sum()
    }

    /// The weight: the pieces in the order in which the model sees them, and the interval.
    pub(super) fn finish(mut self, slack: Slack) -> Weight {
        if self.request.has_stored_context {
            self.unknown("stored context: not in the body", 0);
        }
        if !self.request.server_tools.is_empty() {
            self.unknown("server-side tools: they add input that is not in the body", 0);
        }
        // Tools, then what else is added, then the messages; the schema last.
        self.pieces.sort_by_key(|piece| match piece.place {
            Place::Tools | Place::Added => 0,
            Place::Part { .. } => 1,
            Place::Schema => 2,
        });
        let total = self.total();
        let around = slack.tokens + total * slack.per_mille / 1000;
        Weight {
            pieces: self.pieces,
            low: total.saturating_sub(around + self.below),
            high: total + around + self.above,
            unknown: self.unknown,
        }
    }
}

/// True if a long text says a few words over and over. An approximation is right on average over many words; here it is
/// as wrong as it is for the few. 48 words, evenly spaced, are looked at.
fn is_litany(text: &str) -> bool {
    const SAMPLES: usize = 48;
    let bytes = text.as_bytes();
    let word_at = |i: usize| {
        let rest = &bytes[bytes.len() / SAMPLES * i..];
        rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).nth(1)
    };
    // Most texts have more words than that after a few looks.
    let mut words: Vec<&[u8]> = Vec::with_capacity(SAMPLES / 8);
    for word in (0..SAMPLES).filter_map(word_at) {
        if !words.contains(&word) {
            if words.len() == SAMPLES / 8 {
                return false;
            }
            words.push(word);
        }
    }
    true
}

/// Tokens of a tool result's text parts; other parts are left to the caller.
pub(super) fn result_text(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match &part.content {
        Content::Text(text) | Content::Document { text, .. } => Some(&**text),
        Content::Other { json, .. } => Some(&**json),
        _ => None,
    })
}

/// True if the message holds standing instructions.
pub(super) fn is_system(message: &Message) -> bool {
    matches!(message.role, Role::System | Role::Developer)
}

/// The index of the last message that a user wrote (a message that only carries tool results is not one).
pub(super) fn last_user(request: &ChatRequest) -> usize {
    let wrote = |message: &Message| {
        let has = |what: fn(&Content) -> bool| message.parts.iter().any(|part| what(&part.content));
        let brings_results = has(|content| matches!(content, Content::ToolResult { .. }));
        message.role == Role::User && (!brings_results || has(|content| matches!(content, Content::Text(_))))
    };
    request.messages.iter().rposition(|message| wrote(message)).unwrap_or(0)
}

/// Adds images, audio and files that a frame has no better figure for: noted, not weighed.
pub(super) fn add_media(tally: &mut Tally<'_>, content: &Content) {
    match content {
        Content::Image(_) => tally.unknown("image: no size, or no formula for this model", 3000),
        Content::Audio { .. } => tally.unknown("audio: not weighed", 3000),
        Content::File { .. } => tally.unknown("file: not weighed", 30_000),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::is_litany;

    #[test]
    fn a_text_of_few_words_is_a_litany() {
        assert!(is_litany(&"amen ".repeat(300)));
        assert!(is_litany(&"so be it ".repeat(300)));
        let words: String = (0..300).flat_map(|i| ["word".to_owned(), i.to_string(), " ".to_owned()]).collect();
        assert!(!is_litany(&words));
        assert!(is_litany(""));
    }
}
