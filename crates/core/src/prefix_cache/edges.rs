//! Edges: where a prompt can be cut so that two prompts are seen to share a beginning. Digests are chained, so that an
//! edge names everything before it.

use std::ops::Deref;

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::chat::{AnswerFormat, CacheMark, ChatRequest, Content, MediaId, Message, Part, Role};
use crate::framing::{Place, Weight};

/// Bytes between two edges inside one part: some 128 tokens of English, the step of the coarsest provider.
const CHUNK: usize = 512;

/// A point in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Names all that stands before this point.
    pub digest: u64,
    /// What ends here.
    pub kind: EdgeKind,
    /// Tools, schema and system instructions, which stand still from call to call.
    pub is_standing: bool,
    /// The part it lies in or ends.
    pub place: Place,
    /// How far into the part, in 1/65536.
    pub share: u32,
}

/// What ends at an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// Nothing: a cut inside a part.
    Inside,
    /// A part.
    PartEnd,
    /// A part with a cache breakpoint.
    Breakpoint {
        /// For the long time to live.
        is_long: bool,
    },
}

/// Edges of a request in the order in which models see it: tools, schema, messages. Then, from the returned index on,
/// those of the answer, if one is given.
pub fn edges(request: &ChatRequest, answer: Option<&[Part]>) -> (Vec<Edge>, usize) {
    edges_knowing(request, answer, |_| None)
}

/// The digests of what lies between the edges of a message that is one text and nothing else: what of its edges does not
/// depend on what stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bites(SmallVec<[u64; 4]>);

impl Deref for Bites {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.0
    }
}

/// The bites of a message, for [`edges_knowing`]; `None` if it is not one plain text.
pub fn bites(message: &Message) -> Option<Bites> {
    let text = plain_text(message)?.as_bytes();
    // The last is there even if it is empty.
    let n = text.len().saturating_sub(1) / CHUNK;
    Some(Bites((0..=n).map(|n| bite(&text[n * CHUNK..text.len().min((n + 1) * CHUNK)])).collect()))
}

/// The text of a message that is one text and nothing else.
pub(crate) fn plain_text(message: &Message) -> Option<&str> {
    match message.parts.as_slice() {
        [Part { content: Content::Text(text), .. }] if message.media.is_empty() => Some(text),
        _ => None,
    }
}

/// As [`edges`], with the bites of messages (by index) as far as they are known.
pub fn edges_knowing<'b>(
    request: &ChatRequest,
    answer: Option<&[Part]>,
    known: impl Fn(usize) -> Option<&'b [u64]>,
) -> (Vec<Edge>, usize) {
    // As many as there are bites: what was allocated too small would be copied.
    let n_edges = (0..request.messages.len()).map(|m| known(m).map_or(2, <[u64]>::len));
    let mut chain = Chain {
        hasher: Digest::new(),
        edges: Vec::with_capacity(2 + n_edges.sum::<usize>()),
        media: Vec::new(),
        is_by_part: false,
        bites: None,
    };
    for (t, tool) in request.tools.iter().enumerate() {
        chain.open("tool", "");
        chain.eat(tool.json.as_bytes());
        if let Some(mark) = tool.cache_mark {
            chain.close(Place::Tools, share_of(t + 1, request.tools.len()), true, Some(mark));
        }
    }
    if !request.tools.is_empty() {
        chain.close(Place::Tools, FULL, true, None);
    }
    if let AnswerFormat::JsonSchema { schema, .. } = &request.answer_format {
        chain.open("schema", "");
        chain.eat(schema.to_string().as_bytes());
        chain.close(Place::Schema, FULL, true, None);
    }
    let n_messages = request.messages.len();
    for (m, message) in request.messages.iter().enumerate() {
        chain.bites = known(m);
        chain.message(m, message, (m + 1 == n_messages).then_some(request.cache_mark).flatten());
    }
    let n_prompt = chain.edges.len();
    if let Some(parts) = answer {
        let message = Message { role: Role::Assistant, parts: parts.to_vec(), ..Message::default() };
        chain.bites = None;
        chain.message(n_messages, &message, None);
    }
    (chain.edges, n_prompt)
}

