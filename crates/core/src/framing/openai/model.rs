//! Which prompt format a model of OpenAI's uses, told from its id as any host writes it.

/// What the id says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// The prompt format.
    pub(super) template: Template,
    /// The id without the host's prefix, lower case: `gpt-4o-mini-2024-07-18`.
    pub(super) id: String,
    /// `(5, 4)` for `gpt-5.4-mini`, `(4, 1)` for `gpt-4.1`; `(0, 0)` outside the numbered line.
    pub(super) version: (u32, u32),
}

/// A prompt format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// GPT-3.5 to GPT-4.1.
    ChatMl {
        /// Markers of a message besides its speaker.
        per_message: u64,
    },
    /// The o-series, GPT-5 and later, gpt-oss.
    Harmony {
        /// What of it is billed.
        billing: Billing,
    },
    /// Text alone: embeddings, text completions, search models.
    Bare,
}

/// Three generations of harmony that bill the same texts differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Billing {
    /// o-series, GPT-5 and 5.1.
    Early,
    /// GPT-5.2 and later.
    Late,
    /// gpt-oss, whose host bills the system preamble too.
    SelfHosted,
}

/// Reads the id of a model.
pub(super) fn read(id: &str) -> Model {
    let id = normal(id);
    let version = version(&id);
    let template = if id.contains("gpt-oss") {
        Template::Harmony { billing: Billing::SelfHosted }
    } else if is_bare(&id) {
        Template::Bare
    } else if version >= (5, 2) {
        Template::Harmony { billing: Billing::Late }
    } else if version >= (5, 0) || is_o_series(&id) {
        Template::Harmony { billing: Billing::Early }
    } else {
        // The March 2023 snapshot had one marker more a message (measured on two requests; documented at the time).
        Template::ChatMl { per_message: if id == "gpt-3.5-turbo-0301" { 4 } else { 3 } }
    };
    Model { template, id, version }
}

/// `ft:gpt-4o-mini:acme::1`, `openai/gpt-4o:free`, `openai.gpt-oss-20b-1:0`, `gpt-35-turbo` → the model's own name.
fn normal(id: &str) -> String {
    let id = id.to_ascii_lowercase();
    let id = id.strip_prefix("ft:").unwrap_or(&id);
    let id = id.rsplit('/').next().unwrap_or(id);
    let id = id.split([':', '@']).next().unwrap_or(id);
    let id = id.strip_prefix("openai.").unwrap_or(id);
    id.replace("gpt-35", "gpt-3.5")
}

fn is_bare(id: &str) -> bool {
    ["embed", "instruct", "davinci", "babbage", "curie", "search-preview", "search-api"]
        .iter()
        .any(|name| id.contains(name))
        || id == "ada"
}

/// `o1`, `o3-mini`, `o4-mini-2025-04-16`, `codex-mini`.
fn is_o_series(id: &str) -> bool {
    let mut chars = id.chars();
    chars.next() == Some('o') && chars.next().is_some_and(|digit| digit.is_ascii_digit())
        || id.starts_with("codex-mini")
}

fn version(id: &str) -> (u32, u32) {
    let Some(rest) = id.strip_prefix("gpt-") else { return (0, 0) };
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).take(3).collect();
        digits.parse::<u32>().unwrap_or(0)
    };
    let minor = rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).strip_prefix('.').map_or(0, number);
    (number(rest), minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_id() {
        let chatml = Template::ChatMl { per_message: 3 };
        check("gpt-3.5-turbo-0125", chatml);
        check("gpt-3.5-turbo-0301", Template::ChatMl { per_message: 4 });
        check("gpt-35-turbo", chatml);
        check("gpt-4", chatml);
        check("gpt-4-1106-vision-preview", chatml);
        check("openai/gpt-4o-mini:free", chatml);
        check("ft:gpt-4.1-nano-2025-04-14:acme::x", chatml);
        check("o4-mini-2025-04-16", Template::Harmony { billing: Billing::Early });
        check("gpt-5-nano", Template::Harmony { billing: Billing::Early });
        check("gpt-5.4-mini", Template::Harmony { billing: Billing::Late });
        check("gpt-6.2-sol", Template::Harmony { billing: Billing::Late });
        check("openai.gpt-oss-20b-1:0", Template::Harmony { billing: Billing::SelfHosted });
        check("gpt-oss:120b", Template::Harmony { billing: Billing::SelfHosted });
        check("text-embedding-3-small", Template::Bare);
        check("gpt-3.5-turbo-instruct", Template::Bare);
        check("gpt-4o-mini-search-preview", Template::Bare);
    }

    fn check(id: &str, expected: Template) {
        assert_eq!(read(id).template, expected, "{id}");
    }
}
