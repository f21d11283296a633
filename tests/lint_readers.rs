//! What every reader of prompt files promises, over generated input: no text makes one panic or name bytes that are not
//! there, a change of a prompt's text comes back as it was made, and a field that is removed is gone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use promptopt::lint::file::{File, Piece};
use promptopt::lint::read::{read, read_bytes};
use promptopt::text::json::push_string;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn config(cases: u32) -> ProptestConfig {
    // The same cases everywhere.
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default() }
}

/// A path for every reader.
const PATHS: &[&str] = &[
    "a.jsonl",
    "batch.jsonl",
    "request.json",
    "tools.json",
    "a.prompt",
    "a.prompty",
    "a.prompt.yml",
    "promptfooconfig.yaml",
    "prompts/a.yaml",
    "prompts/a.j2",
    "prompts/a.hbs",
    "SKILL.md",
    ".cursor/rules/a.mdc",
    "AGENTS.md",
    "prompts/a.txt",
];

/// Pieces of files: what readers look for, and what leads them astray.
const WORDS: &[&str] = &[
    "---\n",
    "\n",
    "\r\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    "- ",
    ": ",
    ":",
    "a",
    "é",
    "🦀",
    "\u{feff}",
    "#",
    " # c",
    "|",
    "|\n",
    "|2-\n",
    ">+\n",
    "\"",
    "'",
    "''",
    "\\",
    "\\n",
    "\\u00e9",
    "\\ud83d",
    "{",
    "}",
    "[",
    "]",
    ",",
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "${",
    "$",
    "{{!--",
    "--}}",
    "{{role \"system\"}}",
    "{{#if x}}",
    "{{/if}}",
    "{% raw %}",
    "{% for x in xs %}",
    "{{history}}",
    "system:\n",
    "user:\n",
    "prompt: ",
    "system_prompt: ",
    "messages:",
    "model: ",
    "prompts:\n",
    "providers:\n",
    "tests:\n",
    "vars:\n",
    "input:\n",
    "schema:\n",
    "inputs:\n",
    "sample:\n",
    "role: user\n",
    "content: ",
    "&x ",
    "*x",
    "!t ",
    "<<: ",
    "? ",
    "...\n",
    "%YAML 1.2\n",
    "\0",
    "\u{85}",
    "\u{2028}",
    "{\"messages\":[{\"role\":\"user\",\"content\":\"",
    "\"}]}",
    "{\"custom_id\":\"",
    "\"body\":",
    "\"tools\":[{\"name\":\"a\",\"description\":\"",
    "\",\"inputSchema\":{}}]",
    "\"cache_control\":{\"type\":\"ephemeral\"}",
    "one two three",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..40).prop_map(|words| words.concat())
}

/// Files as they should be, to be damaged.
const FILES: &[(&str, &str)] = &[
    (
        "a.jsonl",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\\nyou\"}],\"model\":\"gpt-4o\"}\n{\"prompt\":\"a\",\"completion\":\"b\"}\n",
    ),
    (
        "batch.jsonl",
        "{\"custom_id\":\"1\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}\n",
    ),
    (
        "r.json",
        "{\"model\":\"claude-opus-5-5\",\"system\":[{\"type\":\"text\",\"text\":\"Be brief.\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"tools\":[{\"name\":\"a\",\"input_schema\":{}}]}",
    ),
    (
        "a.prompt",
        "---\nmodel: x/y\ninput:\n  schema:\n    name?: string\n---\n{{role \"system\"}}\nBe brief.\n{{role \"user\"}}\n{{#each xs as |x|}}{{x}}{{/each}}{{! no }}\n",
    ),
    (
        "a.prompty",
        "---\nmodel:\n  configuration:\n    azure_deployment: gpt-4o\ninputs:\n  q:\n    type: string\nsample:\n  q: a\n---\nsystem:\nBe brief.\nuser:\n{{q}}\n",
    ),
    (
        "a.prompt.yml",
        "model: openai/gpt-4o\nmessages:\n  - role: system\n    content: >\n      Be\n      brief.\n  - role: user\n    content: |\n      {{input}}\n\n      é\ntestData:\n  - input: \"a\\n\"\n",
    ),
    (
        "promptfooconfig.yaml",
        "prompts:\n  - 'Say {{x}}'\n  - label: b\n    raw: |-\n      Say it\nproviders: [openai:gpt-4o]\ntests:\n  - vars: {x: 1}\n",
    ),
    ("prompts/a.yaml", "system_prompt: &s |\n  You are brief.\n\n  {name}\nuser_prompt: *s\n"),
    ("SKILL.md", "---\nname: a\ndescription: >-\n  Does things\n  well.\n---\n# A\n"),
];

