//! Whether an answer may be kept, as far as its content tells.

use serde_json::Value;

use crate::cache::storable::Ends;
use crate::translate::model::{Choice, Finish, Part, Response};

/// How a response's choices ended. That its bytes came whole is for others to add.
pub(super) fn ends(response: &Response) -> Ends {
    let parts = || response.choices.iter().flat_map(|choice| &choice.parts);
    let is_done =
        |choice: &Choice| matches!(choice.finish, Some(Finish::Stop | Finish::StopSequence(_) | Finish::ToolCalls));
    let is_refusal = |choice: &Choice| {
        choice.finish == Some(Finish::Refusal) || choice.parts.iter().any(|node| matches!(node.part, Part::Refusal(_)))
    };
    Ends {
        is_success: true,
        is_complete: !response.choices.is_empty(),
        is_done: response.choices.iter().all(is_done),
        calls_tools: parts().any(|node| matches!(node.part, Part::ToolCall { .. })),
        arguments_parse: parts().all(|node| match &node.part {
            Part::ToolCall { arguments, .. } => serde_json::from_str::<Value>(arguments).is_ok(),
            _ => true,
        }),
        is_refusal: response.choices.iter().any(is_refusal),
        no_store: false,
    }
}
