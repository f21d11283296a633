//! What has been found out about a message, kept with it. A log of conversations repeats its messages in request after
//! request; the readers share such a message, and whoever works on it finds here what was found before, without a look-up.

use std::any::Any;
use std::ops::Deref;
use std::sync::OnceLock;

/// Room for one note of any kind. A copy of the message begins without it: it may be changed.
#[derive(Default)]
pub struct Notes(OnceLock<Box<dyn Any + Send + Sync>>);

/// A note, read in its place.
#[derive(Debug)]
pub enum Note<'a, T> {
    /// It is kept with its message.
    Kept(&'a T),
    /// A note of another kind has its place: it was made for this once.
    Made(Box<T>),
}

impl Notes {
    /// The note, made when it is first asked for. It must follow from the message alone, or say from what else. If a
    /// note of another kind is there, this one is made each time.
    pub fn get_or_make<T: Any + Send + Sync>(&self, make: impl Fn() -> T) -> Note<'_, T> {
        let kept = self.0.get_or_init(|| Box::new(make()));
        kept.downcast_ref().map_or_else(|| Note::Made(Box::new(make())), Note::Kept)
    }
}

impl<T> Deref for Note<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Note::Kept(note) => note,
            Note::Made(note) => note,
        }
    }
}

impl Clone for Notes {
    fn clone(&self) -> Self {
        Notes::default()
    }
}

/// Notes are no part of what a message says, so nothing of them is shown.
impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_made_once_and_a_copy_has_none() {
        let notes = Notes::default();
        let first = notes.get_or_make(|| 7_u64);
        assert!(matches!(first, Note::Kept(7)));
        assert_eq!(*notes.get_or_make(|| 8_u64), 7);
        assert_eq!(*notes.clone().get_or_make(|| 9_u64), 9);
    }

    #[test]
    fn a_note_of_another_kind_takes_no_place() {
        let notes = Notes::default();
        notes.get_or_make(|| 7_u64);
        assert_eq!(*notes.get_or_make(|| "seven"), "seven");
        assert_eq!(*notes.get_or_make(|| 8_u64), 7);
    }
}