/// Tokens of the prompt up to each edge, by a model's weight of it as [`weigh`](crate::framing::weigh) gives it, its
/// pieces in the order of their places. Edges from `n_prompt_edges` on are the answer's: they get the total and what
/// the answer weighs. O(edges + pieces).
pub fn token_offsets(edges: &[Edge], n_prompt_edges: usize, weight: &Weight, answer_tokens: u64) -> Vec<u64> {
    let total = weight.total();
    // Pieces and edges both stand in the order of their places, so one walk along both finds them all.
    let mut pieces = weight.pieces.iter().peekable();
    let mut passed = 0;
    let mut here = (Place::Added, 0, None);
    let mut last = 0;
    edges
        .iter()
        .enumerate()
        .map(|(number, edge)| {
            if here.0 != edge.place {
                while let Some(piece) = pieces.next_if(|piece| piece.place.order() < edge.place.order()) {
                    passed += piece.tokens;
                }
                here = (edge.place, passed, None);
                while let Some(piece) = pieces.next_if(|piece| piece.place == edge.place) {
                    passed += piece.tokens;
                    here.2 = Some(passed - here.1);
                }
            }
            let at = match here {
                (_, start, Some(tokens)) => start + tokens * u64::from(edge.share) / u64::from(FULL),
                _ if number >= n_prompt_edges => total.saturating_add(answer_tokens),
                // A part without a piece of its own: an empty text.
                _ => last,
            };
            last = last.max(at);
            last
        })
        .collect()
}

const FULL: u32 = 1 << 16;

fn share_of(done: usize, all: usize) -> u32 {
    (done as u64 * u64::from(FULL) / all.max(1) as u64) as u32
}

/// How much text of a part [`Chain::long`] goes through.
fn n_text_bytes(content: &Content) -> usize {
    match content {
        Content::Text(text) | Content::Refusal(text) | Content::Document { text, .. } => text.len(),
        Content::ToolResult { parts, .. } => parts.iter().map(|part| n_text_bytes(&part.content)).sum(),
        _ => 0,
    }
}

struct Chain<'b> {
    hasher: Digest,
    edges: Vec<Edge>,
    /// Media of the current message still to be named, the last first.
    media: Vec<MediaId>,
    /// Each of them belongs to one part; else nobody knows which to which, and the first part takes them all.
    is_by_part: bool,
    /// Of the current message, if they are known.
    bites: Option<&'b [u64]>,
}

/// How far into the texts of one part: a tool's result may hold several.
struct Progress {
    done: usize,
    all: usize,
}

