//! What names and texts say: whether a variable holds a prompt, whether a text is prose for a model, whether a name is a
//! model's. Precision first: a password prompt and a path to a prompt are none.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::catalog::Catalog;

/// The mark that makes the next string a prompt, whatever its name.
pub(super) const MARK: &str = "promptopt: prompt";

/// Names of arguments and members that hold a model's name.
const MODEL_NAMES: &str = "model model_name model_id modelid llm_model llm chat_model deployment_name engine";

/// Last words of names that are about a prompt and are none: paths, identifiers, numbers, classes.
const NOT_THE_TEXT: &str = "refusal notice path paths file files filename dir directory folder id ids name names key keys url uri endpoint \
     tokens token hash version type format error errors message_id help description desc title label \
     column field class cls schema enum length size count limit cost price cache role mode status regex \
     pattern suffix tag placeholder exception warning log query docs docstring comment topic source \
     category response output result results completion answer manager registry config settings style \
     color icon reason prefix_key variables command cmd sql html css";

/// Words beside `instructions` that say that a model reads them, not a person.
const FOR_A_MODEL: &str = "system agent assistant llm model bot developer base default ai custom format user task role output \
     judge grader summary extraction persona tool planner router guardrail";

/// Whether a variable, argument or member of this name holds a prompt.
pub(super) fn says_prompt(name: &str) -> bool {
    if !is_telling(name) {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if has_word(NOT_THE_TEXT, last) || words.first().is_some_and(|first| matches!(&**first, "no" | "is" | "has")) {
        return false;
    }
    let pair = |a: &str, b: &str| {
        words.windows(2).any(|two| two[0] == a && (two[1] == b || two[1].trim_end_matches('s') == b))
    };
    let has = |word: &str| words.iter().any(|known| known == word);
    has("prompt")
        || has("prompts")
        || has("metaprompt")
        || has("systemprompt")
        || has("preamble")
        || pair("system", "message")
        || pair("system", "msg")
        || pair("developer", "message")
        || ((has("instructions") || has("instruction"))
            && (words.len() == 1 || words.iter().any(|word| has_word(FOR_A_MODEL, word))))
}

/// Whether a call by this name takes a prompt as its first argument: `SystemMessage(…)`, `PromptTemplate.from_template(…)`,
/// `.with_system_prompt(…)`.
pub(super) fn takes_prompt(callee: &str) -> bool {
    if !is_telling(callee) {
        return false;
    }
    let mut parts = callee.rsplit(['.', ':']).filter(|part| !part.is_empty());
    let last = parts.next().unwrap_or_default();
    let owner = parts.next().unwrap_or_default();
    let is_one = |name: &str| {
        let words = words(name);
        let has = |word: &str| words.iter().any(|known| known == word);
        (has("prompt")
            && (has("template") || has("system"))
            && !words.last().is_some_and(|last| has_word(NOT_THE_TEXT, last)))
            || (has("system") && (has("message") || has("instruction") || has("instructions")))
            || (has("message") && has("human"))
    };
    is_one(last)
        || last == "preamble"
        || (matches!(last, "from_template" | "fromTemplate" | "from_string") && is_one(owner))
        || (last == "system" && owner.to_lowercase().contains("message"))
}

/// Whether a name could be any of the others' at all: without making words of it, as every name of a program is asked.
pub(super) fn is_telling(name: &str) -> bool {
    TELLING.is_match(name)
}

/// Whether an argument or member of this name holds a model's name.
pub(super) fn says_model(name: &str) -> bool {
    if !is_telling(name) {
        return false;
    }
    let name = snake(name);
    has_word(MODEL_NAMES, &name)
        || name.ends_with("_model")
        || name.ends_with("_model_name")
        || name.ends_with("_model_id")
}

/// Whether a text is prose for a model: at least four words, and not a line that asks a person at a terminal.
pub(super) fn is_prose(text: &str, name: &str) -> bool {
    let text = text.trim();
    let n_words = text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1).count();
    // Languages without blanks between words.
    let n_wide = text.chars().take(64).filter(|c| *c as u32 >= 0x2E80).count();
    if (n_words < 4 && n_wide < 12) || text.starts_with("http://") || text.starts_with("https://") {
        return false;
    }
    let is_line = text.len() < 100 && !text.contains('\n');
    let asks = text.ends_with([':', '>', ']', ')']) || (text.ends_with('?') && text.len() < 60);
    let is_plain_name = words(name)
        .iter()
        .all(|word| matches!(&**word, "prompt" | "message" | "msg" | "confirm" | "user" | "input" | "text"));
    !(is_line && asks && is_plain_name && !text.contains('{'))
}

/// Whether a name could be one of a large language model: it begins as those of the catalogue do.
pub(super) fn looks_like_model(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let name = without_makers(&name);
    let family = family(name);
    name.len() <= 80
        && name.len() > family.len()
        && name.bytes().any(|b| b.is_ascii_digit() || b == b'-')
        && !name.contains(char::is_whitespace)
        && FAMILIES.contains(family)
}

/// Whether the catalogue knows a model of this name.
pub(super) fn is_known_model(name: &str) -> bool {
    looks_like_model(name) && Catalog::embedded().find(None, name).is_some()
}

/// Whether a file may hold a prompt or the name of a model at all: names with something after them that could give them a
/// value. One pass over the text; what this lets through is parsed.
pub(super) fn may_hold(text: &str) -> bool {
    CLUES.is_match(text)
}