fn damaged() -> impl Strategy<Value = (String, String)> {
    let edit = (any::<prop::sample::Index>(), 0_usize..6, prop::sample::select(WORDS));
    (prop::sample::select(FILES), prop::collection::vec(edit, 1..6)).prop_map(|((path, text), edits)| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, n_gone, word) in edits {
            let at = at.index(text.len() + 1);
            text.splice(at..(at + n_gone).min(text.len()), word.chars());
        }
        (path.to_owned(), text.into_iter().collect())
    })
}

/// Whatever a reader names stands in the file, between characters.
fn check(file: &File) {
    let in_file = |span: &std::ops::Range<usize>, what: &str| {
        assert!(file.text.get(span.clone()).is_some(), "{what} {span:?} of {:?} ({})", file.text, file.path);
    };
    file.mistakes.iter().for_each(|mistake| in_file(&mistake.span, "mistake"));
    file.free_comments.iter().for_each(|span| in_file(span, "comment"));
    for prompt in &file.prompts {
        in_file(&prompt.span, "prompt");
        prompt.model.iter().for_each(|model| in_file(&model.span, "model"));
        for field in &prompt.fields {
            in_file(&field.key, "key");
            in_file(&field.span, "field");
            field.removal.iter().for_each(|span| in_file(span, "removal"));
        }
        for variable in prompt.variables.iter().flatten() {
            in_file(&variable.span, "variable");
            variable.removal.iter().for_each(|span| in_file(span, "removal"));
        }
        for piece in &prompt.pieces {
            piece.cache_mark.iter().for_each(|(_, span)| in_file(span, "mark"));
            in_file(&piece.text.in_file(&(0..piece.as_str().len())), "piece");
            for (at, c) in piece.as_str().char_indices() {
                in_file(&piece.text.in_file(&(at..at + c.len_utf8())), "character");
            }
            let mut end = 0;
            for slot in &piece.slots {
                assert!(slot.span.start >= end && piece.as_str().get(slot.span.clone()).is_some());
                end = slot.span.end;
            }
        }
        prompt.free_variables();
    }
}

/// A way to write a text into a file in which it is the only prompt.
struct Notation {
    path: &'static str,
    /// The whole file, and whether a text that ends in line ends comes back with others.
    write: fn(&str) -> Option<String>,
    is_block: bool,
}

fn block(text: &str, head: &str, newline: &str) -> Option<String> {
    let is_possible = text.trim_start_matches('\n').chars().next().is_some_and(|c| c != ' ')
        && text.ends_with(|c| c != '\n')
        && text.chars().all(|c| !c.is_control() || c == '\n');
    let body: String = text
        .split('\n')
        .map(|line| if line.is_empty() { newline.to_owned() } else { format!("    {line}{newline}") })
        .collect();
    is_possible.then(|| format!("system_prompt: {head}{newline}{body}other: 1{newline}"))
}

const NOTATIONS: &[Notation] = &[
    Notation { path: "prompts/a.txt", write: |text| Some(text.to_owned()), is_block: false },
    Notation {
        path: "a.json",
        write: |text| {
            let mut out = "{\"model\": \"gpt-4o\", \"messages\": [{\"role\": \"user\", \"content\": ".to_owned();
            push_string(&mut out, text);
            out.push_str("}], \"temperature\": 1}");
            Some(out)
        },
        is_block: false,
    },
    Notation { path: "prompts/a.yaml", write: |text| block(text, "|", "\n"), is_block: true },
    Notation { path: "prompts/a.yaml", write: |text| block(text, "|- # note", "\r\n"), is_block: true },
    Notation {
        path: "prompts/a.yaml",
        write: |text| {
            let mut out = "other: {a: b}\nsystem_prompt: ".to_owned();
            push_string(&mut out, text);
            out.push_str(" # note\n");
            (!text.chars().any(|c| c.is_control() && c != '\n')).then_some(out)
        },
        is_block: false,
    },
    Notation {
        path: "prompts/a.yaml",
        write: |text| {
            (!text.contains(char::is_control))
                .then(|| format!("system_prompt: '{}'\nother: 1\n", text.replace('\'', "''")))
        },
        is_block: false,
    },
    Notation {
        path: "prompts/a.yaml",
        write: |text| {
            let is_plain = text.chars().all(|c| c.is_alphanumeric() || c == ' ') && text.trim() == text;
            is_plain.then(|| format!("system_prompt: {text}\nother: 1\n"))
        },
        is_block: false,
    },
];

