//! BAML: functions with a client and a prompt in Jinja, and clients with a model and its options. A scanner that knows
//! strings, comments and braces; what it cannot make out it passes over.

use std::ops::Range;

use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{Field, File, Named, Piece, Prompt, PromptKind, Variable};
use crate::lint::mapped::Mapped;
use crate::lint::template::Syntax;

pub(super) static READER: Reader =
    Reader { name: "baml", about: "BAML: functions with prompts, clients with models", fits, read };

fn fits(candidate: &Candidate<'_>) -> Fit {
    if candidate.extension == "baml" { Fit::Named } else { Fit::No }
}

/// A word, a string, a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    kind: Kind,
    span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// In quotes; the span is without them.
    Quoted,
    /// Between `#"` and `"#`; the span is without them.
    Block,
    Sign(u8),
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let tokens = tokens(&text, file);
    let word = |token: &Token| text.get(token.span.clone()).unwrap_or_default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let prompt = match (token.kind, word(token)) {
            (Kind::Word, "function" | "template_string") => function(&text, &tokens, at),
            (Kind::Word, "client") => client(&text, &tokens, at),
            _ => None,
        };
        at += 1;
        if let Some((prompt, end)) = prompt {
            at = end.max(at);
            file.prompts.extend(prompt);
        }
    }
    file.text = text;
}

/// The tokens of a text. What is not closed is a mistake.
fn tokens(text: &str, file: &mut File) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        let end_of = |close: &str, from: usize| text.get(from..).and_then(|rest| rest.find(close)).map(|n| from + n);
        match byte {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = end_of("\n", at).unwrap_or(text.len());
                file.free_comments.push(start..at);
            }
            b'#' => {
                // `##"` closes with `"##`.
                let n_hashes = bytes[at..].iter().take_while(|b| **b == b'#').count();
                if bytes.get(at + n_hashes) != Some(&b'"') {
                    at += n_hashes;
                    continue;
                }
                let inner = at + n_hashes + 1;
                let close = format!("\"{}", "#".repeat(n_hashes));
                let end = end_of(&close, inner);
                if end.is_none() {
                    file.mistake(start..inner, format!("a block string that no `{close}` closes"));
                }
                let end = end.unwrap_or(text.len());
                tokens.push(Token { kind: Kind::Block, span: inner..end });
                at = (end + close.len()).min(text.len());
            }
            b'"' => {
                let mut end = at + 1;
                while bytes.get(end).is_some_and(|b| !matches!(b, b'"' | b'\n')) {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                let end = end.min(text.len());
                tokens.push(Token { kind: Kind::Quoted, span: at + 1..end.max(at + 1) });
                at = end + 1;
            }
            b if b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80 => {
                let is_word =
                    |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/') || *b >= 0x80;
                at += bytes[at..].iter().take_while(|b| is_word(b)).count();
                tokens.push(Token { kind: Kind::Word, span: start..at });
            }
            b if b.is_ascii_whitespace() => at += 1,
            b => {
                tokens.push(Token { kind: Kind::Sign(*b), span: at..at + 1 });
                at += 1;
            }
        }
    }
    tokens
}

