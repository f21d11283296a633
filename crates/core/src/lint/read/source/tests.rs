//! Programs, read: what is a prompt and what is none, what stands where, and that every change of a text comes back.

use proptest::prelude::*;

use super::super::read;
use crate::compress::SegmentKind;
use crate::lint::file::{File, Prompt};
use crate::lint::template::Syntax;

fn only(path: &str, text: &str) -> Prompt {
    let file = read(path, text);
    assert_eq!(file.prompts.len(), 1, "{text}: {:#?}", file.prompts);
    file.prompts.into_iter().next().unwrap()
}

fn texts(prompt: &Prompt) -> Vec<&str> {
    prompt.pieces.iter().map(crate::lint::file::Piece::as_str).collect()
}

/// The names that the slots of a prompt begin with.
fn slots(prompt: &Prompt) -> Vec<&str> {
    prompt.pieces.iter().flat_map(|piece| &piece.slots).map(|slot| &*slot.code).collect()
}

#[test]
fn python_constants_are_prompts_by_their_names() {
    let text = "import x\n\nSYSTEM_PROMPT = \"\"\"You are a clerk.\nBe kind.\"\"\"\nPROMPT_PATH = 'a b c d e f'\nQ = 'one two three four five'\n";
    let prompt = only("a.py", text);
    assert_eq!((prompt.name.as_deref(), texts(&prompt)), (Some("SYSTEM_PROMPT"), vec!["You are a clerk.\nBe kind."]));
    assert!(text[prompt.span.clone()].starts_with("\"\"\"You"));
    let text =
        "class A:\n    system_prompt: str = (\n        'You are a clerk '  # why\n        'of the bank.'\n    )\n";
    let file = read("a.py", text);
    assert_eq!(texts(&file.prompts[0]), ["You are a clerk of the bank."]);
    assert_eq!(&text[file.free_comments[0].clone()], "# why");
    assert!(
        read("a.py", "prompt = input('Enter your full name please: ')\nprompt = 'Enter your full name please: '\n")
            .prompts
            .is_empty()
    );
}

#[test]
fn python_fills_in_by_f_strings_and_format() {
    let prompt = only("a.py", "prompt = f\"Sum up {doc.text!r} in {{n}} words, {n + 1} at most\"\n");
    assert_eq!((prompt.syntax, slots(&prompt)), (Syntax::Braces, vec!["doc.text!r", "n + 1"]));
    let prompt = only(
        "a.py",
        "PROMPT = 'Sum up {doc} in {n} words please'\n\ndef f(d):\n    return PROMPT.format(doc=d, k=1)\n",
    );
    let declared: Vec<&str> = prompt.variables.as_ref().unwrap().iter().map(|variable| &*variable.name).collect();
    assert_eq!((prompt.syntax, slots(&prompt), declared), (Syntax::Braces, vec!["doc", "n"], vec!["doc", "k"]));
    let prompt = only("a.py", "prompt = 'You are ' + name + ', a clerk of the bank.'\n");
    assert_eq!((texts(&prompt), slots(&prompt)), (vec!["You are ${name}, a clerk of the bank."], vec!["name"]));
    assert!(!prompt.pieces[0].is_writable());
}

#[test]
fn a_call_is_a_request_with_its_model_and_fields() {
    let text = "r = client.chat.completions.create(\n    model=\"gpt-4o\",\n    temperature=0.2,\n    messages=[\n        {\"role\": \"system\", \"content\": RULES_PROMPT},\n        {\"role\": \"user\", \"content\": f\"Q: {q}\"},\n    ],\n    max_tokens=100,\n)\nRULES_PROMPT = 'You are a kind clerk of the bank.'\n";
    let prompt = only("a.py", text);
    let model = prompt.model.as_ref().unwrap();
    assert_eq!((&*model.text, &text[model.span.clone()]), ("gpt-4o", "gpt-4o"));
    assert_eq!(texts(&prompt), ["You are a kind clerk of the bank.", "Q: {q}"]);
    assert_eq!(prompt.pieces[0].kind, Some(SegmentKind::System));
    let temperature = prompt.field("temperature").unwrap();
    assert_eq!(&text[temperature.removal.clone().unwrap()], "temperature=0.2,\n    ");
    assert_eq!(prompt.field("max_tokens").unwrap().value, 100);
    // The model alone is enough.
    let prompt = only("a.py", "llm = ChatOpenAI(model='gpt-4o-mini', temperature=0)\n");
    assert_eq!((prompt.pieces.len(), prompt.fields.len()), (0, 1));
    assert!(read("a.py", "m = load(model='resnet-50')\nx = Field(model='app.User')\n").prompts.is_empty());
    assert_eq!(read("a.py", "DEFAULT_MODEL = 'gpt-4o'\n").prompts[0].model.as_ref().unwrap().text, "gpt-4o");
}