fn only_piece(file: &File) -> Option<&Piece> {
    file.prompts.first()?.pieces.first()
}

fn text() -> impl Strategy<Value = String> {
    const TEXT_WORDS: &[&str] = &[
        "a",
        "two words",
        "é",
        "🦀",
        " ",
        "  ",
        "\n",
        "\n\n",
        "# x",
        ": ",
        "- ",
        "'",
        "\"",
        "\\",
        "{x}",
        "---",
        "|",
        ",",
        "\u{7f}",
        "&",
        "*",
    ];
    let text = prop::collection::vec(prop::sample::select(TEXT_WORDS), 0..14).prop_map(|words| words.concat());
    // Three words at least, as shorter texts under a key are taken for names.
    text.prop_map(|text| format!("{text}one two three"))
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn no_text_makes_a_reader_panic(path in prop::sample::select(PATHS), text in soup()) {
        check(&read(path, &text));
    }

    #[test]
    fn no_damage_makes_a_reader_panic((path, text) in damaged()) {
        check(&read(&path, &text));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(path in prop::sample::select(PATHS), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        check(&read_bytes(path, bytes));
    }

    #[test]
    fn a_change_of_a_text_comes_back_as_it_was_made(
        notation in prop::sample::select((0..NOTATIONS.len()).collect::<Vec<_>>()),
        text in text(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        replacement in prop_oneof![Just(String::new()), Just("\n".to_owned()), Just("new".to_owned()), text()],
    ) {
        let Notation { path, write, is_block } = &NOTATIONS[notation];
        let Some(written) = write(&text) else { return Ok(()) };
        let file = read(path, &written);
        prop_assert_eq!(&file.mistakes, &[], "{:?}", written);
        let Some(piece) = only_piece(&file) else { return Err(TestCaseError::fail(format!("no prompt in {written:?}"))) };
        let chomped = |text: &str| if *is_block { text.trim_end_matches('\n').to_owned() } else { text.to_owned() };
        prop_assert_eq!(chomped(piece.as_str()), chomped(&text));
        let places: Vec<usize> = piece.as_str().char_indices().map(|(at, _)| at).chain([piece.as_str().len()]).collect();
        let (a, b) = (places[from.index(places.len())], places[to.index(places.len())]);
        let range = a.min(b)..a.max(b);
        let mut edited = piece.as_str().to_owned();
        edited.replace_range(range.clone(), &replacement);
        let Some((span, encoded)) = piece.text.change(&range, &replacement) else { return Ok(()) };
        let mut changed = written.clone();
        changed.replace_range(span, &encoded);
        let again = read(path, &changed);
        prop_assert_eq!(&again.mistakes, &[], "{:?} → {:?}", written, changed);
        // What is left may be too short to be taken for a prompt.
        if edited.split_whitespace().count() >= 3 {
            let after = only_piece(&again).map(|piece| chomped(piece.as_str()));
            prop_assert_eq!(after, Some(chomped(&edited)), "{:?} → {:?}", written, changed);
            let others = |file: &File| file.prompts[0].fields.iter().map(|field| field.value.clone()).collect::<Vec<_>>();
            prop_assert_eq!(others(&again), others(&file));
        }
    }
}

#[test]
fn a_field_that_is_removed_is_gone_and_the_file_stays_valid() {
    let mut n_removed = 0;
    for (path, text) in FILES {
        let file = read(path, text);
        assert_eq!(file.mistakes, [], "{path}");
        assert!(!file.prompts.is_empty(), "{path}");
        for (index, prompt) in file.prompts.iter().enumerate() {
            for field in &prompt.fields {
                let Some(removal) = field.removal.clone() else { continue };
                let mut changed = (*text).to_owned();
                changed.replace_range(removal, "");
                let again = read(path, &changed);
                assert_eq!(again.mistakes, [], "{path}: without {}: {changed}", field.path);
                let after = again.prompts.get(index);
                assert!(
                    after.is_none_or(|prompt| prompt.field(&field.path).is_none()),
                    "{path}: {}: {changed}",
                    field.path
                );
                n_removed += 1;
            }
        }
    }
    assert!(n_removed > 10, "only {n_removed}");
}
