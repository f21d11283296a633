//! Any text as any kind of prompt file: it is read and linted without a panic, what is found lies in the text, and what the
//! fixes make of it can be read as well as before. The first byte says which kind of file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt::lint::{Applicability, Linter, Settings, read};

/// A name for each reader; `PROMPTOPT_FUZZ_NAME` sets one for the whole run.
const NAMES: &[&str] = &[
    "AGENTS.md",
    "skills/x/SKILL.md",
    "prompts/a.txt",
    "prompts/a.j2",
    "a.prompt",
    "a.prompty",
    "a.prompt.yml",
    "promptfooconfig.yaml",
    "prompts/a.yaml",
    "prompts/request.json",
    "prompts/batch.jsonl",
    "prompts/tools.json",
    "rules.mdc",
    "a.baml",
    "a.poml",
    "a.py",
    "a.ts",
    "a.rs",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let name = std::env::var("PROMPTOPT_FUZZ_NAME").unwrap_or_default();
    let path = if name.is_empty() { NAMES[usize::from(*first) % NAMES.len()] } else { &*name };
    let mut settings = Settings::new("2026-11-22".parse().unwrap());
    settings.model = Some(if first & 128 == 0 { "gpt-6-luna" } else { "claude-opus-5-5" }.to_owned());
    let linter = Linter::new();
    let file = read::read(path, &text);
    for diagnostic in linter.lint(&file, &settings).diagnostics {
        assert!(text.get(diagnostic.finding.span.clone()).is_some(), "{diagnostic:?}");
    }
    let fixed = linter.fix(path, &text, &settings, Applicability::Unsafe);
    assert!(read::read(path, &fixed.text).mistakes.len() <= file.mistakes.len(), "{path}: {:?}", fixed.applied);
});