#[test]
fn requests_inside_requests_are_themselves() {
    let text = "requests.post(url, json={'model': 'gpt-4o', 'temperature': 1, 'messages': [{'role': 'user', 'content': 'Name four big towns.'}]})\n";
    let prompt = only("a.py", text);
    assert_eq!((texts(&prompt), prompt.field("temperature").is_some()), (vec!["Name four big towns."], true));
}

#[test]
fn typescript_has_templates_objects_and_tags() {
    let text = "export const systemPrompt = `You are ${name}, a \\`clerk\\`.\nBe kind.`;\n";
    let prompt = only("a.ts", text);
    assert_eq!((texts(&prompt), slots(&prompt)), (vec!["You are ${name}, a `clerk`.\nBe kind."], vec!["name"]));
    assert_eq!(prompt.syntax, Syntax::Dollar);
    let text = "const r = await generateText({ model: openai('gpt-4o'), temperature: 0.3, system: 'You are a clerk.', prompt: q });\n";
    let prompt = only("a.tsx", text);
    assert_eq!(prompt.model.as_ref().unwrap().text, "gpt-4o");
    assert_eq!(texts(&prompt), ["You are a clerk.", "${q}"]);
    let prompt = only("a.js", "module.exports.prompt = ['You are a clerk', 'of the big bank.'].join('\\n').trim();\n");
    assert_eq!(texts(&prompt), ["You are a clerk\nof the big bank."]);
    let prompt = only("a.ts", "const prompt = dedent`\n    You are a clerk\n      of the bank.\n  `;\n");
    assert_eq!(texts(&prompt), ["\nYou are a clerk\n  of the bank.\n"]);
    assert!(
        read("a.ts", "const promptId = 'one two three four'; // prompt: x\nwindow.prompt('What is your name?')\n")
            .prompts
            .is_empty()
    );
}

#[test]
fn rust_has_raw_strings_macros_and_builders() {
    let prompt = only("a.rs", "static SYSTEM_PROMPT: &str = r#\"You are a \"kind\" clerk.\"#;\n");
    assert_eq!(texts(&prompt), ["You are a \"kind\" clerk."]);
    let prompt = only("a.rs", "fn f() { let prompt = format!(\"Sum up {doc} in \\\n     {} words\", n); }\n");
    assert_eq!((texts(&prompt), slots(&prompt)), (vec!["Sum up {doc} in {} words"], vec!["doc", ""]));
    let prompt = only(
        "a.rs",
        "fn f() { let b = json!({\"model\": \"gpt-4o\", \"temperature\": 0.5, \"messages\": [{\"role\": \"user\", \"content\": \"Hi there\"}]}); }\n",
    );
    assert_eq!((&*prompt.model.as_ref().unwrap().text, texts(&prompt)), ("gpt-4o", vec!["Hi there"]));
    assert_eq!(prompt.field("temperature").unwrap().value, 0.5);
    assert_eq!(read("a.rs", "fn f() { b.model(\"gpt-4o\").go(); }\n").prompts.len(), 1);
}

#[test]
fn a_comment_marks_what_no_name_tells() {
    let prompt = only("a.py", "# promptopt: prompt\nTEXT = 'Be kind.'\nOTHER = 'one two three four five'\n");
    assert_eq!(texts(&prompt), ["Be kind."]);
    assert_eq!(texts(&only("a.ts", "f('Be kind.'); // promptopt: prompt\n")), ["Be kind."]);
    assert_eq!(texts(&only("a.rs", "fn f() {\n    // promptopt: prompt\n    g(\"Be kind.\");\n}\n")), ["Be kind."]);
}

#[test]
fn margins_are_taken_off_where_the_program_does_so() {
    let text =
        "PROMPT = textwrap.dedent(\"\"\"\\\n    You are a clerk.\n\n      Be kind to {who}.\n    \"\"\").strip()\n";
    let prompt = only("a.py", text);
    assert_eq!(texts(&prompt), ["You are a clerk.\n\n  Be kind to {who}."]);
}

/// Programs of one prompt in every notation that can be written back.
const WRITABLE: &[(&str, &str)] = &[
    ("a.py", "PROMPT = 'You are \\'a\\' clerk\\n of the bank.'\n"),
    ("a.py", "PROMPT = \"\"\"You are \"a\" clerk\n  of the\\tbank.\n\"\"\"\n"),
    ("a.py", "PROMPT = ('You are a clerk '\n          'of the bank.')\n"),
    ("a.py", "PROMPT = f'You are {a} clerk {{of}} the bank.'\n"),
    ("a.py", "PROMPT = r'You are a clerk of the bank.'\n"),
    ("a.py", "PROMPT = dedent('''\n    You are a clerk\n    of the\n\n      big bank.\n    ''').strip()\n"),
    ("a.py", "PROMPT = 'You are a clerk\\\n of the bank.'\n"),
    ("a.ts", "const prompt = `You are \\`a\\` clerk ${x}\nof the bank.`;\n"),
    ("a.ts", "const prompt = \"You are \\u{1F980} clerk\" + \" of the bank.\";\n"),
    ("a.rs", "const PROMPT: &str = \"You are a clerk \\\n    of the bank\\n.\";\n"),
    ("a.rs", "const PROMPT: &str = r#\"You are a clerk\nof the bank.\"#;\n"),
];

