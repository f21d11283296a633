//! The prompts of the shared material, as texts to optimise: those of whole files, or evenly spread samples where a file is
//! large. Nothing where the material is missing.

use std::io::Read as _;

use promptopt::optimize::Form;
use serde_json::{Value, json};

use crate::promises::Case;
use crate::shared::shared_data;

fn text(path: &str) -> Option<String> {
    let bytes = std::fs::read(shared_data(path)?).unwrap();
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
    } else {
        text = bytes;
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn lines(path: &str) -> Vec<Value> {
    text(path).unwrap_or_default().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn cases(name: &str, form: Form, texts: impl IntoIterator<Item = String>) -> Vec<Case> {
    texts.into_iter().enumerate().map(|(index, text)| Case { name: format!("{name} {index}"), text, form }).collect()
}

/// Whole conversations: name, tools, messages.
pub(crate) fn conversations() -> Vec<(String, Value, Vec<Value>)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let runs = lines("corpora/agent_runs.jsonl.gz");
    let mut found: Vec<_> = runs
        .iter()
        .enumerate()
        .map(|(n, run)| (format!("run {n}"), run["tools"].clone(), list(&run["messages"])))
        .collect();
    let tau = text("corpora/tau_bench_airline_gpt4o.json.gz").unwrap_or_else(|| "[]".to_owned());
    let tau: Vec<Value> = serde_json::from_str(&tau).unwrap();
    found.extend(tau.iter().enumerate().map(|(n, row)| (format!("tau {n}"), Value::Null, list(&row["traj"]))));
    found
}

/// The body of a chat request.
pub(crate) fn body(tools: &Value, messages: &[Value]) -> String {
    let mut body = json!({"model": "gpt-4o", "messages": messages});
    if tools.is_array() {
        body["tools"] = tools.clone();
    }
    body.to_string()
}

/// Request bodies of the recordings, as sent.
pub(crate) fn recorded() -> Vec<Case> {
    let requests = lines("recordings/recordings.jsonl.gz").into_iter().filter_map(|line| {
        let request = &line["request"];
        let text = request.as_str().map_or_else(|| request.to_string(), str::to_owned);
        (text.starts_with('{') && serde_json::from_str::<Value>(&text).is_ok()).then_some(text)
    });
    cases("recording", Form::Json, requests)
}

/// Prompts, templates, instructions and documents as texts.
pub(crate) fn prompts() -> Vec<Case> {
    let field = |path: &str, name: &str, step: usize| -> Vec<String> {
        lines(path).iter().step_by(step).filter_map(|row| row[name].as_str().map(str::to_owned)).collect()
    };
    let mut found = cases("instructions", Form::Prompt, field("corpora/agent_instructions.jsonl.gz", "text", 1));
    for name in ["text", "template", "prompt"] {
        found.extend(cases("template", Form::Prompt, field("corpora/prompt_templates.jsonl.gz", name, 1)));
    }
    if let Some(text) = text("corpora/awesome_prompts.csv.gz") {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.records().map(Result::unwrap);
        let longest = rows.filter_map(|row| row.iter().max_by_key(|field| field.len()).map(str::to_owned));
        found.extend(cases("awesome", Form::Prompt, longest));
    }
    for file in ["nq20", "hotpot10", "xquad_de", "xquad_hi"] {
        for row in lines(&format!("qa/{file}.jsonl.gz")).iter().step_by(25) {
            let documents =
                row["documents"].as_array().unwrap().iter().filter_map(|document| document["text"].as_str());
            found.extend(cases(file, Form::Prompt, [documents.collect::<Vec<_>>().join("\n\n")]));
        }
    }
    for row in lines("qa/qmsum.jsonl.gz").iter().step_by(10) {
        let turns = row["turns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|turn| turn.as_str().map_or_else(|| turn.to_string(), str::to_owned));
        found.extend(cases("qmsum", Form::Prompt, [turns.collect::<Vec<_>>().join("\n")]));
    }
    for row in lines("qa/kv75.jsonl.gz").iter().step_by(10) {
        let json = row["json"].as_str().map_or_else(|| row["json"].to_string(), str::to_owned);
        found.extend(cases("kv75", Form::Json, [json]));
    }
    found
}

/// What tools returned: logs, JSON, web pages.
pub(crate) fn tool_output() -> Vec<String> {
    let names = ["Apache_2k.log.gz", "Hadoop_2k.log.gz", "Linux_2k.log.gz", "OpenSSH_2k.log.gz", "github_repos.json"];
    let mut found: Vec<String> = names.iter().filter_map(|name| text(&format!("tool_output/{name}"))).collect();
    let Some(folder) = shared_data("tool_output/html") else { return found };
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    pages.sort();
    found.extend(
        pages.iter().step_by(4).filter_map(|name| text(&format!("tool_output/html/{}", name.to_string_lossy()))),
    );
    found
}