fn has_word(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// Words of a name: `systemPrompt`, `SYSTEM_PROMPT` and `system-prompt` are `system`, `prompt`.
pub(super) fn words(name: &str) -> Vec<String> {
    snake(name).split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A name in snake case.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = '_';
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        let is_edge = c.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase())));
        if is_edge && !out.ends_with('_') {
            out.push('_');
        }
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
        }
        before = c;
    }
    out.trim_matches('_').to_owned()
}

/// `claude-3` of `us.anthropic.claude-3`; `gpt-4.1` has no maker.
fn without_makers(mut name: &str) -> &str {
    while let Some((maker, rest)) = name.split_once('.')
        && maker.bytes().all(|b| b.is_ascii_alphabetic())
        && rest.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        name = rest;
    }
    name
}

/// What models of a family begin with: `gpt` of `gpt-4o`, `o` of `o3`, `text-embedding` of `text-embedding-3-small`.
fn family(name: &str) -> &str {
    let word = |from: usize| name[from..].find(|c: char| !c.is_ascii_alphabetic()).map_or(name.len(), |end| from + end);
    let end = word(0);
    if has_word(COMMON_WORDS, &name[..end]) && name[end..].starts_with('-') {
        return &name[..word(end + 1)];
    }
    &name[..end]
}

/// Words that begin names of models and of much else (`text-center`): the next word belongs to the family.
const COMMON_WORDS: &str = "text chat code command image video model base nova embed meta amazon global open all deep computer \
     sonar orca phi ember muse trinity ada mai xai zai openai nvidia cohere titan codex snowflake \
     anthropic google inkling daybreak";

static TELLING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i-u:prompt|system|message|model|instruction|preamble|content|input|history|llm|engine|deployment|developer|from_)")
        .expect("a test compiles it")
});

static FAMILIES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let models = Catalog::embedded().models.iter();
    let names = models.flat_map(|model| std::iter::once(&model.id).chain(&model.aliases));
    names
        .map(|name| {
            let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
            family(without_makers(&name)).to_owned()
        })
        // One letter says nothing by itself, but for `o3`; `us` is a region.
        .filter(|family| family.len() > 2 || family == "o")
        .collect()
});

static CLUES: LazyLock<Regex> = LazyLock::new(|| {
    // Two letters and fewer are no clue by themselves: what follows must be a digit.
    let (short, long): (Vec<&String>, Vec<&String>) = FAMILIES.iter().partition(|family| family.len() < 3);
    let join = |names: Vec<&String>| names.iter().map(|name| regex::escape(name)).collect::<Vec<_>>().join("|");
    let model = format!("[\"'`/](?:(?:{})[-0-9]|(?:{})[0-9])", join(long), join(short));
    let prompt = r#"(?:prompt|system_?(?:message|msg)|instructions?|preamble)[a-z0-9_]*["'\]`]?\s*(?::[\x00-9;-\x7f]|=[\x00-<?-\x7f]|\(\s*[rf]*["'`#])"#;
    let role = r#"role["']?\s*[:=]\s*["'`](?:system|user|assistant|developer|tool|human)["'`]"#;
    Regex::new(&format!("(?i-u:{prompt}|{model}|{role}|{MARK})")).expect("a test compiles it")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_hold() {
        for name in [
            "SYSTEM_PROMPT",
            "systemPrompt",
            "prompt",
            "judge_prompt_template",
            "system_message",
            "instructions",
            "systemInstruction",
            "agent_instructions",
            "PROMPT_V2",
            "prompts",
        ] {
            assert!(says_prompt(name), "{name}");
        }
        for name in [
            "prompt_path",
            "PROMPT_ID",
            "promptTokens",
            "install_instructions",
            "prompt_cache_key",
            "prompter",
            "x",
            "system_message_id",
            "is_prompt",
        ] {
            assert!(!says_prompt(name), "{name}");
        }
        assert!(
            takes_prompt("SystemMessage")
                && takes_prompt("PromptTemplate.from_template")
                && takes_prompt("b.with_system_prompt")
        );
        assert!(!takes_prompt("Prompt.ask") && !takes_prompt("prompt") && !takes_prompt("load_prompt"));
    }

    #[test]
    fn terminals_ask_people_not_models() {
        assert!(!is_prose("Enter your password please: ", "prompt"));
        assert!(!is_prose("Do you want to continue? [y/N]", "prompt"));
        assert!(!is_prose("one two three", "SYSTEM_PROMPT"));
        assert!(is_prose("You are a helpful assistant.", "prompt"));
        assert!(is_prose("あなたは役に立つアシスタントです。", "prompt"));
    }

    #[test]
    fn models_are_told_by_their_families() {
        for name in [
            "gpt-4o",
            "gpt-4.o",
            "claude-3-5-sonnet-20241022",
            "openai/gpt-4o-mini",
            "o3",
            "anthropic.claude-3-haiku-20240307-v1:0",
        ] {
            assert!(looks_like_model(name), "{name}");
        }
        for name in ["resnet50", "app.Model", "user", "gpt", "the gpt-4o model", ""] {
            assert!(!looks_like_model(name), "{name}");
        }
        assert!(may_hold("m = call(model='gpt-4o')") && may_hold("const systemPrompt = `x`"));
        assert!(!looks_like_model("text-center") && !may_hold("class='text-center'") && !may_hold("Instruction::Add"));
        assert!(!may_hold("model = 'resnet'; prompted by x; the prompt is"));
    }
}
