//! A report made up for tests: every field is used, figures add up. `hostile` has names that try to break out.

use std::collections::BTreeMap;

use promptopt::estimate::Report;
use promptopt::estimate::report::{
    Baseline, Billed, Group, InputFile, Quantiles, SCHEMA, SectionCost, Skipped, Step, Sum, Template, TimeUse,
    Unpriced, WhatIf,
};
use promptopt::usd::Usd;

fn usd(text: &str) -> Usd {
    Usd::parse(text).unwrap()
}

fn sum(text: &str) -> Sum {
    Sum { usd: usd(text), ..Sum::default() }
}

/// Two weeks of a support desk.
pub(crate) fn report() -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        version: "0.1.0".to_owned(),
        prices_observed: "2026-11-14".to_owned(),
        inputs: vec![
            InputFile {
                path: "logs/support.jsonl".into(),
                format: "openai".into(),
                records: 150_120,
                bytes: 912_000_000,
            },
            InputFile {
                path: "logs/agent.jsonl.zst".into(),
                format: "litellm".into(),
                records: 32_232,
                bytes: 81_000_000,
            },
        ],
        baseline: baseline(),
        models: models(),
        sections: sections(),
        tags: BTreeMap::from([("team".to_owned(), teams())]),
        time: Some(time()),
        templates: templates(),
        steps: steps(),
        what_if: what_if(),
        skipped: vec![
            skipped("logs/support.jsonl", 1_204, "expected value at column 1: the line is not JSON"),
            skipped("logs/support.jsonl", 88_120, "`usage.prompt_tokens`: expected a whole number, found -3"),
            skipped("logs/old.parquet", 0, "this build does not read Parquet; build it with `--features parquet`"),
            skipped("logs/agent.jsonl.zst", 7, "an image request is not estimated"),
        ],
        skipped_total: 12,
        not_corpora: vec![skipped("logs/README.md", 0, "prose, no prompt")],
        notes: vec![
            "gpt-6-luna shares its vocabulary with gpt-5: counts are exact".to_owned(),
            "output of 91 calls is assumed to be 300 tokens, the median of the others".to_owned(),
        ],
    }
}

fn baseline() -> Baseline {
    Baseline {
        requests: 182_340,
        input_tokens: 412_300_000,
        cache_read_tokens: 120_100_000,
        cache_write_tokens: 4_000_000,
        output_tokens: 12_100_000,
        reasoning_tokens: 2_140_000,
        cost_usd: usd("1444.10"),
        lower_usd: usd("1440"),
        upper_usd: usd("1452.31"),
        input_usd: usd("998.10"),
        output_usd: usd("444"),
        fees_usd: usd("2"),
        dearest_call_usd: usd("1.2034"),
        dearest_call: Some("logs/agent.jsonl.zst:904".into()),
        billed: Some(Billed {
            requests: 32_232,
            billed_usd: usd("341.20"),
            computed_usd: usd("341.18"),
            equal: 32_229,
        }),
        from_usage: 178_000,
        counted_exact: 3_000,
        counted_approx: 1_000,
        output_assumed: 91,
        from_cache: 300,
        failed: 40,
        unpriced_requests: 3,
        unpriced_tokens: 12_345,
        unpriced: vec![Unpriced {
            reason: "model `acme-7b` is not in the catalogue".into(),
            requests: 3,
            tokens: 12_345,
            help: Some("add its prices to `prices.toml`".into()),
        }],
        flawed_requests: 1,
    }
}

fn models() -> Vec<Group> {
    let group = |name: &str, host: &str, requests, input_tokens, cache_read_tokens, output_tokens, cost: &str| Group {
        name: name.to_owned(),
        host: Some(host.to_owned()),
        requests,
        input_tokens,
        cache_read_tokens,
        output_tokens,
        cost: sum(cost),
        shutdown: None,
    };
    let mut models = vec![
        group("gpt-6-sol", "openai", 21_004, 160_000_000, 80_000_000, 5_000_000, "802.40"),
        group("claude-sonnet-5-5", "anthropic", 9_800, 72_000_000, 40_000_000, 3_100_000, "341.18"),
        group("gpt-6-luna", "azure", 140_000, 170_000_000, 100_000, 3_600_000, "251.02"),
        group("deepseek-v4-flash", "deepseek", 11_000, 9_000_000, 0, 300_000, "40.10"),
        group("gpt-4o-mini-2024-07-18", "openai", 400, 1_000_000, 0, 80_000, "9.20"),
        group("text-embedding-3-small", "openai", 133, 290_000, 0, 0, "0.20"),
        group("acme-7b", "acme", 3, 10_000, 0, 2_345, "0"),
    ];
    models[4].shutdown = Some("shut down in 41 days; successor gpt-6-luna".to_owned());
    models[6].cost = Sum { usd: Usd::ZERO, unpriced_requests: 3, unpriced_tokens: 12_345 };
    models
}

