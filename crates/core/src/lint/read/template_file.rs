//! Template files: Jinja and its kin, Handlebars and Mustache. Web frameworks and provisioning tools use the same
//! extensions, so the path has to say that it is a prompt.

use super::{Candidate, Fit, Reader};
use crate::lint::file::{File, Prompt, PromptKind};
use crate::lint::mapped::Mapped;
use crate::lint::template::Syntax;

pub(super) static READER: Reader =
    Reader { name: "template", about: "template files: *.j2, *.jinja, *.minijinja, *.tmpl, *.hbs, …", fits, read };

const JINJA: &[&str] = &["j2", "jinja", "jinja2", "minijinja", "njk", "liquid", "tmpl"];
const HANDLEBARS: &[&str] = &["hbs", "handlebars", "mustache"];

/// Words in a path that say that prompts are meant.
const WORDS: &[&str] = &["prompt", "system", "user", "instruction", "llm", "agent", "chat_template", "assistant"];

/// What is written with templates, but not for models: `nginx.conf.j2`.
const OTHER: &[&str] = &[
    "html",
    "htm",
    "xml",
    "conf",
    "cfg",
    "ini",
    "yaml",
    "yml",
    "toml",
    "sh",
    "service",
    "sql",
    "py",
    "js",
    "ts",
    "css",
    "json",
    "env",
    "properties",
    "tf",
    "rs",
    "go",
    "dockerfile",
];

fn fits(candidate: &Candidate<'_>) -> Fit {
    if !JINJA.contains(&candidate.extension) && !HANDLEBARS.contains(&candidate.extension) {
        return Fit::No;
    }
    let stem = candidate.name.rsplit_once('.').map_or("", |(stem, _)| stem);
    let inner = stem.rsplit_once('.').map_or("", |(_, inner)| inner);
    let path = candidate.path.to_lowercase();
    let says_so = candidate.extension == "minijinja" || WORDS.iter().any(|word| path.contains(word));
    if says_so && (!OTHER.contains(&inner) || path.contains("prompt")) { Fit::Named } else { Fit::Plain }
}

fn read(file: &mut File) {
    let extension = file.name().rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    let syntax = if HANDLEBARS.contains(&&*extension) { Syntax::Handlebars } else { Syntax::Jinja };
    let start = if file.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut prompt = Prompt::bare(PromptKind::Template, Mapped::plain(&file.text[start..], start), syntax);
    prompt.span = 0..file.text.len();
    file.prompts.push(prompt);
}

#[cfg(test)]
mod tests {
    use super::super::{read as read_file, reader};
    use super::*;

    #[test]
    fn the_path_says_whether_it_is_a_prompt() {
        let fit = |path| reader(path, "").map(|(reader, fit)| (reader.name, fit));
        assert_eq!(fit("prompts/a.j2"), Some(("template", Fit::Named)));
        assert_eq!(fit("functions/a/system_template.minijinja"), Some(("template", Fit::Named)));
        assert_eq!(fit("roles/web/nginx.conf.j2"), Some(("template", Fit::Plain)));
        assert_eq!(fit("views/mail.hbs"), Some(("template", Fit::Plain)));
    }

    #[test]
    fn comments_of_the_template_are_free() {
        let file = read_file("prompts/a.j2", "a {# note #} {{ b }}");
        assert_eq!(file.free_comments, std::iter::once(2..12).collect::<Vec<_>>());
        assert_eq!(file.prompts[0].pieces[0].slots.len(), 2);
    }
}
