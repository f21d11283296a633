//! Streams as a sequence of [`Delta`]s: what every dialect's events say, one after the other.

use serde_json::Value;

use super::model::{Failure, Finish, Node, Own, Response};
use crate::error::Result;
use crate::usage::Reading;

/// One step of a streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// The response begins.
    Start {
        /// Its id.
        id: Option<String>,
        /// The model that answers.
        model: Option<String>,
        /// When, in seconds since the epoch.
        created_s: Option<i64>,
        /// What else was there.
        own: Own,
    },
    /// A part begins; text, arguments and the like are empty or hold their beginning. Parts of a choice are numbered from 0 in
    /// the order in which they begin.
    PartStart {
        /// Which answer.
        choice: u32,
        /// Which part of it.
        part: u32,
        /// The part so far.
        node: Node,
    },
    /// More of a part.
    PartDelta {
        /// Which answer.
        choice: u32,
        /// Which part of it.
        part: u32,
        /// What is added.
        more: More,
    },
    /// A part is whole.
    PartEnd {
        /// Which answer.
        choice: u32,
        /// Which part of it.
        part: u32,
    },
    /// Log probabilities of the tokens just sent, as the dialect writes them.
    Logprobs {
        /// Which answer.
        choice: u32,
        /// Them.
        logprobs: Value,
    },
    /// An answer ended.
    Finish {
        /// Which answer.
        choice: u32,
        /// Why.
        finish: Finish,
    },
    /// What was consumed so far, all of it; a later one replaces it.
    Usage {
        /// The counters.
        reading: Reading,
        /// As written.
        raw: Value,
    },
    /// The tier that serves it.
    ServiceTier(String),
    /// The provider reports an error in the middle.
    Failure(Failure),
    /// A sign of life.
    Ping,
    /// The provider says that the response is complete (`message_stop`, `response.completed`, `[DONE]` after a finish).
    End,
    /// The whole response, where the provider repeats it at the end: it holds for all that came before.
    Whole(Box<Response>),
    /// An event that only its own dialect knows.
    Other(Value),
}

/// What is added to a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum More {
    /// To text, a refusal or readable reasoning.
    Text(String),
    /// To a tool call's arguments.
    Arguments(String),
    /// To a signature or sealed thought.
    Signature(String),
}

/// Reads a dialect's events.
pub trait StreamReader: Send {
    /// Reads an event: its `event:` name, if the framing has one, and its data. `[DONE]` comes as the string `"[DONE]"`.
    fn event(&mut self, name: Option<&str>, data: &Value) -> Result<Vec<Delta>>;

    /// Whether an event of its own says that this is all ([`Delta::End`]). Where there is none, the reason for the end is the end.
    fn has_last_event(&self) -> bool {
        true
    }
}

/// Writes a dialect's events.
pub trait StreamWriter: Send {
    /// The events that say it; none if the dialect says it elsewhere or cannot.
    fn delta(&mut self, delta: &Delta) -> Vec<Event>;
}

/// An event to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its `event:` name, if the dialect uses one.
    pub name: Option<String>,
    /// Its data; the string `"[DONE]"` is sent bare.
    pub data: Value,
}
