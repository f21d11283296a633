//! Checks of values that only the router's keys have.

use toml::Spanned;
use toml::de::DeValue;

use super::super::check::{Checker, joined};
use super::super::keys::Shape;
use super::super::values;
use crate::labels::By;
use crate::text::{did_you_mean, shorten};

impl Checker<'_> {
    /// Shapes of the router's keys.
    pub(in super::super) fn routed(&mut self, field: &str, shape: &Shape, value: &Spanned<DeValue<'_>>) {
        let inner = value.get_ref();
        let mut need = |is_right: bool, expected: &str| {
            if !is_right {
                self.wrong(field, value, expected);
            }
        };
        match shape {
            Shape::Bool => need(inner.as_bool().is_some(), "true or false"),
            Shape::Duration => need(values::duration(inner).is_some(), "a time such as \"10s\" (ms, s, m, h, d)"),
            Shape::Size => need(values::size(inner).is_some(), "a size such as \"16 MiB\""),
            Shape::By => need(values::by(inner).is_some(), "all, tenant, caller, team, tag:NAME, route, provider, model or target"),
            Shape::Period => need(values::period(inner).is_some(), "day, month, or a time such as \"rolling 7d\""),
            Shape::Objective => need(
                values::objective(inner).is_some(),
                "cheapest, fastest, weighted, ordered, or \"quality>=0.8 then cheapest\"",
            ),
            // What stands there may be the secret: it is not repeated.
            Shape::Secret if values::secret(inner).is_none() => {
                let message = "expected where the secret is, `env:NAME` or `file:PATH`, not the secret itself";
                self.tell(&value.span(), field, message.to_owned(), Some("if it was one, it is known to all who read this file: change it".to_owned()));
            }
            Shape::OneOf(names) => self.one_of(field, value, names),
            Shape::Texts => _ = self.texts(field, value),
            Shape::TextMap => {
                for (name, value) in self.entries(field, value) {
                    self.text(&joined(field, name.get_ref()), value);
                }
            }
            Shape::Tiers => self.each_is(field, value, "a service tier (batch, flex, standard, priority, fast, ultrafast)", |item| values::tier(item).is_some()),
            Shape::Targets => self.each_is(field, value, "a target such as \"openai/gpt-5-mini\", or { target = \"…\", tier = \"flex\", weight = 1, quality = 0.9 }", |item| {
                values::target(item).is_some()
            }),
            Shape::Labels => {
                for (name, value) in self.entries(field, value) {
                    // Passed over, it would let a limit hold for all.
                    if By::from_name(name.get_ref()).is_none() {
                        let known = ["all", "tenant", "caller", "team", "route", "provider", "model", "target"];
                        let help = did_you_mean(name.get_ref(), known);
                        let message = format!("no label is called `{}`", shorten(name.get_ref(), 40));
                        self.tell(&name.span(), field, message, help.or_else(|| Some(format!("known are {}, tag:NAME", known.join(", ")))));
                    }
                    self.text(&joined(field, name.get_ref()), value);
                }
            }
            Shape::Times => need(values::times(inner).is_some(), "a number such as 1.5, with up to three decimals"),
            // What stands there may be an address that is a secret: it is not repeated.
            Shape::Receivers => {
                for item in self.array(field, value).into_iter().flatten() {
                    if values::receiver(item.get_ref()).is_none() {
                        let message = "expected \"webhook:env:NAME\", \"log:FILE\" or { command = [\"…\"] }".to_owned();
                        let help = "a webhook's address is a secret: `env:NAME` or `file:PATH` says where it is".to_owned();
                        self.tell(&item.span(), field, message, Some(help));
                    }
                }
            }
            Shape::Condition => {
                if let Some(source) = self.text(field, value) {
                    self.condition(field, value, &source);
                }
            }
            Shape::Switch(keys) => match inner {
                DeValue::Boolean(_) => {}
                DeValue::Table(table) => self.table(field, value.span(), table, keys),
                _ => self.wrong(field, value, "true, false, or a table"),
            },
            Shape::ByName(keys) => {
                for (name, value) in self.entries(field, value) {
                    let field = joined(field, name.get_ref());
                    match value.get_ref() {
                        DeValue::Table(table) => self.table(&field, value.span(), table, keys),
                        _ => self.wrong(&field, value, "a table"),
                    }
                }
            }
            _ => {}
        }
    }

    fn each_is(
        &mut self,
        field: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
        is_right: impl Fn(&DeValue<'_>) -> bool,
    ) {
        let Some(array) = self.array(field, value) else { return };
        for item in array {
            if !is_right(item.get_ref()) {
                self.wrong(field, item, expected);
            }
        }
    }

    #[cfg(feature = "router")]
    fn condition(&mut self, field: &str, value: &Spanned<DeValue<'_>>, source: &str) {
        if let Err((message, offset)) = crate::route::condition::check(source) {
            let span = value.span();
            // One character for the quote.
            let start = span.start + offset.map_or(0, |offset| offset + 1);
            self.tell(&(start..span.end), field, message, Some("conditions are written in CEL".to_owned()));
        }
    }

    #[cfg(not(feature = "router"))]
    #[allow(clippy::unused_self, reason = "conditions are checked where they can be run")]
    fn condition(&mut self, _field: &str, _value: &Spanned<DeValue<'_>>, _source: &str) {}
}
