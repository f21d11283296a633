//! What a request needs of a model. The estimate and the router ask the same question.

use crate::catalog::ModelSpec;
use crate::chat::{AnswerFormat, ChatRequest, Content};

/// What a call needs and the model is not known to offer. `None` too for models whose row says nothing of what they can.
pub fn lacks(request: &ChatRequest, spec: &ModelSpec) -> Option<&'static str> {
    if spec.can.is_empty() {
        return None;
    }
    let media = |wanted: fn(&Content) -> bool| request.parts().any(|part| wanted(&part.content));
    if !request.tools.is_empty() && !spec.can("tools") {
        return Some("tools");
    }
    if media(|content| matches!(content, Content::Image(_))) && !spec.can("vision") {
        return Some("vision");
    }
    if media(|content| matches!(content, Content::Audio { .. })) && !spec.can("audio_in") {
        return Some("audio input");
    }
    if matches!(request.answer_format, AnswerFormat::JsonSchema { .. }) && !spec.can("structured_output") {
        return Some("structured output");
    }
    None
}
