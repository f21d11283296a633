//! What a rule sees, and the sums that several rules need: tokens of pieces, the part of a prompt that is the same in every
//! call, changes of text written in the file's notation. Everything that takes time is reckoned once a prompt.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::diagnostic::{Change, Saving};
use super::file::{File, Piece, Prompt, PromptKind};
use super::prose::Prose;
use super::rule::Rule;
use super::settings::Settings;
use super::target::Target;
use super::template::SlotKind;
use crate::compress::body::rewritten;
use crate::compress::{Edit, Options, Pass, Segment, SegmentKind};
use crate::text::{ceil, floor};

/// A file, for rules that look at all its prompts together.
pub struct FileView<'a> {
    /// The rule that looks.
    pub rule: &'static Rule,
    /// The file.
    pub file: &'a File,
    /// Its prompts.
    pub prompts: &'a [PromptView<'a>],
    /// What the run goes by.
    pub settings: &'a Settings,
}

/// A prompt, for one rule.
pub struct View<'a> {
    /// The rule that looks.
    pub rule: &'static Rule,
    /// The prompt.
    pub of: &'a PromptView<'a>,
}

/// Edits of a transform, made once.
type Edits = Rc<[Edit]>;

/// A prompt with the model that it goes to.
pub struct PromptView<'a> {
    /// The file.
    pub file: &'a File,
    /// The prompt.
    pub prompt: &'a Prompt,
    /// Its model.
    pub target: Target<'a>,
    /// What the run goes by.
    pub settings: &'a Settings,
    tokens: OnceCell<Vec<u64>>,
    total: OnceCell<u64>,
    prefix: OnceCell<Prefix>,
    prose: OnceCell<Vec<OnceCell<Prose>>>,
    edits: RefCell<BTreeMap<(&'static str, bool), Edits>>,
}

/// The part of a prompt that is the same in every call, from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// Its tokens.
    pub tokens: u64,
    /// The first piece that is not wholly in it; the number of pieces if all are.
    pub piece: usize,
    /// The byte of that piece's text at which it ends.
    pub offset: usize,
    /// Whether something that changes follows at all.
    pub is_ended: bool,
}

impl<'a> std::ops::Deref for View<'a> {
    type Target = PromptView<'a>;

    fn deref(&self) -> &PromptView<'a> {
        self.of
    }
}

impl View<'_> {
    /// Whether a saving is worth a finding: the rule's option `min_tokens`.
    pub fn is_worth(&self, tokens: i64) -> bool {
        tokens > 0 && tokens >= self.int("min_tokens")
    }

    /// A whole number that the rule takes.
    pub fn int(&self, option: &str) -> i64 {
        self.settings.int(self.rule, option)
    }

    /// A yes or no that the rule takes.
    pub fn flag(&self, option: &str) -> bool {
        self.settings.flag(self.rule, option)
    }

    /// A list of texts that the rule takes.
    pub fn list(&self, option: &str) -> Vec<&str> {
        self.settings.list(self.rule, option)
    }
}

