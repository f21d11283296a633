//! `secret`: a key in a prompt.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::secrets::{find, shown};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;

rule! {
    /// A key, token or password in the file.
    ///
    /// ## Why
    ///
    /// What stands in a prompt goes to the provider with every call, into its logs and yours, and a model can be talked into
    /// repeating it. What stands in a repository is read by everybody who ever cloned it.
    ///
    /// Keys are known by the shapes that providers give them (OpenAI, Anthropic, Google, AWS, GitHub, Slack, Stripe, Hugging
    /// Face and others), private keys and JSON web tokens by theirs; any other value needs a name such as `client_secret`
    /// and must look random. Reports show its first four characters.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// Call the weather service with the header `X-Api-Key: AIza…`.
    /// ```
    ///
    /// ## Limits
    ///
    /// Stand-ins are left alone: `sk-...`, `YOUR_API_KEY`, `sk-xxxx`, anything with `example` in it, and values that are cut off
    /// with dots. Keys of no known shape and without a name beside them are not found; a scanner of the whole history is
    /// still needed.
    "secret",
    code: "SEC001",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "key formats as the providers document them; 0 findings in 4,500 public prompts and requests", date: "2026-11-26" },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    for secret in find(&view.file.text) {
        let text = view.file.text.get(secret.span.clone()).unwrap_or_default();
        let article = if secret.what.starts_with(['A', 'a', 'O', 'x']) { "an" } else { "a" };
        let message = if secret.what == "private key" {
            "a private key stands in the file".to_owned()
        } else {
            format!("{article} {} stands in the file: `{}`", secret.what, shown(text))
        };
        sink.report(Finding::at(secret.span.clone(), message).redact(secret.span).help(
            "revoke it, then have the program add it outside the prompt, from the environment or a secret store",
        ));
    }
}
