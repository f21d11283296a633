//! Whole requests, weighed by hand: markers, texts and blocks counted one by one.

use serde_json::json;

use super::*;
use crate::chat::{Image, Tool};
use crate::framing::{Place, weigh};
use crate::tokens::memo::Memo;
use crate::tokens::{Encoding, Tokenizer};

#[test]
fn chatml_has_three_markers_and_a_role_a_message_and_three_for_the_answer() {
    // `hello` is one token.
    check("gpt-4o", &chat([user("hello")]), 3 + (3 + 1 + 1));
    check("gpt-3.5-turbo-0301", &chat([user("hello")]), 3 + (4 + 1 + 1));
    check("gpt-4o", &chat([system("hello"), user("hello")]), 3 + 2 * (3 + 1 + 1));
}

#[test]
fn harmony_answers_in_a_channel() {
    check("gpt-5-nano", &chat([user("hello")]), 2 + (3 + 1 + 1));
    check("o4-mini", &responses([user("hello"), assistant("hello"), user("hello")]), 2 + 3 * (3 + 1 + 1) + 2);
}

#[test]
fn gpt_oss_is_billed_with_its_preamble() {
    check("gpt-oss-120b", &chat([user("hello")]), 2 + 61 + (3 + 1 + 1));
    check("openai.gpt-oss-20b-1:0", &chat([system("hello"), user("hello")]), 2 + 61 + 4 + 2 * (3 + 1 + 1));
}

#[test]
fn a_name_is_part_of_the_header() {
    let mut ann = Message::text(Role::User, "hello");
    ann.name = Some("ann".into());
    // `user`, `:`, `ann`.
    check("gpt-4o", &chat([ann]), 3 + (3 + 3 + 1));
}

#[test]
fn parts_of_a_message_are_one_text() {
    let mut asked = Message::text(Role::User, "What is it?");
    asked.parts.push(Part::text("<file/>"));
    let joined = chat([user("What is it?<file/>")]);
    assert_eq!(total("gpt-5", &chat([asked])), total("gpt-5", &joined));
}

#[test]
fn texts_alone_where_no_conversation_is_framed() {
    let inputs = [user("hello"), user(""), user("hello")];
    let request = ChatRequest { dialect: Dialect::Embeddings, ..chat(inputs) };
    check("text-embedding-3-small", &request, 1 + 1 + 1);
    let ids = Content::Other { kind: "tokens".into(), json: "[15339,1917]".into() };
    let given = Message { parts: vec![part(ids)], ..Message::default() };
    check("text-embedding-3-small", &ChatRequest { dialect: Dialect::Embeddings, ..chat([given]) }, 2);
    check("gpt-4o-mini-search-preview", &chat([user("hello")]), 1);
}

#[test]
fn calls_and_results_are_messages() {
    let turn = || [user("hello"), call("now", "{ \"zone\": \"UTC\" }"), result("hello")];
    let arguments = tokens("{\"zone\":\"UTC\"}");
    let made = 3 + tokens("assistant to=functions.now") + arguments;
    let came = 6 + tokens("now") + 1;
    check("gpt-4o", &chat(turn()), 3 + 5 + made + came);
    check("gpt-4o", &responses(turn()), 3 + 5 + made + 1 + came);

    let made = 7 + tokens("commentary to=functions.now ") + arguments;
    let came = 5 + tokens("functions.now to=assistant") + 1;
    check("gpt-5-nano", &responses(turn()), 2 + 5 + made - 5 + came);
    check("gpt-5.4", &responses(turn()), 2 + 5 + made - 2 + came);
}

#[test]
fn several_calls_at_once_are_one_message() {
    let mut calls = call("now", "{}");
    calls.parts.push(part(Content::ToolCall { id: "c2".into(), name: "here".into(), arguments: "{}".into() }));
    let text = "{\"tool_uses\":[{\"recipient_name\":\"functions.now\",\"parameters\":{}},\
                {\"recipient_name\":\"functions.here\",\"parameters\":{}}]}";
    let made = 3 + tokens("assistant to=multi_tool_use.parallel") + tokens(text);
    check("gpt-4o", &chat([user("hello"), calls, result("hello")]), 3 + 5 + made + 4 + tokens("now") + 1);
}

#[test]
fn only_reasoning_of_the_current_turn_is_kept() {
    let thought = || Message {
        role: Role::Assistant,
        parts: vec![part(Content::Reasoning { text: "".into(), n_opaque_bytes: 1_970 })],
        ..Message::default()
    };
    let past = responses([user("hello"), thought(), assistant("hello"), user("hello")]);
    check("gpt-5.4", &past, 2 + 3 * 5 + 2);
    let current = responses([user("hello"), thought(), call("now", "{}"), result("hello")]);
    let without = responses([user("hello"), call("now", "{}"), result("hello")]);
    assert_eq!(total("gpt-5.4", &current), total("gpt-5.4", &without) + 1_000 * 174 / 1_000 + 2);
    let weight = weighed("gpt-5.4", &current);
    assert!(weight.low < weight.total() && weight.total() < weight.high);
}

