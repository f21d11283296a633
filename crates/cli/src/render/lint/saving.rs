//! What following a finding saves, in words.

use promptopt::lint::Diagnostic;
use promptopt::usd::Usd;

use crate::render::words::count;

/// `120 tokens a call: $0.30 per 1,000 calls ($0.030 if read from the cache), $45.00 a month at 150,000 calls`.
pub(super) fn long(diagnostic: &Diagnostic) -> Option<(&'static str, String)> {
    let saving = diagnostic.finding.saving?;
    let is_loss = saving.tokens.is_some_and(|tokens| tokens < 0);
    let mut parts = Vec::new();
    if let Some(usd) = saving.usd_per_1k.filter(|usd| !usd.is_zero()) {
        let cached = saving.usd_per_1k_cached.filter(|cached| *cached != usd && !cached.is_zero());
        let cached =
            cached.map(|usd| format!(" ({} if read from the prompt cache)", positive(usd))).unwrap_or_default();
        parts.push(format!("{} per 1,000 calls{cached}", positive(usd)));
    }
    if let (Some(usd), Some(n)) = (diagnostic.usd_per_month().filter(|usd| !usd.is_zero()), diagnostic.calls_per_month)
    {
        parts.push(format!("{} a month at {} calls", positive(usd), count(n)));
    }
    let money = parts.join(", ");
    let text = match saving.tokens.filter(|tokens| *tokens != 0) {
        None if money.is_empty() => return None,
        None => money,
        Some(tokens) => {
            let unit = if tokens.abs() == 1 { "token" } else { "tokens" };
            let joint = if money.is_empty() { "" } else { ": " };
            format!("{} {unit} a call{joint}{money}", count(tokens.unsigned_abs()))
        }
    };
    Some((if is_loss { "costs" } else { "saves" }, text))
}

/// `saves 120 tokens, $0.30/1k`.
pub(super) fn short(diagnostic: &Diagnostic) -> Option<String> {
    let saving = diagnostic.finding.saving?;
    let mut parts = Vec::new();
    if let Some(tokens) = saving.tokens.filter(|tokens| *tokens != 0) {
        let unit = if tokens.abs() == 1 { "token" } else { "tokens" };
        parts.push(format!("{} {unit}", count(tokens.unsigned_abs())));
    }
    if let Some(usd) = saving.usd_per_1k.filter(|usd| !usd.is_zero()) {
        parts.push(format!("{}/1k", positive(usd)));
    }
    if parts.is_empty() {
        return None;
    }
    let verb = if saving.tokens.is_some_and(|tokens| tokens < 0) { "costs" } else { "saves" };
    Some(format!("{verb} {}", parts.join(", ")))
}

fn positive(usd: Usd) -> Usd {
    if usd < Usd::ZERO { Usd::ZERO.saturating_sub(usd) } else { usd }
}
