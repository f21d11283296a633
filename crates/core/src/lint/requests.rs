//! Many requests in one file, compared: who shares a beginning with whom. Everything is O(text) plus a sort.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::file::PromptKind;
use super::view::{FileView, PromptView};
use crate::compress::SegmentKind;

/// A digest of text.
pub(super) type Digest = [u8; 32];

/// The requests of a file as they are sent, without examples and templates.
pub(super) fn sent<'v, 'a>(view: &'v FileView<'a>) -> Vec<&'v PromptView<'a>> {
    view.prompts.iter().filter(|prompt| prompt.prompt.is_request()).collect()
}

/// How many requests are enough to compare: the rule's option `min_requests`, at least two.
pub(super) fn least(view: &FileView<'_>) -> usize {
    usize::try_from(view.settings.int(view.rule, "min_requests")).unwrap_or(usize::MAX).max(2)
}

/// Whether a file holds a batch: requests that nobody waits for.
pub(super) fn is_batch(prompt: &PromptView<'_>) -> bool {
    prompt.prompt.kind == PromptKind::BatchRequest
}

/// For each piece the digest of everything up to its end.
pub(super) fn chain(prompt: &PromptView<'_>) -> Vec<Digest> {
    let mut hasher = blake3::Hasher::new();
    let step = |piece: &super::file::Piece| {
        hasher.update(&(piece.as_str().len() as u64).to_le_bytes());
        hasher.update(piece.as_str().as_bytes());
        *hasher.finalize().as_bytes()
    };
    prompt.prompt.pieces.iter().map(step).collect()
}

/// A digest of the instructions.
pub(super) fn system(prompt: &PromptView<'_>) -> Option<Digest> {
    let mut hasher = blake3::Hasher::new();
    let mut is_empty = true;
    for (_, piece) in prompt.prompt.pieces_of(SegmentKind::System) {
        is_empty = false;
        hasher.update(&(piece.as_str().len() as u64).to_le_bytes());
        hasher.update(piece.as_str().as_bytes());
    }
    (!is_empty).then(|| *hasher.finalize().as_bytes())
}

/// Digests of the tool definitions in their order: as written but for blanks between tokens, or, `is_sorted`, with the
/// members of each object in the order of their names.
pub(super) fn tools(prompt: &PromptView<'_>, is_sorted: bool) -> Vec<Digest> {
    let digest = |json: &str| {
        let mut out = String::with_capacity(json.len());
        match serde_json::from_str::<Value>(json) {
            Ok(mut value) if is_sorted => {
                value.sort_all_objects();
                out = value.to_string();
            }
            _ => crate::text::json::push_compact(&mut out, json),
        }
        *blake3::hash(out.as_bytes()).as_bytes()
    };
    prompt.prompt.pieces_of(SegmentKind::ToolSchema).map(|(_, piece)| digest(piece.as_str())).collect()
}

/// Requests in groups of one system prompt and model, in the order of the file.
pub(super) fn by_system<'v, 'a>(requests: &[&'v PromptView<'a>]) -> Vec<Vec<&'v PromptView<'a>>> {
    let mut places: BTreeMap<(Digest, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&PromptView<'_>>> = Vec::new();
    for request in requests {
        let Some(digest) = system(request) else { continue };
        let place = *places.entry((digest, request.target.name.unwrap_or_default())).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(request);
    }
    groups
}

/// The longest beginning in bytes that each request's text shares with another one's.
pub(super) fn shared_bytes(requests: &[&PromptView<'_>]) -> Vec<usize> {
    let text = |request: &&PromptView<'_>| {
        let mut all = String::new();
        for piece in &request.prompt.pieces {
            all.push_str(piece.as_str());
            all.push('\u{1}');
        }
        all
    };
    let texts: Vec<String> = requests.iter().map(text).collect();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by(|a, b| texts[*a].cmp(&texts[*b]));
    let mut longest = vec![0; texts.len()];
    for pair in order.windows(2) {
        let (left, right) = (texts[pair[0]].as_bytes(), texts[pair[1]].as_bytes());
        let common = left.iter().zip(right).take_while(|(a, b)| a == b).count();
        for index in pair {
            longest[*index] = longest[*index].max(common);
        }
    }
    longest
}

/// How many different ones there are.
pub(super) fn n_distinct<T: Ord>(items: impl IntoIterator<Item = T>) -> usize {
    items.into_iter().collect::<BTreeSet<T>>().len()
}
