//! A prompt taken apart, for a browser: its text line by line, each as warm as the tokens it costs, with the cacheable
//! prefix marked.

use promptopt::lint::File;
use promptopt::lint::explain::Explained;

use super::{escape, prose, shell};
use crate::render::explain::cache_words;
use crate::render::words;

const STYLE: &str = "\
.warm { font: .8125rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; border: 1px solid var(--rule);
  border-radius: .5rem; overflow: hidden; }
.warm div { display: flex; }
.warm b { flex: 0 0 4rem; text-align: right; padding: 0 .6rem; color: var(--soft); font-weight: 400;
  border-right: 1px solid var(--rule); user-select: none; }
.warm span { flex: 1; white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 .6rem; }
.warm .in b { border-right: 3px solid var(--saved); padding-right: calc(.6rem - 2px); }
.warm .end { background: var(--saved-fill); font-family: system-ui, sans-serif; }
.warm .end span { padding: .2rem .6rem; }
";

/// The page.
pub(crate) fn page(all: &[(File, Vec<Explained>)]) -> String {
    let title = match all {
        [(file, _)] => file.path.clone(),
        files => words::plural(files.len() as u64, "prompt file", "prompt files"),
    };
    let prompts = all.iter().flat_map(|(file, prompts)| prompts.iter().map(move |prompt| (file, prompt)));
    let body: String = prompts.map(|(file, prompt)| section(file, prompt)).collect();
    let footer = format!("<footer>promptopt {}</footer>\n", env!("CARGO_PKG_VERSION"));
    shell(&title, STYLE, &(body + &footer))
}

fn section(file: &File, prompt: &Explained) -> String {
    let name = prompt.name.as_ref().map(|name| format!(" · {name}")).unwrap_or_default();
    let mut html = format!("<section>\n<h2>{}</h2>\n", escape(&format!("{}{name}", file.path)));
    let model = prompt.model.as_deref().unwrap_or("counted with o200k_base: no model is named");
    html.push_str(&format!("<p class=\"soft small\">{}</p>\n<div class=\"tiles\">\n", escape(model)));
    tile(&mut html, &words::count(prompt.tokens), "tokens a call");
    if let Some(usd) = prompt.usd_per_1k {
        tile(&mut html, &usd.to_string(), "per 1,000 calls");
    }
    if let Some(usd) = prompt.usd_per_1k_cached {
        tile(&mut html, &usd.to_string(), "with the prefix cached");
    }
    html.push_str(&format!("</div>\n<p>{}</p>\n", prose(&cache_words(prompt))));
    html.push_str(&table(file, prompt));
    html.push_str("<h3>Line by line</h3>\n<div class=\"warm\">\n");
    html.push_str(&lines(prompt));
    html.push_str("</div>\n</section>\n");
    html
}

fn tile(html: &mut String, figure: &str, words: &str) {
    html.push_str(&format!("<div class=\"tile\"><b>{}</b><span>{words}</span></div>\n", escape(figure)));
}

fn table(file: &File, prompt: &Explained) -> String {
    let most = prompt.parts.iter().map(|part| part.tokens).max().unwrap_or(0).max(1);
    let mut html =
        "<div class=\"scroll\"><table>\n<tr><th>Part</th><th class=\"n\">Line</th><th class=\"n\">Tokens</th>\
                    <th class=\"n\">Share</th><th class=\"n\">Per 1,000 calls</th><th></th></tr>\n"
            .to_owned();
    let mut row = |title: &str, line: Option<usize>, tokens: u64, usd: Option<promptopt::usd::Usd>| {
        html.push_str(&format!(
            "<tr><td class=\"name\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"share\"><i style=\"width:{}%\"></i></td></tr>\n",
            escape(title),
            line.map(|line| line.to_string()).unwrap_or_default(),
            words::count(tokens),
            escape(&words::share_of(tokens, prompt.tokens)),
            usd.map_or_else(|| "–".to_owned(), |usd| escape(&usd.to_string())),
            tokens * 100 / most,
        ));
    };
    let line_of = |at| file.lines.position(&file.text, at).line;
    for part in &prompt.parts {
        let kind = part.kind.replace('_', " ");
        let title = if part.path.is_empty() { kind } else { format!("{kind} ({})", part.path) };
        let line = (part.kind != "framing").then(|| line_of(part.span.start));
        row(&title, line, part.tokens, part.usd_per_1k);
        for section in part.sections.iter().filter(|_| part.sections.len() > 1) {
            let title = format!("{}{}", "\u{a0}\u{a0}".repeat(section.depth.max(1)), section.title);
            row(&title, Some(line_of(section.span.start)), section.tokens, section.usd_per_1k);
        }
    }
    html.push_str("</table></div>\n");
    html
}

fn lines(prompt: &Explained) -> String {
    let lines = || prompt.parts.iter().flat_map(|part| &part.lines);
    let most = lines().map(|line| line.tokens).max().unwrap_or(0).max(1);
    let mut html = String::new();
    let mut is_marked = prompt.prefix.tokens == 0;
    for line in lines() {
        if !line.is_in_prefix && !is_marked {
            html.push_str(&end(prompt));
            is_marked = true;
        }
        // The square root lets short lines be seen beside one that is a hundred times as long.
        let warmth = (line.tokens as f64 / most as f64).sqrt() * 0.55;
        html.push_str(&format!(
            "<div{}><b>{}</b><span style=\"background:rgba(var(--heat),{warmth:.2})\">{}</span></div>\n",
            if line.is_in_prefix { " class=\"in\"" } else { "" },
            line.tokens,
            escape(&line.text),
        ));
    }
    if !is_marked {
        html.push_str(&end(prompt));
    }
    html
}

fn end(prompt: &Explained) -> String {
    let words = if prompt.prefix.is_cacheable { "cacheable prefix ends here" } else { "same in every call up to here" };
    let tokens = words::count(prompt.prefix.tokens);
    format!("<div class=\"end\"><b></b><span>{words}: {tokens} tokens</span></div>\n")
}