fn sections() -> Vec<SectionCost> {
    let section = |name: &str, tokens, cost: &str| SectionCost { name: name.into(), tokens, cost_usd: usd(cost) };
    vec![
        section("output", 9_960_000, "361.20"),
        section("history", 120_400_000, "350.02"),
        section("system", 190_000_000, "302.88"),
        section("tool_results", 40_000_000, "201.44"),
        section("tools", 42_000_000, "99.10"),
        section("reasoning", 2_140_000, "82.80"),
        section("user", 19_000_000, "44.30"),
        section("framing", 900_000, "0.36"),
    ]
}

fn teams() -> Vec<Group> {
    let group = |name: &str, requests, cost: &str| Group {
        name: name.to_owned(),
        requests,
        input_tokens: requests * 2_261,
        output_tokens: requests * 66,
        cost: sum(cost),
        ..Group::default()
    };
    vec![group("support", 150_000, "903.00"), group("research", 30_000, "520.10"), group("", 2_340, "21.00")]
}

fn time() -> TimeUse {
    let mut heat_requests = [[0_u64; 24]; 7];
    for (day, hours) in heat_requests.iter_mut().enumerate() {
        for (hour, n) in hours.iter_mut().enumerate() {
            let office = if (8..18).contains(&hour) { 1_900 } else { 90 };
            let weekend = if day >= 5 { 9 } else { 1 };
            *n = if hour < 5 { 0 } else { office / weekend + (hour * 37 % 11 * 40) as u64 };
        }
    }
    heat_requests[1][14] = 4_230;
    let heat_usd =
        heat_requests.iter().map(|day| day.iter().map(|n| Usd::from_pico(i128::from(*n) * 7_919_000_000)).collect());
    TimeUse {
        first: "2026-11-02T00:03:11Z".into(),
        last: "2026-11-15T23:58:40Z".into(),
        requests: heat_requests.iter().flatten().sum(),
        heat_usd: heat_usd.collect(),
        heat_requests,
        requests_per_minute: Quantiles { p50: 12, p95: 81, p99: 140, max: 312 },
        tokens_per_minute: Quantiles { p50: 26_100, p95: 182_000, p99: 410_000, max: 1_204_000 },
        peak: (1, 14),
    }
}

fn templates() -> Vec<Template> {
    let template = |skeleton: &str, requests, constant_tokens, cost: &str| Template {
        skeleton: skeleton.to_owned(),
        requests,
        input_tokens: requests * 2_261,
        constant_tokens,
        cost: sum(cost),
        variables: 2,
    };
    vec![
        template(
            "You are the assistant of Nordfracht. Answer in the language of {…}. Order: {…}",
            120_000,
            190_000_000,
            "702.00",
        ),
        template(
            "Classify the ticket into one of: billing, delivery, other. Ticket: {…}",
            38_000,
            71_000_000,
            "201.70",
        ),
        template("Summarise in three sentences:\n{…}", 9_100, 400_000, "41.00"),
    ]
}