impl<'a> PromptView<'a> {
    /// A prompt with its model.
    pub fn new(file: &'a File, prompt: &'a Prompt, target: Target<'a>, settings: &'a Settings) -> PromptView<'a> {
        PromptView {
            file,
            prompt,
            target,
            settings,
            tokens: OnceCell::new(),
            total: OnceCell::new(),
            prefix: OnceCell::new(),
            prose: OnceCell::new(),
            edits: RefCell::default(),
        }
    }

    /// Tokens of a piece: of its text, or what its tool definition adds to a request.
    pub fn tokens(&self, piece: usize) -> u64 {
        let all = self
            .tokens
            .get_or_init(|| self.prompt.pieces.iter().map(|piece| self.count(piece, piece.as_str())).collect());
        all.get(piece).copied().unwrap_or(0)
    }

    /// Tokens of the whole prompt: as the provider counts the request if it is one, else of its texts.
    pub fn total(&self) -> u64 {
        *self.total.get_or_init(|| match &self.prompt.request {
            Some(request) => self.target.weigher.weight(request),
            None => (0..self.prompt.pieces.len()).map(|piece| self.tokens(piece)).sum(),
        })
    }

    /// Tokens of a text in a piece's place.
    pub fn count(&self, piece: &Piece, text: &str) -> u64 {
        if piece.is_tool() {
            crate::compress::Counter::tool(&self.target.weigher, text)
        } else {
            self.target.count(text)
        }
    }

    /// The part that is the same in every call: of a template up to its first variable, of a request its tools and
    /// instructions, as messages change from call to call.
    pub fn prefix(&self) -> Prefix {
        *self.prefix.get_or_init(|| self.reckon_prefix())
    }

    fn reckon_prefix(&self) -> Prefix {
        let mut prefix = self.prefix_by_pieces();
        if self.prompt.request.is_some() {
            // What a provider writes once before all tools would count with each of them: the whole request knows better.
            let others = (prefix.piece..self.prompt.pieces.len()).map(|piece| self.tokens(piece)).sum();
            prefix.tokens = prefix.tokens.min(self.total().saturating_sub(others));
        }
        prefix
    }

    fn prefix_by_pieces(&self) -> Prefix {
        let mut prefix = Prefix::default();
        for (index, piece) in self.prompt.pieces.iter().enumerate() {
            let is_standing = matches!(piece.kind, Some(SegmentKind::ToolSchema | SegmentKind::System));
            prefix.piece = index;
            if self.prompt.is_request() && !is_standing {
                prefix.is_ended = true;
                return prefix;
            }
            if let Some(slot) = piece.slots.iter().find(|slot| slot.kind != SlotKind::Comment) {
                prefix.offset = slot.span.start;
                prefix.tokens += self.count(piece, &piece.as_str()[..slot.span.start]);
                prefix.is_ended = true;
                return prefix;
            }
            prefix.tokens += self.tokens(index);
        }
        prefix.piece = self.prompt.pieces.len();
        prefix
    }

    /// Whether a place stands in the part that is the same in every call, where the provider's cache may serve it.
    pub fn is_in_prefix(&self, piece: usize, offset: usize) -> bool {
        let prefix = self.prefix();
        piece < prefix.piece || (piece == prefix.piece && offset < prefix.offset)
    }

    /// The same for bytes of the file.
    pub fn is_span_in_prefix(&self, span: &Range<usize>) -> bool {
        let pieces = self.prompt.pieces.iter().enumerate();
        pieces
            .filter_map(|(index, piece)| Some((index, piece.text.in_text(span)?)))
            .any(|(index, range)| self.is_in_prefix(index, range.start))
    }

    /// About how many tokens so many bytes of a piece are, by its average: for what is compared but not claimed as a saving.
    pub fn share(&self, piece: usize, n_bytes: usize) -> u64 {
        let all = self.prompt.pieces.get(piece).map_or(1, |piece| piece.as_str().len().max(1)) as u64;
        self.tokens(piece).saturating_mul(n_bytes as u64) / all
    }

    /// The bytes of the file in which a range of a piece's text is written.
    pub fn at(&self, piece: usize, range: Range<usize>) -> Range<usize> {
        self.prompt.pieces.get(piece).map_or(0..0, |piece| piece.text.in_file(&range))
    }

    /// A place to point at where a finding is about the prompt as a whole: its name's line, or its first line.
    pub fn head(&self) -> Range<usize> {
        let span = &self.prompt.span;
        let text = self.file.text.get(span.clone()).unwrap_or_default();
        let blank = text.len() - text.trim_start().len();
        let line = text[blank..].find('\n').map_or(text.len(), |end| blank + end);
        span.start + blank..span.start + blank + text[blank..line].trim_end().len()
    }

    /// A change of a piece's text, in the file's notation; `None` if it cannot be written.
    pub fn change(&self, piece: usize, range: Range<usize>, replacement: &str) -> Option<Change> {
        let piece = self.prompt.pieces.get(piece)?;
        let (span, text) = piece.text.change(&range, replacement)?;
        Some(Change { span, text })
    }

    /// Several changes of one piece, in rising order without overlaps, and the input tokens that they save together
    /// (negative if they cost some).
    pub fn rewrite(&self, piece: usize, edits: &[(Range<usize>, String)]) -> Option<(Vec<Change>, i64)> {
        let changes =
            edits.iter().map(|(range, text)| self.change(piece, range.clone(), text)).collect::<Option<_>>()?;
        Some((changes, self.tokens_saved(piece, edits)))
    }

    /// Input tokens that edits of a piece save together, whether or not they can be written.
    pub fn tokens_saved(&self, index: usize, edits: &[(Range<usize>, String)]) -> i64 {
        let Some(piece) = self.prompt.pieces.get(index) else { return 0 };
        let text = rewritten(piece.as_str(), edits.to_vec());
        self.tokens(index).cast_signed() - self.count(piece, &text).cast_signed()
    }

    /// What fewer tokens at a place of a piece save.
    pub fn saving(&self, tokens: i64, piece: usize, offset: usize) -> Saving {
        self.target.saving(tokens, self.total(), self.is_in_prefix(piece, offset))
    }

    /// What a transform of the optimizer would change in the prompt's pieces: the same code, the same edits. Each edit's
    /// `segment` is the index of a piece. Made once a prompt, whoever asks.
    pub fn transform(&self, name: &str) -> Vec<Edit> {
        self.edits_of(name, false).to_vec()
    }

    /// The same, with bare prompts looked at as documents: transforms leave JSON in a bare prompt alone, as it shows the
    /// form of the answer, so a rule that asks for it has to tell data from forms itself.
    pub fn transform_data(&self, name: &str) -> Vec<Edit> {
        self.edits_of(name, true).to_vec()
    }

    fn edits_of(&self, name: &str, is_data: bool) -> Edits {
        // The transform exists: its name is one of the table's, a test of each rule that calls this holds it.
        let Some(name) =
            crate::compress::TRANSFORMS.iter().map(|transform| transform.name).find(|known| *known == name)
        else {
            return Edits::default();
        };
        if let Some(known) = self.edits.borrow().get(&(name, is_data)) {
            return Rc::clone(known);
        }
        let edits = Edits::from(self.run_transform(name, is_data));
        self.edits.borrow_mut().insert((name, is_data), Rc::clone(&edits));
        edits
    }

    fn run_transform(&self, name: &'static str, is_data: bool) -> Vec<Edit> {
        let without = crate::compress::TRANSFORMS.iter().map(|transform| transform.name.to_owned());
        let options = Options {
            touch: SegmentKind::ALL.into_iter().collect(),
            with: [name.to_owned()].into(),
            without: without.filter(|other| other != name).collect(),
            keep: Vec::new(),
        };
        let kind = |piece: &Piece| match piece.kind.unwrap_or(SegmentKind::Prompt) {
            SegmentKind::Prompt if is_data => SegmentKind::Document,
            kind => kind,
        };
        let segments: Vec<Segment<'_>> = self
            .prompt
            .pieces
            .iter()
            .enumerate()
            .map(|(index, piece)| Segment {
                kind: kind(piece),
                label: format!("part {}", index + 1),
                message: piece.message,
                path: piece.path.clone(),
                text: piece.as_str().into(),
            })
            .collect();
        let Ok(mut pass) = Pass::new(&options, &self.target.weigher) else { return Vec::new() };
        segments.iter().flat_map(|segment| pass.feed(segment).edits).collect()
    }

    /// Where code, paragraphs and sentences stand in a piece.
    pub fn prose(&self, piece: usize) -> &Prose {
        let all = self.prose.get_or_init(|| self.prompt.pieces.iter().map(|_| OnceCell::new()).collect());
        let text = self.prompt.pieces.get(piece).map_or("", Piece::as_str);
        all.get(piece).map_or(&super::prose::NONE, |prose| prose.get_or_init(|| Prose::of(text)))
    }

    /// Pieces that somebody wrote as instructions: bare prompts, system messages, and the user's part of a template or of
    /// a request that has only one. What users say in a conversation is theirs; a system message that many requests of a
    /// file share is looked at once.
    pub fn instructions(&self) -> impl Iterator<Item = (usize, &'a Piece)> + '_ {
        let prompt = self.prompt;
        let messages =
            |kind| prompt.pieces.iter().filter(move |piece| piece.kind == Some(kind)).map(|piece| piece.message);
        let first = messages(SegmentKind::User).next();
        let is_single = messages(SegmentKind::User).all(|message| Some(message) == first)
            && messages(SegmentKind::Assistant).next().is_none();
        let is_wanted = move |piece: &Piece| match piece.kind {
            None | Some(SegmentKind::Prompt) => true,
            Some(SegmentKind::System) => !self.is_said_before(piece),
            Some(SegmentKind::User) => is_single || prompt.kind == PromptKind::Template,
            _ => false,
        };
        prompt.pieces.iter().enumerate().filter(move |(_, piece)| is_wanted(piece))
    }

    /// Whether the request before, or the first of the file, has the same system message: what is to be said of it was said
    /// there, not ten thousand times.
    fn is_said_before(&self, piece: &Piece) -> bool {
        let prompts = &self.file.prompts;
        let index = prompts.partition_point(|prompt| prompt.span.start < self.prompt.span.start);
        let says = |prompt: &Prompt| {
            prompt.pieces.iter().any(|other| other.kind == piece.kind && other.as_str() == piece.as_str())
        };
        let earlier = [prompts.first(), index.checked_sub(1).and_then(|before| prompts.get(before))];
        index > 0 && earlier.into_iter().flatten().any(says)
    }

    /// Input tokens that one edit of a piece saves (negative if it costs some), counted on the lines that it touches: for
    /// rules that find many places, each of which would else count the whole piece.
    pub fn tokens_saved_at(&self, index: usize, range: &Range<usize>, replacement: &str) -> i64 {
        const AROUND: usize = 200;
        let Some(piece) = self.prompt.pieces.get(index) else { return 0 };
        let text = piece.as_str();
        let bytes = text.as_bytes();
        let least = range.start.saturating_sub(AROUND);
        let from = memchr::memrchr(b'\n', &bytes[least..range.start]).map_or(least, |at| least + at + 1);
        let most = (range.end + AROUND).min(text.len());
        let to = memchr::memchr(b'\n', &bytes[range.end..most]).map_or(most, |at| range.end + at + 1);
        let (from, to) = (floor(text, from), ceil(text, to));
        let after = [&text[from..range.start], replacement, &text[range.end..to]].concat();
        self.target.count(&text[from..to]).cast_signed() - self.target.count(&after).cast_signed()
    }
}
