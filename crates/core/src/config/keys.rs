//! The keys of `promptopt.toml`, each with what it takes, what it does and an example. One table: what is accepted
//! (`check.rs`), the JSON schema (`schema.rs`) and the file that `promptopt init` writes (`sample.rs`) all follow from it.

/// A key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// What it does, with its unit and what holds if it is not set.
    pub about: &'static str,
    /// A value as one writes it; of a table the lines in it.
    pub example: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text that says nothing to a program.
    Text,
    /// A path, seen from the folder of the file it is written in.
    Path,
    /// A model of the catalogue.
    Model,
    /// A host of the catalogue.
    Host,
    /// Models of the catalogue.
    Models,
    /// Rules: codes, names, beginnings of codes, `ALL`, `DEFAULT`.
    Selectors,
    /// Path patterns.
    Globs,
    /// A whole number, 0 or more.
    Count,
    /// Money, in exact decimal.
    Usd,
    /// A day.
    Date,
    /// A severity, or `never`.
    FailOn,
    /// A severity, or `off`.
    Level,
    /// Rules to leave out: a list, or a table of [`IGNORE`].
    Ignore,
    /// A table with these keys.
    Table(&'static [Key]),
    /// Any number of tables with these keys.
    Tables(&'static [Key]),
    /// A table whose keys are rules.
    ByRule(&'static Shape),
    /// A table whose keys are path patterns.
    ByGlob(&'static Shape),
    /// A table of tables: the options of each rule, as the rule declares them.
    Options,
    /// A table whose keys are names of one's own, of tables with these keys.
    ByName(&'static [Key]),
    /// True, false, or a table with these keys.
    Switch(&'static [Key]),
    /// True or false.
    Bool,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Texts.
    Texts,
    /// A table of texts.
    TextMap,
    /// A time, with its unit.
    Duration,
    /// A size in memory, with its unit.
    Size,
    /// Where a secret is.
    Secret,
    /// A label that calls are told apart by.
    By,
    /// A time that a budget is for.
    Period,
    /// How a target is chosen.
    Objective,
    /// Service tiers.
    Tiers,
    /// A table of labels and their values.
    Labels,
    /// How many times, with up to three decimals.
    Times,
    /// Targets of a route.
    Targets,
    /// Who is told of an alert.
    Receivers,
    /// A CEL condition.
    Condition,
}

/// What stands at the beginning of the file.
static FILE: &[Key] = &[
    Key {
        name: "extends",
        shape: Shape::Path,
        about: "Another promptopt.toml to begin from; what is set here wins. Paths are seen from this file's folder",
        example: "\"../promptopt.toml\"",
    },
    Key { name: "lint", shape: Shape::Table(LINT), about: "What `promptopt lint` goes by", example: "" },
];

/// Everything that may stand in the file: for the lint rules, and for the router.
pub fn file() -> Vec<&'static Key> {
    FILE.iter().chain(super::router::keys::SECTIONS).collect()
}

static LINT: &[Key] = &[
    Key {
        name: "model",
        shape: Shape::Model,
        about: "The model of prompts that name none: its tokenizer, prices, limits and cache rules are used",
        example: "\"gpt-6-luna\"",
    },
    Key {
        name: "host",
        shape: Shape::Host,
        about: "The host of that model, where several offer it",
        example: "\"openai\"",
    },
    Key {
        name: "fallbacks",
        shape: Shape::Models,
        about: "Models that prompts may be sent to instead: what must work there too",
        example: "[\"claude-haiku-5-5\"]",
    },
    Key {
        name: "select",
        shape: Shape::Selectors,
        about: "The rules that are on: codes, names, families (`CST`), `ALL`, `DEFAULT` [default: [\"DEFAULT\"]]",
        example: "[\"DEFAULT\"]",
    },
    Key {
        name: "ignore",
        shape: Shape::Selectors,
        about: "Rules to leave out of those",
        example: "[\"padded-table\"]",
    },
    Key {
        name: "extend-select",
        shape: Shape::Selectors,
        about: "Rules that are on as well, whatever `ignore` says",
        example: "[\"CAC\"]",
    },
    Key {
        name: "include",
        shape: Shape::Globs,
        about: "Files that are prompts though their names do not say so. Patterns as in .gitignore",
        example: "[\"prompts/**/*.txt\"]",
    },
    Key {
        name: "exclude",
        shape: Shape::Globs,
        about: "Files and folders that are not looked at",
        example: "[\"vendor/\", \"*.generated.md\"]",
    },
    Key {
        name: "fail-on",
        shape: Shape::FailOn,
        about: "The least severity that makes the command fail with exit code 1: error, warning, info, never \
                [default: warning]",
        example: "\"warning\"",
    },
    Key {
        name: "baseline",
        shape: Shape::Path,
        about: "A file of known findings that are not shown (written by --write-baseline; it only shrinks)",
        example: "\"promptopt-baseline.json\"",
    },
    Key {
        name: "severity",
        shape: Shape::ByRule(&Shape::Level),
        about: "How bad the findings of a rule are: error, warning, info, off. Naming a single rule turns it on; a family \
                (`FMT`) changes those that are on",
        example: "padded-table = \"warning\"",
    },
    Key {
        name: "rules",
        shape: Shape::Options,
        about: "Options of single rules, one table a rule (`promptopt rule NAME` explains them)",
        example: "",
    },
    Key {
        name: "per-file-ignores",
        shape: Shape::ByGlob(&Shape::Ignore),
        about: "Rules to leave out in files whose path matches, perhaps until a day",
        example: "\"legacy/**\" = [\"FMT\"]\n\
                  \"AGENTS.md\" = { rules = [\"padded-table\"], until = 2027-03-31, reason = \"rewritten in spring\" }",
    },
    Key {
        name: "budget",
        shape: Shape::Tables(BUDGET),
        about: "The most that prompts may weigh or cost",
        example: "paths = [\"prompts/support/**\"]\nmax-tokens = 1500\nmax-usd-per-1k = \"2.50\"",
    },
    Key {
        name: "traffic",
        shape: Shape::ByGlob(&Shape::Count),
        about: "Calls a month of prompts whose path matches; the last that matches holds. Findings then say what they cost \
                a month",
        example: "\"prompts/support/**\" = 1_200_000",
    },
    Key {
        name: "override",
        shape: Shape::Tables(OVERRIDE),
        about: "Another model for prompts whose path matches; the last that matches holds",
        example: "paths = [\"prompts/batch/**\"]\nmodel = \"gpt-6-luna\"",
    },
];

static BUDGET: &[Key] = &[
    Key { name: "paths", shape: Shape::Globs, about: "The prompts", example: "[\"prompts/**\"]" },
    Key { name: "max-tokens", shape: Shape::Count, about: "Most input tokens a call", example: "1500" },
    Key {
        name: "max-usd-per-1k",
        shape: Shape::Usd,
        about: "Most money for the input of 1,000 calls, in US dollars",
        example: "\"2.50\"",
    },
];

static OVERRIDE: &[Key] = &[
    Key { name: "paths", shape: Shape::Globs, about: "The prompts", example: "[\"prompts/**\"]" },
    Key { name: "model", shape: Shape::Model, about: "Their model, if they name none", example: "\"gpt-6-luna\"" },
    Key { name: "host", shape: Shape::Host, about: "Its host", example: "\"openai\"" },
    Key { name: "fallbacks", shape: Shape::Models, about: "Models to be sent to instead", example: "[]" },
];

/// What is left out, with the reason and the last day.
pub static IGNORE: &[Key] = &[
    Key {
        name: "rules",
        shape: Shape::Selectors,
        about: "Rules to leave out: codes, names or families",
        example: "[\"padded-table\"]",
    },
    Key {
        name: "until",
        shape: Shape::Date,
        about: "The last day on which they are left out; afterwards the findings come back",
        example: "2027-03-31",
    },
    Key { name: "reason", shape: Shape::Text, about: "Why", example: "\"rewritten in spring\"" },
];

/// A sidecar, `<prompt file>.promptopt.toml`: for prompts in which a comment would be billed.
pub static SIDECAR: &[Key] = &[Key {
    name: "ignore",
    shape: Shape::Tables(IGNORE),
    about: "Rules to leave out in the file beside this one",
    example: "rules = [\"padded-table\"]",
}];

/// Keys that a table must have.
pub fn required(keys: &[&'static Key]) -> &'static [&'static str] {
    match keys.first() {
        Some(first) if first.name == "name" => &["name"],
        Some(first) if first.name == "paths" => &["paths"],
        Some(first) if first.name == "rules" => &["rules"],
        _ => &[],
    }
}
