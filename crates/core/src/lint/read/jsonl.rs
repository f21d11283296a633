//! Requests as JSON Lines: one a line, as batch files have them.

use super::{Candidate, Fit, Reader, request};
use crate::lint::file::{File, Prompt, PromptKind};
use crate::text::json::Json;

pub(super) static READER: Reader =
    Reader { name: "jsonl", about: "requests as JSON Lines: batch files, logs of requests", fits, read };

fn fits(candidate: &Candidate<'_>) -> Fit {
    let says_so = || ["\"body\"", "\"params\"", "\"messages\""].iter().any(|key| candidate.text.contains(key));
    if matches!(candidate.extension, "jsonl" | "ndjson") && says_so() { Fit::Sniffed } else { Fit::No }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let mut base = 0;
    for line in text.split_inclusive('\n') {
        // What is no JSON is a finding of `invalid-line`.
        if let Ok(json) = Json::parse(line.trim_end()) {
            let name = json.root().get("custom_id").and_then(|id| id.string()).map(std::borrow::Cow::into_owned);
            let kind = if name.is_some() { PromptKind::BatchRequest } else { PromptKind::Request };
            let prompts = request::prompts(&json, base, kind).into_iter();
            file.prompts.extend(prompts.map(|prompt| Prompt { name: name.clone(), ..prompt }));
        }
        base += line.len();
    }
    file.text = text;
}
