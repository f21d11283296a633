//! Models whose vocabulary nobody publishes, on hosts that were recorded: Perplexity's Sonar, Writer's Palmyra. Text is
//! counted with `o200k_base`, which Sonar's bills equal to a token or two.

use super::schema::{function, spaced};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template, no_image};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::ChatRequest;

pub(super) struct Hosted;

const TEMPLATE: Template = Template {
    user: 0,
    system: 0,
    assistant: 0,
    calls: 0,
    call: 10,
    argument: 0,
    result: 10,
    arguments: Arguments::Json,
    reasoning: Reasoning::Dropped,
};

/// A host's additions: to every request, and to one with tools.
struct Additions {
    model: &'static str,
    request: u64,
    tools: u64,
}

/// 14 recorded requests to Sonar and 9 to Palmyra, 2026-11-22.
static ADDITIONS: &[Additions] =
    &[Additions { model: "sonar", request: 1, tools: 0 }, Additions { model: "palmyra", request: 32, tools: 100 }];

fn additions(model: &str) -> Option<&'static Additions> {
    ADDITIONS.iter().find(|additions| model.contains(additions.model))
}

impl Frame for Hosted {
    fn name(&self) -> &'static str {
        "hosted"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        !profile.tokenizer.is_exact() && additions(profile.model).is_some()
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let added = additions(scale.profile.model).map_or((0, 0), |found| (found.request, found.tools));
        tally.framing(added.0);
        if !request.tools.is_empty() {
            let json: u64 = request.tools.iter().map(|tool| tally.tokens(&spaced(&function(tool)))).sum();
            tally.tools(added.1 + json);
        }
        TEMPLATE.messages(&mut tally, no_image);
        tally.finish(Slack { tokens: 4, per_mille: 120 })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, request};
    use super::*;
    use crate::chat::Role;
    use crate::tokens::Family;

    #[test]
    fn a_host_adds_its_own() {
        let hello = request(&[(Role::User, "Hello")]);
        check(&Hosted, "sonar-pro", Family::Unknown, hello.clone(), 2);
        check(&Hosted, "palmyra-x4", Family::Unknown, hello, 33);
    }
}