/// The index of the sign that closes the one at `open`.
fn closing(tokens: &[Token], open: usize, opens: u8, closes: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        if token.kind == Kind::Sign(opens) {
            depth += 1;
        } else if token.kind == Kind::Sign(closes) {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// `function Name(a: string) -> T { client "openai/gpt-4o" prompt #"…"# }`, and the index after it.
fn function(text: &str, tokens: &[Token], at: usize) -> Option<(Option<Prompt>, usize)> {
    let word = |index: usize| tokens.get(index).and_then(|token| text.get(token.span.clone()));
    let name = word(at + 1)?;
    let open = at + 2;
    if tokens.get(open)?.kind != Kind::Sign(b'(') {
        return None;
    }
    let close = closing(tokens, open, b'(', b')')?;
    let variables = parameters(text, tokens, open + 1, close);
    let mut prompt = Prompt { name: Some(name.to_owned()), ..Prompt::default() };
    let mut index = close + 1;
    let end = if word(at) == Some("template_string") {
        // `template_string Name(a: string) #"…"#`.
        let block = tokens.get(index).filter(|token| token.kind == Kind::Block)?;
        set_text(text, block, &mut prompt);
        index
    } else {
        let body = (index..tokens.len()).find(|at| tokens[*at].kind == Kind::Sign(b'{'))?;
        let end = closing(tokens, body, b'{', b'}').unwrap_or(tokens.len() - 1);
        index = body + 1;
        while index < end {
            match (word(index), tokens.get(index + 1)) {
                (Some("client"), Some(value)) if matches!(value.kind, Kind::Quoted | Kind::Word) => {
                    set_model(text, value, &mut prompt);
                    index += 1;
                }
                (Some("prompt"), Some(value)) if matches!(value.kind, Kind::Block | Kind::Quoted) => {
                    set_text(text, value, &mut prompt);
                    index += 1;
                }
                _ => {}
            }
            index += 1;
        }
        end
    };
    prompt.span = tokens[at].span.start..tokens.get(end).map_or(text.len(), |token| token.span.end);
    prompt.variables = Some(variables);
    Some(((!prompt.pieces.is_empty()).then_some(prompt), end + 1))
}

fn parameters(text: &str, tokens: &[Token], from: usize, to: usize) -> Vec<Variable> {
    let mut variables = Vec::new();
    let mut depth = 0_i32;
    for index in from..to {
        let (Some(token), Some(next)) = (tokens.get(index), tokens.get(index + 1)) else { break };
        match token.kind {
            Kind::Sign(b'(' | b'<' | b'{' | b'[') => depth += 1,
            Kind::Sign(b')' | b'>' | b'}' | b']') => depth -= 1,
            Kind::Word if depth == 0 && next.kind == Kind::Sign(b':') => variables.push(Variable {
                name: text.get(token.span.clone()).unwrap_or_default().to_owned(),
                span: token.span.clone(),
                has_sample: false,
                is_bounded: false,
                // A parameter that goes is missing in every call.
                removal: None,
            }),
            _ => {}
        }
    }
    variables
}

fn set_text(text: &str, token: &Token, prompt: &mut Prompt) {
    let Some(inner) = text.get(token.span.clone()) else { return };
    let mapped = Mapped::plain(inner, token.span.start);
    let slots = Syntax::Jinja.slots(inner);
    prompt.pieces = vec![Piece { kind: Some(SegmentKind::Prompt), text: mapped, slots, ..Piece::default() }];
    prompt.syntax = Syntax::Jinja;
}

/// `openai/gpt-4o`; a bare word is the name of a client that is declared elsewhere.
fn set_model(text: &str, token: &Token, prompt: &mut Prompt) {
    let Some(name) = text.get(token.span.clone()) else { return };
    if let Some((host, model)) = name.split_once('/') {
        prompt.host = Some(host.to_owned());
        prompt.model = Some(Named { text: model.to_owned(), span: token.span.start + host.len() + 1..token.span.end });
    }
}

/// `client<llm> Name { provider openai options { model "gpt-4o" temperature 0 } }`, and the index after it.
fn client(text: &str, tokens: &[Token], at: usize) -> Option<(Option<Prompt>, usize)> {
    let word = |index: usize| tokens.get(index).and_then(|token| text.get(token.span.clone())).unwrap_or_default();
    if tokens.get(at + 1)?.kind != Kind::Sign(b'<') {
        return None;
    }
    let body = (at..tokens.len()).find(|index| tokens[*index].kind == Kind::Sign(b'{'))?;
    let end = closing(tokens, body, b'{', b'}')?;
    let mut prompt = Prompt {
        span: tokens[at].span.start..tokens[end].span.end,
        name: body.checked_sub(1).map(|index| word(index).to_owned()),
        kind: PromptKind::Template,
        ..Prompt::default()
    };
    let mut index = body + 1;
    while index < end {
        let (key, Some(value)) = (&tokens[index], tokens.get(index + 1)) else { break };
        let is_pair = key.kind == Kind::Word && matches!(value.kind, Kind::Word | Kind::Quoted);
        index += if is_pair { 2 } else { 1 };
        if !is_pair {
            continue;
        }
        let (name, written) = (word(index - 2), word(index - 1));
        match name {
            "provider" => prompt.host = Some(written.to_owned()),
            "model" => prompt.model = Some(Named { text: written.to_owned(), span: value.span.clone() }),
            _ if value.kind == Kind::Word && written.starts_with("env.") => {}
            _ => {
                let quoted = || serde_json::Value::String(written.to_owned());
                let parsed = serde_json::from_str(written).ok().filter(|_| value.kind == Kind::Word);
                let is_quoted = usize::from(value.kind == Kind::Quoted);
                let span = value.span.start - is_quoted..(value.span.end + is_quoted).min(text.len());
                prompt.fields.push(Field {
                    path: name.to_owned(),
                    value: parsed.unwrap_or_else(quoted),
                    key: key.span.clone(),
                    removal: Some(key.span.start..span.end),
                    span,
                });
            }
        }
    }
    Some((prompt.model.is_some().then_some(prompt), end + 1))
}

#[cfg(test)]
mod tests {
    use crate::lint::read::read;

    #[test]
    fn functions_and_clients_have_their_parts() {
        let text = "// the client\nclient<llm> Fast {\n  provider openai\n  options {\n    model \"gpt-4o\"\n    temperature 0\n    \
                    api_key env.KEY\n  }\n}\nfunction Sum(doc: string, n: map<string, int>) -> Out {\n  client \"anthropic/claude-3-opus\"\n  \
                    prompt #\"\n    Sum {{ doc }} in {{ n }}.\n  \"#\n}\n";
        let file = read("a/b.baml", text);
        assert_eq!((file.format, file.prompts.len(), file.mistakes.len()), ("baml", 2, 0));
        let client = &file.prompts[0];
        let model = client.model.as_ref().unwrap();
        assert_eq!((&*model.text, &text[model.span.clone()]), ("gpt-4o", "gpt-4o"));
        assert_eq!(
            (client.host.as_deref(), client.field("temperature").unwrap().value.clone()),
            (Some("openai"), 0.into())
        );
        assert!(client.field("api_key").is_none());
        let function = &file.prompts[1];
        let names: Vec<&str> = function.variables.as_ref().unwrap().iter().map(|v| &*v.name).collect();
        assert_eq!(names, ["doc", "n"]);
        assert_eq!(function.pieces[0].slots.len(), 2);
        assert_eq!(function.model.as_ref().unwrap().text, "claude-3-opus");
        assert_eq!(&text[file.free_comments[0].clone()], "// the client");
    }

    #[test]
    fn what_is_not_closed_is_a_mistake() {
        assert_eq!(read("a.baml", "function F(a: string) -> T { prompt #\"x {{ a }}").mistakes.len(), 1);
    }
}