#[test]
fn every_change_comes_back() {
    for (path, source) in WRITABLE {
        // The mark, as what is left of a text need not be prose.
        let is_python = path.rsplit('.').next() == Some("py");
        let mark = if is_python { "# promptopt: prompt\n" } else { "// promptopt: prompt\n" };
        let source = &*format!("{mark}{source}");
        let prompt = only(path, source);
        let piece = &prompt.pieces[0];
        assert!(piece.is_writable(), "{source}");
        let text = piece.as_str();
        let edges: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let is_cut = |at: usize| {
            // A doubled brace is one.
            let is_brace = at > 0 && text.get(at - 1..=at).is_some_and(|pair| matches!(pair, "{{" | "}}"));
            is_brace || piece.slots.iter().any(|slot| slot.span.start < at && at < slot.span.end)
        };
        for (n, start) in edges.iter().enumerate() {
            for end in edges[n..].iter().step_by(3) {
                for replacement in ["", "x", "it's \"so\"", "a\nb", "c\n"] {
                    let range = *start..*end;
                    if is_cut(*start) || is_cut(*end) {
                        continue;
                    }
                    let Some((span, written)) = piece.text.change(&range, replacement) else { continue };
                    let mut edited = source.to_owned();
                    edited.replace_range(span, &written);
                    let mut expected = text.to_owned();
                    expected.replace_range(range.clone(), replacement);
                    if source.contains("strip()") {
                        expected = expected.trim().to_owned();
                    }
                    let after = read(path, &edited);
                    let found = after.prompts.first().map(|prompt| prompt.pieces[0].as_str());
                    assert_eq!(found, Some(&*expected), "{range:?} → {replacement:?} in {source}\n{edited}");
                }
            }
        }
    }
}

/// Every range of a file that a reader names lies in it and cuts no character.
fn check_spans(file: &File) {
    let is_in = |span: &std::ops::Range<usize>| file.text.get(span.clone()).is_some();
    for prompt in &file.prompts {
        assert!(is_in(&prompt.span));
        assert!(prompt.model.iter().all(|model| is_in(&model.span)));
        assert!(prompt.fields.iter().all(|field| is_in(&field.span) && field.removal.as_ref().is_none_or(is_in)));
        assert!(prompt.variables.iter().flatten().all(|variable| is_in(&variable.span)));
        for piece in &prompt.pieces {
            assert!(is_in(&piece.text.in_file(&(0..piece.as_str().len()))), "{piece:?}");
            assert!(piece.slots.iter().all(|slot| piece.as_str().get(slot.span.clone()).is_some()));
        }
    }
}

const FRAGMENTS: &[&str] = &[
    "PROMPT = ",
    "prompt: str = ",
    "const systemPrompt = ",
    "static PROMPT: &str = ",
    "f\"",
    "\"\"\"",
    "'",
    "\"",
    "`",
    "${",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "r#\"",
    "\"#",
    "\\",
    "\\u{",
    "\\x",
    "\\N{",
    "\n",
    "    ",
    "model=\"gpt-4o\"",
    ", ",
    ": ",
    "+ ",
    "role=\"system\"",
    "{\"role\": \"user\", \"content\": ",
    ".format(",
    "dedent(",
    ".strip()",
    "json!(",
    "format!(",
    "é🦀",
    "You are a kind clerk. ",
    "# promptopt: prompt\n",
    "function F(a: string) -> T { ",
    "prompt #\"",
    "client<llm> X {",
    "<poml>",
    "<user-msg>",
    "</",
    "<!--",
    "&amp;",
    "{{ x }}",
    "{% if x %}",
    "\r\n",
    "\u{0}",
];

proptest! {
    #[test]
    fn anything_is_read_without_panic(parts in prop::collection::vec((0..FRAGMENTS.len(), ".{0,4}"), 0..40)) {
        let text: String = parts.iter().flat_map(|(index, noise)| [FRAGMENTS[*index], noise]).collect();
        for path in ["a.py", "a.ts", "a.tsx", "a.rs", "a.baml", "a.poml"] {
            check_spans(&read(path, &text));
        }
    }
}