impl Chain<'_> {
    fn message(&mut self, index: usize, message: &Message, end_mark: Option<CacheMark>) {
        self.open(role_name(message.role), message.name.as_deref().unwrap_or(""));
        self.media = message.media.iter().rev().copied().collect();
        self.is_by_part = self.media.len() == message.n_media();
        let is_standing = matches!(message.role, Role::System | Role::Developer);
        let n_parts = message.parts.len();
        for (p, part) in message.parts.iter().enumerate() {
            let place = Place::Part { message: index as u32, part: p as u32 };
            let mut progress = Progress { done: 0, all: n_text_bytes(&part.content) };
            self.part(part, place, is_standing, &mut progress);
            let mark = part.cache_mark.or(end_mark.filter(|_| p + 1 == n_parts));
            self.close(place, FULL, is_standing, mark);
        }
    }

    fn part(&mut self, part: &Part, place: Place, is_standing: bool, progress: &mut Progress) {
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => self.long(text, place, is_standing, progress),
            Content::Reasoning { text, n_opaque_bytes } => {
                self.open("reasoning", "");
                self.eat(text.as_bytes());
                self.eat(&n_opaque_bytes.to_le_bytes());
            }
            // Call ids differ from call to call in logs of one conversation only if the conversation does.
            Content::ToolCall { id, name, arguments } => {
                self.open("call", name);
                self.eat(id.as_bytes());
                self.eat(arguments.as_bytes());
            }
            Content::ToolResult { id, parts, .. } => {
                self.open("result", id);
                for part in parts {
                    self.part(part, place, is_standing, progress);
                }
            }
            Content::Document { title, text } => {
                self.open("document", title.as_deref().unwrap_or(""));
                self.long(text, place, is_standing, progress);
            }
            Content::Image(image) => self.medium("image", &format!("{image:?}")),
            Content::Audio { n_bytes } => self.medium("audio", &format!("{n_bytes:?}")),
            Content::File { media_type, n_bytes } => self.medium("file", &format!("{media_type:?}{n_bytes:?}")),
            Content::Other { kind, json } => {
                self.open("other", kind);
                self.eat(json.as_bytes());
            }
        }
    }

    /// An image, audio clip or file: its size does not name it, what stands for it does.
    fn medium(&mut self, what: &str, size: &str) {
        self.open(what, size);
        while let Some(MediaId(id)) = self.media.pop() {
            self.eat(&id);
            if self.is_by_part {
                break;
            }
        }
    }

    /// Text with an edge every [`CHUNK`] bytes.
    fn long(&mut self, text: &str, place: Place, is_standing: bool, progress: &mut Progress) {
        let bytes = text.as_bytes();
        let known = self.bites.take();
        let mut known = known.unwrap_or_default().iter().copied();
        let mut done = 0;
        while bytes.len() - done > CHUNK {
            self.hasher.add(known.next().unwrap_or_else(|| bite(&bytes[done..done + CHUNK])));
            done += CHUNK;
            let digest = self.hasher.now();
            let share = share_of(progress.done + done, progress.all);
            self.edges.push(Edge { digest, kind: EdgeKind::Inside, is_standing, place, share });
        }
        self.hasher.add(known.next().unwrap_or_else(|| bite(&bytes[done..])));
        progress.done += bytes.len();
    }

    fn open(&mut self, what: &str, name: &str) {
        self.hasher.eat(what.as_bytes());
        self.hasher.eat(name.as_bytes());
    }

    fn eat(&mut self, bytes: &[u8]) {
        self.hasher.eat(bytes);
    }

    fn close(&mut self, place: Place, share: u32, is_standing: bool, mark: Option<CacheMark>) {
        let kind = match mark {
            Some(mark) => EdgeKind::Breakpoint { is_long: mark == CacheMark::Long },
            None => EdgeKind::PartEnd,
        };
        self.edges.push(Edge { digest: self.hasher.now(), kind, is_standing, place, share });
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

/// A chained digest: each bite is hashed by itself, with its length, and the chain so far is turned by it. Not a
/// cryptographic hash: edges only ever say how much two prompts of one corpus share.
struct Digest(u64);

/// The digest of one bite.
fn bite(bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, (bytes.len() as u64).rotate_left(32))
}

impl Digest {
    fn new() -> Self {
        Digest(0)
    }

    fn eat(&mut self, bytes: &[u8]) {
        self.add(bite(bytes));
    }