#[test]
fn tools_follow_the_instructions() {
    let with_tools = |messages: Vec<Message>| ChatRequest { tools: [tool()].into(), ..chat(messages) };
    let block = "# Tools\n\n## functions\n\nnamespace functions {\n\n// Tells the time\n\
                 type now = (_: {zone: string}) => any;\n\n} // namespace functions";
    check("gpt-4o", &with_tools(vec![user("hello")]), 3 + 5 + 4 + tokens(block) - 1);
    let joined = tokens(&format!("Be brief.\n\n{block}"));
    check("gpt-4o", &with_tools(vec![system("Be brief."), user("hello")]), 3 + 4 + joined - 1 + 5);
    let on_responses =
        |choice| ChatRequest { dialect: Dialect::Responses, tool_choice: choice, ..with_tools(vec![user("hello")]) };
    check("gpt-4.1", &on_responses(ToolChoice::Auto), 3 + 5 + tokens(block) - 3);
    check("gpt-4.1", &on_responses(ToolChoice::Required), 3 + 5 + tokens(block) - 3 + 9);
    check("gpt-5", &with_tools(vec![user("hello")]), 2 + 5 + tokens(block) + 3);
    check("gpt-oss-20b", &with_tools(vec![user("hello")]), 2 + 61 + 5 + tokens(block) + 18);

    let mut sequential = with_tools(vec![user("hello")]);
    sequential.parameters.push(("parallel_tool_calls".into(), json!(false)));
    check("gpt-5", &sequential, 2 + 5 + tokens(block) + 3 + 78);
}

#[test]
fn a_schema_follows_the_instructions() {
    let format = AnswerFormat::JsonSchema {
        name: Some("bill".into()),
        description: None,
        schema: json!({ "type": "object", "required": [] }),
        strict: Some(true),
    };
    let request = ChatRequest { answer_format: format, ..chat([user("hello")]) };
    let block = tokens("# Response Formats\n\n## bill\n\n{\"type\":\"object\"}");
    check("gpt-4o", &request, 3 + 5 + 4 + block + 4);
    check("gpt-5", &request, 2 + 5 + block);
}

#[test]
fn pieces_say_what_they_are_for() {
    let request = ChatRequest { tools: [tool()].into(), ..chat([system("Be brief."), user("hello")]) };
    let weight = weighed("gpt-4o", &request);
    let of =
        |section| weight.pieces.iter().filter(|piece| piece.section == section).map(|piece| piece.tokens).sum::<u64>();
    assert_eq!(of(Section::System), 4 + 3);
    assert_eq!(of(Section::User), 5);
    assert_eq!(of(Section::Framing), 3);
    assert!(weight.pieces.iter().any(|piece| piece.place == Place::Tools && piece.section == Section::Tools));
    assert_eq!(weight.pieces.iter().map(|piece| piece.tokens).sum::<u64>(), weight.total());
}

#[test]
fn what_is_not_in_the_request_is_said() {
    let image = Content::Image(Image { is_remote: true, ..Image::default() });
    let shown = Message { parts: vec![part(image)], ..Message::default() };
    let weight = weighed("gpt-4o", &chat([shown]));
    assert_eq!(weight.unknown, ["image whose size is not in the request"]);
    assert!(weight.low < weight.high);
    let stored = ChatRequest { has_stored_context: true, ..responses([user("hello")]) };
    assert_eq!(weighed("gpt-4o", &stored).unknown.len(), 1);
}

#[test]
fn plain_requests_are_exact() {
    let weight = weighed("gpt-5.4-mini", &chat([system("Be brief."), user("hello")]));
    assert_eq!((weight.low, weight.high), (weight.total(), weight.total()));
}

fn chat(messages: impl IntoIterator<Item = Message>) -> ChatRequest {
    ChatRequest { messages: messages.into_iter().map(Into::into).collect(), ..ChatRequest::default() }
}

fn responses(messages: impl IntoIterator<Item = Message>) -> ChatRequest {
    ChatRequest { dialect: Dialect::Responses, ..chat(messages) }
}

fn system(text: &str) -> Message {
    Message::text(Role::System, text)
}

fn user(text: &str) -> Message {
    Message::text(Role::User, text)
}

fn assistant(text: &str) -> Message {
    Message::text(Role::Assistant, text)
}

fn part(content: Content) -> Part {
    Part { content, cache_mark: None }
}

fn call(name: &str, arguments: &str) -> Message {
    let call = Content::ToolCall { id: "c1".into(), name: name.into(), arguments: arguments.into() };
    Message { role: Role::Assistant, parts: vec![part(call)], ..Message::default() }
}

fn result(text: &str) -> Message {
    let result = Content::ToolResult { id: "c1".into(), name: None, parts: vec![Part::text(text)], is_error: false };
    Message { role: Role::Tool, parts: vec![part(result)], ..Message::default() }
}

fn tool() -> Tool {
    Tool {
        name: "now".into(),
        description: Some("Tells the time".into()),
        parameters: json!({ "type": "object", "properties": { "zone": { "type": "string" } }, "required": ["zone"] }),
        ..Tool::default()
    }
}

fn tokens(text: &str) -> u64 {
    Encoding::O200kBase.counter().count(text)
}

fn weighed(model: &str, request: &ChatRequest) -> Weight {
    let encoding = if model.contains("gpt-3.5") { Encoding::Cl100kBase } else { Encoding::O200kBase };
    weigh(request, Profile::named(model, Some("openai"), Tokenizer::Exact(encoding)), &Memo::new())
}

fn total(model: &str, request: &ChatRequest) -> u64 {
    weighed(model, request).total()
}

fn check(model: &str, request: &ChatRequest, expected: u64) {
    assert_eq!(total(model, request), expected, "{model}");
}

#[test]
fn a_role_is_one_token() {
    let memo = Memo::new();
    for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
        let profile = Profile::named("", None, Tokenizer::Exact(encoding));
        let scale = Scale { profile, memo: &memo, kept: None };
        for role in ["system", "developer", "user", "assistant", "tool"] {
            assert_eq!((scale.tokens(role), speaker_tokens(role, &scale)), (1, 1), "{role}");
        }
        assert_eq!(speaker_tokens("user:ann", &scale), scale.tokens("user:ann"));
    }
}
