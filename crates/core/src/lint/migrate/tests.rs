//! Migrations of whole files.

use super::*;
use crate::lint::read::read;

fn migrate(text: &str, from: &str, to: Option<&str>) -> (Vec<Migration>, String) {
    let settings = Settings::new("2026-11-26".parse().unwrap());
    let file = read("a/request.json", text);
    let from = From::parse(from, &settings.catalog).unwrap();
    let migrations = Linter::new().migrate(&file, &from, to, &settings).unwrap();
    let mut after = text.to_owned();
    for edit in migrations.iter().flat_map(|migration| migration.edits.clone()).rev() {
        after.replace_range(edit.start..edit.end, &edit.text);
    }
    (migrations, after)
}

const REQUEST: &str = r#"{"model": "gpt-4o-2024-11-20", "max_tokens": 300, "temperature": 0.2, "messages": [
 {"role": "system", "content": "Name rivers."}, {"role": "user", "content": "Chile"}]}"#;

#[test]
fn a_move_names_dates_prices_tokens_cache_limits_and_parameters() {
    let (migrations, after) = migrate(REQUEST, "gpt-4o", None);
    let [migration] = &migrations[..] else { panic!("{migrations:?}") };
    assert_eq!((migration.line, migration.column), (1, 12));
    assert_eq!(migration.from.shutdown.as_deref(), Some("2027-01-14"));
    assert_eq!(migration.from.days_left, Some(49));
    assert_eq!(migration.to.as_ref().unwrap().id, "gpt-6-luna");
    let input = migration.prices.iter().find(|price| price.class == "input").unwrap();
    assert_eq!((input.now.as_deref(), input.then.as_deref()), (Some("2.5"), Some("0.1")));
    assert!(migration.limits.iter().any(|limit| limit.limit == "max_output" && limit.now == Some(16_384)));
    assert!(migration.input.as_ref().unwrap().tokens_now > 0);
    assert!(!migration.cache.as_ref().unwrap().reaches_then);
    let codes: Vec<&str> = migration.parameters.iter().map(|remark| remark.code).collect();
    assert_eq!(codes, ["MDL006", "MDL017", "MDL007"]);
    assert_eq!(
        after,
        REQUEST
            .replace("gpt-4o-2024-11-20", "gpt-6-luna")
            .replace("max_tokens", "max_completion_tokens")
            .replace("\"temperature\": 0.2, ", "")
    );
    assert!(serde_json::to_string(&migrations).unwrap().contains("\"days_left\":49"));
}

#[test]
fn parameters_that_the_target_refuses_are_removed() {
    let text = r#"{"model": "claude-sonnet-4-5", "max_tokens": 100000, "temperature": 0.2, "messages": [{"role": "user", "content": "Hi"}]}"#;
    let (migrations, after) = migrate(text, "deprecated", None);
    assert_eq!(migrations.len(), 1);
    assert_eq!(
        after,
        r#"{"model": "claude-sonnet-5-5", "max_tokens": 100000, "messages": [{"role": "user", "content": "Hi"}]}"#
    );
    let (_, after) = migrate(text, "claude-sonnet-4-5", Some("claude-haiku-4-5"));
    assert!(after.contains("\"max_tokens\": 64000, \"temperature\": 0.2"), "{after}");
}

#[test]
fn what_is_not_meant_stays_and_what_has_no_successor_is_said() {
    let (migrations, after) = migrate(REQUEST, "gpt-5", None);
    assert!(migrations.is_empty());
    assert_eq!(after, REQUEST);
    let retired = r#"{"model": "gpt-4-32k", "messages": [{"role": "user", "content": "Hi"}]}"#;
    let (migrations, after) = migrate(retired, "deprecated", None);
    assert_eq!((migrations.len(), migrations[0].to.is_none()), (1, true));
    assert_eq!(after, retired);
    let settings = Settings::new("2026-11-26".parse().unwrap());
    let error = Linter::new().migrate(&read("a.json", REQUEST), &From::Deprecated, Some("gpt-7"), &settings);
    assert!(error.unwrap_err().to_string().contains("gpt-7"));
}

#[test]
fn the_rules_that_are_asked_exist() {
    let settings = Settings::new("2026-11-26".parse().unwrap()).only(RULES).unwrap();
    assert_eq!(settings.rules.len(), RULES.len());
}
