//! The language server as an editor drives it: a session over its standard input and output, from `initialize` to `exit`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// An editor with one server.
struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next_id: u64,
}

impl Editor {
    fn start(args: &[&str]) -> Editor {
        let mut server = Command::new(env!("CARGO_BIN_EXE_promptopt"))
            .arg("lsp")
            .args(args)
            .env_remove("PROMPTOPT_CONFIG_DIR")
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = server.stdin.take();
        let output = BufReader::new(server.stdout.take().unwrap());
        let mut editor = Editor { server, input, output, next_id: 1 };
        let answer = editor.ask("initialize", &json!({ "processId": null, "rootUri": null, "capabilities": {} }));
        assert_eq!(answer["serverInfo"]["name"], "promptopt");
        assert_eq!(answer["capabilities"]["hoverProvider"], true);
        editor.tell("initialized", &json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params.clone();
        }
        self.send(&message);
        loop {
            let message = self.read();
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    /// What the server says next.
    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server has gone");
            match line.trim() {
                "" => break,
                header => {
                    if let Some(n) = header.strip_prefix("Content-Length: ") {
                        length = n.parse().unwrap();
                    }
                }
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The findings that the server publishes next.
    fn findings(&mut self) -> Vec<Value> {
        loop {
            let message = self.read();
            if message["method"] == "textDocument/publishDiagnostics" {
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    fn open(&mut self, uri: &str, text: &str) -> Vec<Value> {
        let document = json!({ "uri": uri, "languageId": "markdown", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
        self.findings()
    }

    fn stop(mut self) {
        self.ask("shutdown", &Value::Null);
        self.tell("exit", &Value::Null);
        self.input = None;
        assert!(self.server.wait().unwrap().success());
    }
}

const TABLE: &str = "Prices in 🍎:\n\n| name          | colour    |\n|---------------|-----------|\n| apple         | red       |\n| banana        | yellow    |\n| cherry        | red       |\n| plum          | blue      |\n| lime          | green     |\n| grape         | violet    |\n";
const URI: &str = "file:///project/prompts/fruit.md";

#[test]
fn an_editing_session() {
    let mut editor = Editor::start(&["--model", "gpt-6-luna"]);
    let findings = editor.open(URI, TABLE);
    let padded = findings.iter().find(|finding| finding["code"] == "FMT006").unwrap();
    assert_eq!(padded["source"], "promptopt");
    assert_eq!(padded["range"]["start"], json!({ "line": 2, "character": 0 }));
    let message = padded["message"].as_str().unwrap();
    assert!(message.contains("tokens a call, $"), "{message}");

    let place = json!({ "textDocument": { "uri": URI }, "position": { "line": 3, "character": 4 } });
    let hover = editor.ask("textDocument/hover", &place);
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert!(shown.contains("per 1,000 calls") && shown.contains("`gpt-6-luna`"), "{shown}");
    assert!(shown.contains("FMT006"), "{shown}");

    let range = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 2, "character": 1 } });
    let asked = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [padded] } });
    let actions = editor.ask("textDocument/codeAction", &asked);
    let fix = actions.as_array().unwrap().iter().find(|action| action["kind"] == "quickfix").unwrap();
    assert_eq!(fix["isPreferred"], true);
    let edit = &fix["edit"]["changes"][URI][0];
    let mended = edit["newText"].as_str().unwrap();
    assert!(mended.starts_with("| name | colour |\n") && mended.contains("| apple | red |"), "{mended}");
    assert!(actions.as_array().unwrap().iter().any(|action| action["kind"] == "source.fixAll"));

    // What the fix makes of it is clean.
    let changed = json!({
        "textDocument": { "uri": URI, "version": 2 },
        "contentChanges": [{ "text": "Prices in 🍎:\n\n|name|colour|\n|-|-|\n|apple|red|\n" }],
    });
    editor.tell("textDocument/didChange", &changed);
    assert_eq!(editor.findings().iter().filter(|finding| finding["code"] == "FMT006").count(), 0);
    editor.tell("textDocument/didClose", &json!({ "textDocument": { "uri": URI } }));
    assert!(editor.findings().is_empty(), "a closed document has no findings");
    editor.stop();
}

#[test]
fn texts_that_are_no_prompts_are_left_alone() {
    let mut editor = Editor::start(&[]);
    assert!(editor.open("file:///project/README.md", TABLE).is_empty());
    let hover = editor.ask(
        "textDocument/hover",
        &json!({ "textDocument": { "uri": "file:///project/README.md" }, "position": { "line": 2, "character": 0 } }),
    );
    assert!(hover.is_null());
    editor.stop();
}
