//! Tool definitions alone, as JSON: what an MCP server lists, a `tools` array of a request, function declarations.

use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{File, Piece, Prompt, PromptKind};
use crate::lint::mapped::Mapped;
use crate::text::json::{Json, Kind, Value};

pub(super) static READER: Reader =
    Reader { name: "tools", about: "tool definitions as JSON: MCP tools/list, a tools array", fits, read };

/// Members under which a tool keeps its parameters.
const SCHEMAS: &[&str] = &["inputSchema", "input_schema", "parameters", "parametersJsonSchema"];

fn fits(candidate: &Candidate<'_>) -> Fit {
    let has = |name: &str| candidate.text.contains(&format!("\"{name}\""));
    let is_function =
        || candidate.text.contains("\"function\"") || has("functionDeclarations") || has("function_declarations");
    let says_so = || {
        has("name")
            && has("description")
            && (has("inputSchema") || has("input_schema") || (has("parameters") && is_function()))
    };
    if candidate.extension == "json" && says_so() { Fit::Sniffed } else { Fit::No }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    match Json::parse(&text[start..]) {
        Ok(json) => {
            let lists = json.root().descendants().filter(|value| value.kind() == Kind::Array);
            let mut end = 0;
            for list in lists {
                let is_inside = list.span().start < end;
                if !is_inside && list.children().next().is_some_and(is_tool) {
                    end = list.span().end;
                    file.prompts.push(prompt(list, start));
                }
            }
            // One tool in a file of its own.
            if file.prompts.is_empty() && is_tool(json.root()) {
                let span = start..start + json.root().span().end;
                let pieces = vec![piece(json.root(), String::new(), start)];
                file.prompts.push(Prompt { span, kind: PromptKind::Tools, pieces, ..Prompt::default() });
            }
        }
        Err(mistake) => {
            let at = start + mistake.offset;
            file.mistake(at..at, format!("not JSON: expected {}", mistake.expected));
        }
    }
    file.text = text;
}

fn prompt(list: Value<'_, '_>, base: usize) -> Prompt {
    let name = list.key().map_or_else(|| "tools".to_owned(), std::borrow::Cow::into_owned);
    let tools = list.children().enumerate().filter(|(_, tool)| tool.kind() == Kind::Object);
    let pieces = tools.map(|(index, tool)| piece(tool, format!("{name}.{index}"), base)).collect();
    let span = base + list.span().start..base + list.span().end;
    Prompt { span, kind: PromptKind::Tools, pieces, ..Prompt::default() }
}

fn piece(tool: Value<'_, '_>, path: String, base: usize) -> Piece {
    let text = Mapped::plain(tool.raw(), base + tool.span().start);
    Piece { kind: Some(SegmentKind::ToolSchema), path, text, ..Piece::default() }
}

fn is_tool(value: Value<'_, '_>) -> bool {
    if value.kind() != Kind::Object {
        return false;
    }
    let function = value.get("function").filter(|function| function.kind() == Kind::Object).unwrap_or(value);
    let is_named = function.get("name").is_some_and(|name| name.kind() == Kind::String);
    let is_schema = |name: &&str| function.get(name).is_some_and(|schema| schema.kind() == Kind::Object);
    is_named && SCHEMAS.iter().any(is_schema)
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;

    #[test]
    fn lists_of_tools_are_found_in_their_envelopes() {
        let mcp = r#"{"jsonrpc": "2.0", "result": {"tools": [{"name": "a", "description": "A.", "inputSchema": {"type": "object"}}]}}"#;
        let bare = r#"[{"type": "function", "function": {"name": "b", "description": "B.", "parameters": {"type": "object"}}}]"#;
        let one = r#"{"name": "c", "description": "C.", "input_schema": {"type": "object"}}"#;
        for (text, path) in [(mcp, "tools.0"), (bare, "tools.0"), (one, "")] {
            let file = read_file("a.json", text);
            assert_eq!((file.format, file.prompts.len()), ("tools", 1), "{text}");
            let piece = &file.prompts[0].pieces[0];
            assert_eq!((piece.is_tool(), &*piece.path), (true, path));
            assert_eq!(&text[piece.text.in_file(&(0..piece.as_str().len()))], piece.as_str());
        }
    }

    #[test]
    fn a_request_with_tools_is_a_request() {
        let text = r#"{"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [{"name": "a", "description": "d", "input_schema": {"type": "object"}}]}"#;
        assert_eq!(read_file("a.json", text).format, "request");
    }
}