    /// A bite joins: what one chain and one bite make, no other chain makes with that bite.
    fn add(&mut self, bite: u64) {
        let mixed = (self.0.rotate_left(23) ^ bite).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn now(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{Piece, Section};

    fn ask(parts: Vec<Part>, media: Vec<MediaId>) -> ChatRequest {
        let message = Message { role: Role::User, name: None, parts, is_multipart: true, media, ..Message::default() };
        ChatRequest { messages: vec![message.into()], ..ChatRequest::default() }
    }

    #[test]
    fn shares_grow_over_all_texts_of_a_result() {
        let parts = vec![Part::text("a".repeat(1500)), Part::text("b".repeat(2500))];
        let content = Content::ToolResult { id: "i".into(), name: None, parts, is_error: false };
        let (edges, _) = edges(&ask(vec![Part { content, cache_mark: None }], Vec::new()), None);
        let shares: Vec<u32> = edges.iter().map(|edge| edge.share).collect();
        assert!(shares.is_sorted_by(|a, b| a < b), "{shares:?}");
        assert_eq!(shares[2], share_of(1500 + 512, 4000));
    }

    #[test]
    fn edges_are_the_same_with_known_bites() {
        for n in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 7] {
            let mut request = ask(vec![Part::text("r".repeat(n))], Vec::new());
            request.messages.push(Message::text(Role::Assistant, "so").into());
            request.messages.push(Message::text(Role::User, "é".repeat(n)).into());
            let known: Vec<_> = request.messages.iter().map(|message| bites(message)).collect();
            let known = edges_knowing(&request, None, |index| known[index].as_deref());
            assert_eq!(known, edges(&request, None), "{n} bytes");
        }
    }

    #[test]
    fn pictures_of_one_size_part_ways_at_the_picture() {
        let picture = || Part { content: Content::Image(crate::chat::Image::default()), cache_mark: None };
        let of = |ids: [u8; 2]| {
            let parts = vec![Part::text("look"), picture(), picture()];
            edges(&ask(parts, ids.iter().map(|id| MediaId([*id; 16])).collect()), None).0
        };
        let (one, other) = (of([1, 2]), of([1, 3]));
        let same: Vec<bool> = one.iter().zip(&other).map(|(a, b)| a.digest == b.digest).collect();
        assert_eq!(same, [true, true, false]);
    }

    #[test]
    fn the_answer_counts_from_its_own_edges_on() {
        // Empty texts have no piece of their own, and an answer may be as long as a request allows.
        let messages = ["hello", ""].map(|text| Message::text(Role::User, text).into()).to_vec();
        let answer = Message::text(Role::Assistant, "Elbe").parts;
        let (edges, n_prompt_edges) = edges(&ChatRequest { messages, ..ChatRequest::default() }, Some(&answer));
        let piece = Piece { section: Section::User, place: Place::Part { message: 0, part: 0 }, tokens: 5 };
        let weight = Weight { pieces: vec![piece], ..Weight::default() };
        let offsets = token_offsets(&edges, n_prompt_edges, &weight, u64::MAX);
        assert_eq!(offsets[n_prompt_edges - 1], 5);
        assert_eq!(offsets.last(), Some(&u64::MAX));
    }

    proptest::proptest! {
        /// Against a search of all pieces for each edge: pieces of nothing, several of one place, and places without any.
        #[test]
        fn offsets_are_those_of_a_search(
            parts in proptest::collection::vec(0_usize..4, 1..6),
            pieces in proptest::collection::vec((0_u32..6, 0_u32..4, 0_u64..900), 0..20),
            n_answer in 0_usize..3,
        ) {
            let text = |n: usize| vec![Part::text("x".repeat(n * 700)); n];
            let of = |n: &usize| Message { parts: text(*n), ..Message::default() }.into();
            let request = ChatRequest { messages: parts.iter().map(of).collect(), ..ChatRequest::default() };
            let (edges, n_prompt_edges) = edges(&request, Some(&text(n_answer)));
            let piece = |(message, part, tokens): &(u32, u32, u64)| {
                let place = Place::Part { message: *message, part: part.wrapping_sub(1) };
                Piece { section: Section::User, place, tokens: *tokens }
            };
            let mut pieces: Vec<Piece> = pieces.iter().map(piece).collect();
            pieces.sort_by_key(|piece| piece.place.order());
            let mut last = 0;
            let expected: Vec<u64> = edges.iter().enumerate().map(|(number, edge)| {
                let found = pieces.iter().position(|piece| piece.place == edge.place);
                let sum = |pieces: &[Piece]| pieces.iter().map(|piece| piece.tokens).sum::<u64>();
                let of_place = pieces.iter().filter(|piece| piece.place == edge.place).map(|piece| piece.tokens);
                let offset = match found {
                    Some(first) => sum(&pieces[..first]) + of_place.sum::<u64>() * u64::from(edge.share) / u64::from(FULL),
                    None if number >= n_prompt_edges => sum(&pieces) + 7,
                    None => last,
                };
                last = offset.max(last);
                last
            }).collect();
            let weight = Weight { pieces: pieces.clone(), ..Weight::default() };
            proptest::prop_assert_eq!(token_offsets(&edges, n_prompt_edges, &weight, 7), expected);
        }
    }

    #[test]
    fn many_empty_messages_have_edges_in_order() {
        let messages: Vec<_> = (0..100_000).map(|_| Message::text(Role::User, "").into()).collect();
        let (edges, _) = edges(&ChatRequest { messages, ..ChatRequest::default() }, None);
        let piece =
            |message| Piece { section: Section::User, place: Place::Part { message, part: u32::MAX }, tokens: 1 };
        let weight = Weight { pieces: (0..100_000).map(piece).collect(), ..Weight::default() };
        let offsets = token_offsets(&edges, edges.len(), &weight, 0);
        assert_eq!(offsets.len(), edges.len());
        assert!(offsets.is_sorted());
    }
}
