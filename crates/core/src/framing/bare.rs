//! Texts and nothing else: embeddings, ranking, text completions, and models that bill no framing. Exact on 101 recorded
//! requests to OpenAI's embeddings and completions (2026-11-22).

use super::joint::Joint;
use super::{Piece, Place, Scale, Sections, Weight};
use crate::chat::{ChatRequest, Content, Part};
use crate::tokens::Family;

/// Mistral bills two markers a text (11 recorded requests).
const MISTRAL_MARKERS: u64 = 2;

/// Whether there is nothing but texts.
pub(super) fn is_text(request: &ChatRequest) -> bool {
    let mut parts = request.parts();
    parts.all(|part| text_of(part).is_some() || n_given_tokens(part).is_some())
}

/// Weighs the texts of a request. An empty text is billed as one token.
pub(super) fn weigh(request: &ChatRequest, scale: &Scale<'_>) -> Weight {
    let mut pieces = Vec::new();
    let sections = Sections::of(request);
    let mut unknown = Vec::new();
    let mut hidden = 0;
    let markers = if scale.family() == Some(Family::Mistral) { MISTRAL_MARKERS } else { 0 };
    for (m, message) in request.messages.iter().enumerate() {
        let mut joint = Joint::default();
        for (p, part) in message.parts.iter().enumerate() {
            let tokens = match (n_given_tokens(part), text_of(part)) {
                (Some(tokens), _) => tokens,
                (None, Some(text)) => joint.add(text, scale).max(0).cast_unsigned(),
                (None, None) => {
                    unknown = vec!["images and files: not weighed"];
                    hidden += 2_000;
                    continue;
                }
            };
            let tokens = if message.parts.len() == 1 { tokens.max(1) + markers } else { tokens };
            let place = Place::Part { message: m as u32, part: p as u32 };
            pieces.push(Piece { section: sections.part(m, &part.content), place, tokens });
        }
    }
    if request.has_stored_context {
        unknown.push("stored context: not in the request");
        hidden += 4_096;
    }
    let total: u64 = pieces.iter().map(|piece| piece.tokens).sum();
    let (below, above) = if scale.is_exact() { (0, 0) } else { (total / 3, total / 2 + 4) };
    Weight { pieces, low: total - below, high: total + above + hidden, unknown }
}

/// The text of a part that is plain text to the model.
pub(super) fn text_of(part: &Part) -> Option<&str> {
    match &part.content {
        Content::Text(text)
        | Content::Refusal(text)
        | Content::Other { json: text, .. }
        | Content::Document { title: None, text } => Some(text),
        _ => None,
    }
}

/// Tokens given as numbers, as embeddings take them: `[1, 2, 3]` weighs 3.
fn n_given_tokens(part: &Part) -> Option<u64> {
    match &part.content {
        Content::Other { kind, json } if &**kind == "tokens" => {
            Some(json.bytes().filter(|byte| *byte == b',').count() as u64 + u64::from(json.len() > 2))
        }
        _ => None,
    }
}