fn steps() -> Vec<Step> {
    let step = |name: &str, title: &str, cost: &str, saved: [&str; 3], cumulative: &str, rests_on: &str| Step {
        name: name.into(),
        title: title.into(),
        cost_usd: usd(cost),
        saved_usd: usd(saved[0]),
        lower_usd: usd(saved[1]),
        upper_usd: usd(saved[2]),
        cumulative_saved_usd: usd(cumulative),
        requests: 18_320,
        counted: true,
        cache_read_tokens: None,
        rests_on: rests_on.into(),
        answers: "identical".into(),
    };
    let mut steps = vec![
        step(
            "response_cache",
            "response cache",
            "1321.00",
            ["123.10", "123.10", "123.10"],
            "123.10",
            "exact repeats of a tenant within 24 h; 10,000 entries",
        ),
        step(
            "near_duplicates",
            "near duplicates",
            "1321.00",
            ["50.20", "0", "88.10"],
            "123.10",
            "the same question in other words; whether the answer would do is for you to judge",
        ),
        step(
            "prompt_cache",
            "prompt cache",
            "1102.40",
            ["218.60", "140.00", "260.30"],
            "341.70",
            "prefixes reused within 5 minutes; cache markers set where Anthropic wants them",
        ),
        step(
            "cheaper_model",
            "cheaper model for easy calls",
            "781.40",
            ["321.00", "0", "420.10"],
            "662.70",
            "short single-turn calls without tools on gpt-6-luna",
        ),
        step(
            "service_tier",
            "batch tier",
            "702.10",
            ["79.30", "79.30", "79.30"],
            "742.00",
            "calls tagged feature=digest can wait a day",
        ),
    ];
    steps[1].counted = false;
    steps[1].answers = "may_differ".into();
    steps[3].answers = "may_differ".into();
    steps
}

fn what_if() -> Vec<WhatIf> {
    let row = |model: &str, host: &str, cost: &str, range: [&str; 2], saved: &str, exact| WhatIf {
        model: model.into(),
        host: host.into(),
        requests: 181_996,
        input_tokens: 431_000_000,
        output_tokens: 12_800_000,
        cost_uncached: sum(cost),
        cost: sum(cost),
        lower_usd: usd(range[0]),
        upper_usd: usd(range[1]),
        saved_usd: usd(saved),
        exact,
        over_price_cliff: 0,
        over_context: 0,
        lacking: 0,
        lacks: Vec::new(),
    };
    let mut rows = vec![
        row("claude-haiku-5", "anthropic", "512.10", ["470.00", "560.40"], "932.00", false),
        row("gpt-6-luna", "openai", "401.44", ["398.00", "404.90"], "1042.66", true),
        row("claude-opus-5-5", "anthropic", "3802.00", ["3500.10", "4100.90"], "-2357.90", false),
    ];
    (rows[0].requests, rows[1].requests) = (181_984, 181_792);
    rows[0].over_context = 12;
    rows[1].lacking = 204;
    rows[1].lacks = vec!["vision".into()];
    rows[2].over_price_cliff = 31;
    rows
}

fn skipped(file: &str, line: u64, reason: &str) -> Skipped {
    Skipped { file: file.into(), line, reason: reason.into() }
}

/// The same with names that want to be HTML, a terminal's commands, Markdown, a formula, or another line.
pub(crate) fn hostile() -> Report {
    let evil = "<script>alert(1)</script>\u{1b}[31m\u{9b}2J\u{202e}|`**@admin\n# x\r\"',\u{7}&=1+1";
    let mut report = report();
    report.prices_observed = evil.to_owned();
    report.inputs[0].path = evil.to_owned();
    report.models[0].name = format!("=HYPERLINK(1)\n{evil}");
    report.models[0].host = Some(evil.to_owned());
    report.models[0].shutdown = Some(evil.to_owned());
    report.sections[0].name = evil.to_owned();
    report.tags = BTreeMap::from([(evil.to_owned(), vec![Group { name: evil.to_owned(), ..Group::default() }])]);
    report.templates[0].skeleton = evil.to_owned();
    report.steps[0].title = evil.to_owned();
    report.steps[0].name = evil.to_owned();
    report.steps[0].rests_on = evil.to_owned();
    report.what_if[0].model = evil.to_owned();
    report.what_if[0].host = evil.to_owned();
    report.what_if[1].lacks = vec![evil.to_owned()];
    report.skipped[0].file = evil.to_owned();
    report.skipped[0].reason = evil.to_owned();
    report.notes[0] = evil.to_owned();
    report.not_corpora[0].file = evil.to_owned();
    report.baseline.dearest_call = Some(evil.to_owned());
    report.baseline.unpriced[0].reason = evil.to_owned();
    report.baseline.unpriced[0].help = Some(evil.to_owned());
    if let Some(time) = &mut report.time {
        time.first = evil.to_owned();
    }
    report
}
