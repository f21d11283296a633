//! What of a request decides its kind: the system text and the head of the first user message. Made by the worker that
//! parsed the request, so that the one thread that knows the kinds gets no more than it needs. The digests are not
//! cryptographic: they only ever say which texts of one corpus are the same.

use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use crate::chat::{ChatRequest, Content, Message, Role};

/// Most characters of a [`KindText`].
pub const MAX_CHARS: usize = 2_000;
/// Most of them for the system text, where a user message follows.
const MAX_SYSTEM_CHARS: usize = 1_400;

/// What of a request decides its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindText {
    /// Of the text and of the whole system text, which may be longer.
    pub digest: u128,
    /// The head of the system text if there is one, and the head of the first user message: at most [`MAX_CHARS`].
    pub text: Box<str>,
    /// How many bytes of `text` are system text.
    pub n_system_bytes: usize,
    /// Digest of the whole system text; 0 without one.
    pub system_digest: u128,
    /// The system text goes on after its head.
    pub is_system_cut: bool,
    /// The user message goes on after its head.
    pub is_user_cut: bool,
}

/// Reads what decides the kind of a request. A request without a user message is known by its first message.
pub fn kind_text(request: &ChatRequest) -> KindText {
    let is_system = |message: &&Arc<Message>| matches!(message.role, Role::System | Role::Developer);
    let system = || request.messages.iter().take_while(is_system).flat_map(|message| texts(message));
    let first = |role: Option<Role>| {
        request.messages.iter().find(|message| role.map_or(!is_system(message), |role| message.role == role))
    };
    let user = first(Some(Role::User)).or_else(|| first(None));

    let mut text = String::with_capacity(MAX_CHARS);
    let mut left = if user.is_some() { MAX_SYSTEM_CHARS } else { MAX_CHARS };
    let is_system_cut = append_head(&mut text, system(), &mut left);
    let n_system_bytes = text.len();
    if user.is_some() {
        left += MAX_CHARS - MAX_SYSTEM_CHARS;
    }
    let is_user_cut = user.is_some_and(|message| append_head(&mut text, texts(message), &mut left));

    let system_digest = if n_system_bytes == 0 {
        0
    } else {
        let mut hasher = Xxh3::new();
        for part in system() {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.digest128()
    };
    let mut hasher = Xxh3::new();
    hasher.update(&(n_system_bytes as u64).to_le_bytes());
    hasher.update(&system_digest.to_le_bytes());
    hasher.update(&[u8::from(is_user_cut)]);
    hasher.update(text.as_bytes());
    let digest = hasher.digest128();
    KindText { digest, text: text.into(), n_system_bytes, system_digest, is_system_cut, is_user_cut }
}

fn texts(message: &Message) -> impl Iterator<Item = &str> {
    message.parts.iter().filter_map(|part| match &part.content {
        Content::Text(text) | Content::Document { text, .. } => Some(&**text),
        _ => None,
    })
}

/// Appends parts, a line each, until `left` characters are used up. True if something had to stay out.
fn append_head<'a>(head: &mut String, parts: impl Iterator<Item = &'a str>, left: &mut usize) -> bool {
    let begin = head.len();
    for part in parts {
        if head.len() > begin {
            if *left == 0 {
                return true;
            }
            head.push('\n');
            *left -= 1;
        }
        let cut = if part.is_ascii() {
            (*left < part.len()).then_some(*left)
        } else {
            part.char_indices().nth(*left).map(|(cut, _)| cut)
        };
        let Some(cut) = cut else {
            *left -= part.chars().count();
            head.push_str(part);
            continue;
        };
        // A word cut in two would be a word nobody wrote; what is no word at all is cut where it must be.
        let whole = part[..cut].rfind(char::is_whitespace).filter(|end| cut - end < 40).unwrap_or(cut);
        head.push_str(&part[..whole]);
        *left = 0;
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(messages: &[(Role, &str)]) -> ChatRequest {
        let messages = messages.iter().map(|(role, text)| Arc::new(Message::text(*role, *text))).collect();
        ChatRequest { messages, ..ChatRequest::default() }
    }

    #[test]
    fn system_text_comes_first_and_later_turns_do_not_count() {
        let short = request(&[(Role::System, "Be brief."), (Role::User, "Why?")]);
        let long = request(&[(Role::System, "Be brief."), (Role::User, "Why?"), (Role::Assistant, "So.")]);
        let text = kind_text(&short);
        assert_eq!((&*text.text, text.n_system_bytes), ("Be brief.Why?", 9));
        assert_eq!(text, kind_text(&long));
        assert_ne!(text.digest, kind_text(&request(&[(Role::User, "Be brief.Why?")])).digest);
    }

    #[test]
    fn long_texts_are_cut_between_words_and_leave_room_for_the_user() {
        let system = "wörd ".repeat(1_000);
        let text = kind_text(&request(&[(Role::System, &system), (Role::User, &system)]));
        assert!(text.is_system_cut && text.is_user_cut);
        assert!(text.text.chars().count() <= MAX_CHARS && text.text.chars().count() > MAX_CHARS - 20);
        assert!(text.text[..text.n_system_bytes].ends_with("wörd"));
        let other = kind_text(&request(&[(Role::System, &format!("{system}tail")), (Role::User, &system)]));
        assert_ne!(text.digest, other.digest, "a difference beyond the head is one");
    }

    #[test]
    fn a_request_without_text_is_empty() {
        assert_eq!(&*kind_text(&request(&[])).text, "");
        assert_eq!(&*kind_text(&request(&[(Role::Assistant, "Hello")])).text, "Hello");
    }
}
