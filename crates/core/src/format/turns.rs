//! A conversation that was logged once stands for many calls: each answer of the model is one, and its request is
//! everything before. The messages are shared, so that a history that grows with every turn costs pointers, not text.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::chat::{Answer, ChatRequest, Dialect, Message, Role};
use crate::dialect;
use crate::error::{Error, Result};
use crate::format::Record;

/// A conversation, read.
pub(crate) struct Turns {
    /// Tools and parameters; its messages are all of the conversation.
    whole: ChatRequest,
}

impl Turns {
    /// Reads messages (and tools) in the chat dialect.
    pub(crate) fn read(messages: &Value, tools: Option<&Value>, model: Option<&str>) -> Result<Turns> {
        // The dialect reads bodies, so a body is made of the pieces; the copy costs once a conversation.
        let mut body = Map::new();
        body.insert("messages".to_owned(), messages.clone());
        if let Some(tools) = tools.filter(|tools| !tools.is_null()) {
            body.insert("tools".to_owned(), tools.clone());
        }
        if let Some(model) = model {
            body.insert("model".to_owned(), Value::from(model));
        }
        let whole = (dialect::wire(Dialect::Chat)?.request)(&Value::Object(body))?;
        let n_messages = messages.as_array().map_or(0, Vec::len);
        if whole.messages.len() != n_messages {
            return Err(Error::input(format!("{n_messages} messages were read as {}", whole.messages.len())));
        }
        Ok(Turns { whole })
    }

    /// From speaker and text.
    pub(crate) fn of_texts<'a>(texts: impl Iterator<Item = (Role, &'a str)>, model: Option<&Arc<str>>) -> Turns {
        let messages = texts.map(|(role, text)| Arc::new(Message::text(role, text))).collect();
        Turns { whole: ChatRequest { model: model.cloned(), messages, n_answers: 1, ..ChatRequest::default() } }
    }

    /// The messages.
    pub(crate) fn messages(&self) -> &[Arc<Message>] {
        &self.whole.messages
    }

    /// The call whose answer is the message at an index.
    pub(crate) fn call(&self, index: usize) -> (ChatRequest, Option<Answer>) {
        let messages = &self.whole.messages;
        let history = messages[..index.min(messages.len())].to_vec();
        // Cloning the rest and then its messages would copy the whole list of pointers first.
        let ChatRequest {
            dialect,
            model,
            tools,
            tool_choice,
            messages: _,
            answer_format,
            max_output,
            n_answers,
            service_tier,
            reasoning,
            cache_key,
            cache_mark,
            has_stored_context,
            server_tools,
            server_tool_json,
            parameters,
        } = &self.whole;
        let request = ChatRequest {
            dialect: *dialect,
            model: model.clone(),
            tools: Arc::clone(tools),
            tool_choice: tool_choice.clone(),
            messages: history,
            answer_format: answer_format.clone(),
            max_output: *max_output,
            n_answers: *n_answers,
            service_tier: service_tier.clone(),
            reasoning: reasoning.clone(),
            cache_key: cache_key.clone(),
            cache_mark: *cache_mark,
            has_stored_context: *has_stored_context,
            server_tools: server_tools.clone(),
            server_tool_json: Arc::clone(server_tool_json),
            parameters: parameters.clone(),
        };
        let answer = messages
            .get(index)
            .filter(|message| message.role == Role::Assistant)
            .map(|message| Answer { parts: message.parts.clone(), ..Answer::default() });
        (request, answer)
    }

    /// A record for each answer of the model; for a conversation without one, a record of its messages. `like` is what the
    /// records have in common.
    pub(crate) fn records(&self, like: &Record, records: &mut Vec<Record>, mut finish: impl FnMut(usize, &mut Record)) {
        let messages = self.messages();
        let n_before = records.len();
        for (index, message) in messages.iter().enumerate() {
            // Before the first message there is nothing to answer.
            if message.role == Role::Assistant && index > 0 {
                let (request, answer) = self.call(index);
                let mut record = Record { request: Some(request), answer, ..like.clone() };
                finish(index, &mut record);
                records.push(record);
            }
        }
        if records.len() == n_before && !messages.is_empty() {
            let (request, _) = self.call(messages.len());
            records.push(Record { request: Some(request), ..like.clone() });
        }
    }
}

/// The speaker by the names that corpora use.
pub(crate) fn role(name: &str) -> Option<Role> {
    Some(match name {
        "system" => Role::System,
        "developer" => Role::Developer,
        "human" | "user" | "prompter" => Role::User,
        // The last is a tool call that ShareGPT's kin keep as text of the model.
        "gpt" | "assistant" | "model" | "chatgpt" | "bot" | "bing" | "bard" | "ai" | "function_call" => Role::Assistant,
        "tool" | "function" | "observation" | "function_response" => Role::Tool,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_a_call_and_history_is_shared() {
        let texts =
            [(Role::System, "s"), (Role::User, "u"), (Role::Assistant, "a"), (Role::User, "v"), (Role::Assistant, "b")];
        let turns = Turns::of_texts(texts.into_iter(), None);
        let mut records = Vec::new();
        turns.records(&Record::default(), &mut records, |_, _| {});
        let lengths: Vec<usize> = records.iter().map(|r| r.request.as_ref().map_or(0, |q| q.messages.len())).collect();
        assert_eq!(lengths, [2, 4]);
        assert!(records.iter().all(|record| record.answer.is_some()));
        let first = |record: &Record| Arc::clone(&record.request.as_ref().unwrap().messages[0]);
        assert!(Arc::ptr_eq(&first(&records[0]), &first(&records[1])));
    }

    #[test]
    fn a_conversation_without_an_answer_is_one_call() {
        let turns = Turns::of_texts([(Role::User, "u")].into_iter(), None);
        let mut records = Vec::new();
        turns.records(&Record::default(), &mut records, |_, _| {});
        assert!(records.len() == 1 && records[0].answer.is_none());
    }
}
