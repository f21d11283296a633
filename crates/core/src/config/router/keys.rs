//! The router's keys. See `config/keys.rs` for what a key is.

use super::super::keys::{Key, Shape};

macro_rules! key {
    ($name:literal, $shape:expr, $example:literal, $about:literal) => {
        Key { name: $name, shape: $shape, about: $about, example: $example }
    };
}

/// Sections of the file.
pub(in super::super) static SECTIONS: &[Key] = &[
    key!("router", Shape::Table(ROUTER), "", "What holds for every request"),
    key!(
        "providers",
        Shape::ByName(PROVIDER),
        "host = \"openai\"\napi-key = \"env:OPENAI_API_KEY\"",
        "Where requests go, one table a provider, under a name of your choice"
    ),
    key!(
        "routes",
        Shape::Tables(ROUTE),
        "name = \"support\"\nwhen = 'caller.team == \"support\"'\ncandidates = [\"openai/gpt-5-mini\"]",
        "Which requests may go where; the first whose condition holds is taken. Without any, a request goes to the cheapest provider that offers its model"
    ),
    key!(
        "limits",
        Shape::Tables(LIMIT),
        "name = \"callers\"\nby = \"caller\"\nrpm = 60",
        "Limits on requests, tokens and calls at once"
    ),
    key!("queue", Shape::Table(QUEUE), "", "The queue in front of the limits"),
    key!(
        "budgets",
        Shape::Tables(BUDGET),
        "name = \"teams\"\nby = \"team\"\nperiod = \"month\"\nhard = \"100.00\"",
        "Money that may be spent in a time"
    ),
    key!(
        "alerts",
        Shape::Tables(ALERT),
        "name = \"most-spent\"\nwatch = \"spent\"\npercent = 80\nto = [\"log:alerts.jsonl\"]",
        "What is watched, and who is told"
    ),
    key!("cache", Shape::Table(CACHE), "", "The response cache"),
    key!("ledger", Shape::Table(LEDGER), "", "The ledger of what was spent"),
    key!("retry", Shape::Table(RETRY), "", "Asking again"),
    key!("breaker", Shape::Table(BREAKER), "", "Leaving failing targets alone"),
];

static ROUTER: &[Key] = &[key!("max-body", Shape::Size, "\"16 MiB\"", "The largest request [default: 16 MiB]")];

static PROVIDER: &[Key] = &[
    key!(
        "host",
        Shape::Host,
        "\"openai\"",
        "The provider as the catalogue knows it: prices, limits and cache rules follow [default: the name]"
    ),
    key!(
        "base-url",
        Shape::Text,
        "\"https://api.openai.com/v1\"",
        "Its address, without the interface's own path [default: by host]"
    ),
    key!(
        "dialect",
        Shape::OneOf(&["chat", "responses", "messages", "generateContent", "converse"]),
        "\"chat\"",
        "What it speaks [default: by host]"
    ),
    key!(
        "api-key",
        Shape::Secret,
        "\"env:OPENAI_API_KEY\"",
        "Where its key is: `env:NAME` or `file:PATH`, never the key itself"
    ),
    key!(
        "key-header",
        Shape::Text,
        "\"api-key\"",
        "The header that carries the key [default: by host, mostly `Authorization: Bearer`]"
    ),
    key!("headers", Shape::TextMap, "{ OpenAI-Organization = \"org\" }", "Headers of every request"),
    key!("api-version", Shape::Text, "\"2024-10-21\"", "Azure's version, for its older addresses"),
    key!("deployments", Shape::TextMap, "{ gpt-4o = \"prod-4o\" }", "Azure's deployments, by model"),
    key!("region", Shape::Text, "\"eu\"", "Where it is, for prices and for routes that name regions"),
    key!("tiers", Shape::Tiers, "[\"flex\"]", "Service tiers that may be asked for besides the standard one"),
    key!("connect-timeout", Shape::Duration, "\"10s\"", "Until the connection stands [default: 10s]"),
    key!("first-byte-timeout", Shape::Duration, "\"10m\"", "From sending until the answer's head [default: 10m]"),
    key!("idle-timeout", Shape::Duration, "\"2m\"", "Between two pieces of an answer [default: 2m]"),
    key!("total-timeout", Shape::Duration, "\"20m\"", "For all of a call [default: 20m]"),
    key!("aws-region", Shape::Text, "\"us-east-1\"", "Bedrock's region"),
    key!("aws-key-id", Shape::Secret, "\"env:AWS_ACCESS_KEY_ID\"", "Bedrock's access key id"),
    key!("aws-secret", Shape::Secret, "\"env:AWS_SECRET_ACCESS_KEY\"", "Bedrock's secret access key"),
    key!("aws-session", Shape::Secret, "\"env:AWS_SESSION_TOKEN\"", "Bedrock's session token, if there is one"),
    key!("insecure-http", Shape::Bool, "true", "A key may go over plain http to another machine [default: false]"),
];

static ROUTE: &[Key] = &[
    key!("name", Shape::Text, "\"support\"", "Its name"),
    key!(
        "when",
        Shape::Condition,
        "'request.tokens > 8000'",
        "A condition in CEL over `request`, `caller`, `tags`, `time`, `budget` [default: every request]"
    ),
    key!(
        "candidates",
        Shape::Targets,
        "[\"openai/gpt-5-mini\", { target = \"groq/openai/gpt-oss-20b\", quality = 0.91 }]",
        "Where it may go: `provider/model`, or `provider/*` for the model asked for [default: wherever that model is offered]"
    ),
    key!(
        "objective",
        Shape::Objective,
        "\"cheapest\"",
        "How one is chosen: `cheapest`, `fastest`, `weighted`, `ordered`, `quality>=0.8 then cheapest` [default: cheapest]"
    ),
    key!(
        "fallbacks",
        Shape::Targets,
        "[\"anthropic/claude-haiku-4-5\"]",
        "Asked in this order when the candidates fail"
    ),
    key!("then", Shape::Texts, "[\"other\"]", "Routes whose targets are asked after these"),
    key!(
        "class",
        Shape::OneOf(&["interactive", "normal", "background"]),
        "\"interactive\"",
        "How urgent its calls are [default: normal]"
    ),
    key!("deadline", Shape::Duration, "\"10m\"", "By when an answer is needed; from 10m on, flex tiers may serve it"),
    key!("regions", Shape::Texts, "[\"eu\"]", "Regions of providers that may be used [default: all]"),
    key!("deny", Shape::Texts, "[\"openrouter\"]", "Providers or `provider/model`s that may not be used"),
    key!("cache", Shape::Switch(ROUTE_CACHE), "false", "What the response cache may do: true, false, or a table"),
    key!(
        "optimize",
        Shape::OneOf(&["off", "identical", "equivalent"]),
        "\"equivalent\"",
        "What may be done to prompts [default: off]"
    ),
    key!(
        "breakpoints",
        Shape::Bool,
        "true",
        "Cache breakpoints are set where the model needs them and the request has none [default: true]"
    ),
    key!("expected-output", Shape::Count, "400", "Output tokens that a call usually has, until that is known"),
];

static ROUTE_CACHE: &[Key] = &[
    key!("ttl", Shape::Duration, "\"1h\"", "How long an answer is fresh [default: 1h]"),
    key!(
        "stale",
        Shape::Duration,
        "\"5m\"",
        "How long after that it may be given while a new one is fetched [default: 0s]"
    ),
    key!("sampled", Shape::Bool, "false", "Requests without `temperature: 0` too [default: false]"),
    key!("tool-calls", Shape::Bool, "false", "Answers that call tools too [default: false]"),
    key!("per-user", Shape::Bool, "false", "End users of one tenant do not share answers [default: false]"),
    key!("epoch", Shape::Count, "1", "Raise it when what answers depend on changes outside of requests"),
];

static LIMIT: &[Key] = &[
    key!("name", Shape::Text, "\"callers\"", "Its name in errors and reports"),
    key!(
        "by",
        Shape::By,
        "\"caller\"",
        "Whose calls count together: all, tenant, caller, team, tag:NAME, route, provider, model, target [default: all]"
    ),
    key!("only", Shape::Labels, "{ team = \"support\" }", "Only calls with these labels"),
    key!("rpm", Shape::Count, "60", "Requests a minute"),
    key!("tpm", Shape::Count, "100_000", "Tokens a minute, input and output"),
    key!("concurrency", Shape::Count, "8", "Calls at once, streams to their end"),
    key!("burst", Shape::Duration, "\"60s\"", "Unused allowance of so long may be used at once [default: 60s]"),
];

static QUEUE: &[Key] = &[
    key!("max-depth", Shape::Count, "1000", "Calls that may wait [default: 1000]"),
    key!("max-wait", Shape::Duration, "\"30s\"", "How long one may wait [default: 30s]"),
    key!("ageing", Shape::Duration, "\"10s\"", "Each such wait lifts a call by a class [default: 10s]"),
];

static BUDGET: &[Key] = &[
    key!("name", Shape::Text, "\"teams\"", "Its name in errors, conditions and reports"),
    key!("by", Shape::By, "\"team\"", "Who has each their own [default: all together]"),
    key!("only", Shape::Labels, "{ team = \"support\" }", "Only calls with these labels"),
    key!("period", Shape::Period, "\"month\"", "`day`, `month` (UTC), or `rolling 7d` [default: month]"),
    key!("hard", Shape::Usd, "\"100.00\"", "Never above this: calls that might be are refused"),
    key!(
        "soft",
        Shape::Usd,
        "\"80.00\"",
        "Above this calls go on; an alert that watches the budget is raised, and reports show that it is passed"
    ),
    key!(
        "unpriced-as",
        Shape::Usd,
        "\"0.05\"",
        "What a call without a known price is taken to cost [default: it is refused]"
    ),
];

static ALERT: &[Key] = &[
    key!("name", Shape::Text, "\"most-spent\"", "Its name"),
    key!(
        "watch",
        Shape::OneOf(super::alerts::WATCHES),
        "\"spent\"",
        "What is watched: `spent` (a share of a budget, and soft limits), `burn-rate` (a budget that will not last), `spike` (an hour far above the usual), `shutdown` (a model that ends), `stale-price`, `hit-rate-falls` (a cache)"
    ),
    key!("budget", Shape::Text, "\"teams\"", "The budget that `spent` and `burn-rate` watch [default: each]"),
    key!(
        "percent",
        Shape::Count,
        "80",
        "`spent`: the share of the limit [default: 80]; `hit-rate-falls`: of the rate of the day before [default: 50]"
    ),
    key!(
        "times",
        Shape::Times,
        "1.5",
        "`burn-rate`: how many times too fast [default: 1.5]; `spike`: median absolute deviations above the median [default: 5]"
    ),
    key!(
        "days",
        Shape::Count,
        "30",
        "`shutdown`: days before it [default: 30]; `stale-price`: days since it was seen [default: 60]"
    ),
    key!(
        "to",
        Shape::Receivers,
        "[\"webhook:env:SLACK_URL\", \"log:alerts.jsonl\", { command = [\"notify\", \"x\"] }]",
        "Who is told, besides the service's callbacks: `webhook:env:NAME` (as Slack takes them), `log:FILE`, a command with JSON on its input"
    ),
    key!(
        "repeat",
        Shape::Duration,
        "\"24h\"",
        "Told again after this while it holds, at least a minute [default: 24h]"
    ),
];

static CACHE: &[Key] = &[
    key!("max-size", Shape::Size, "\"256 MiB\"", "Memory for answers [default: 256 MiB]"),
    key!("max-entry", Shape::Size, "\"256 KiB\"", "A longer answer is not kept [default: 256 KiB]"),
    key!("redis", Shape::Table(REDIS), "", "A second level that several instances share, in Redis or Valkey"),
];

static REDIS: &[Key] = &[
    key!("url", Shape::Secret, "\"env:REDIS_URL\"", "Where its address is: `redis://`, `rediss://` or `unix://`"),
    key!(
        "seal",
        Shape::Secret,
        "\"env:CACHE_SEAL\"",
        "Where the secret is that seals answers, the same for all instances"
    ),
    key!("budget", Shape::Duration, "\"20ms\"", "How long it is waited for before a provider is asked [default: 20ms]"),
];

static LEDGER: &[Key] = &[
    key!("path", Shape::Path, "\"promptopt.sqlite\"", "The file [default: promptopt.sqlite beside this file]"),
    key!("keep", Shape::Duration, "\"400d\"", "How long records are kept [default: 400d]"),
    key!("keep-prompts", Shape::Bool, "false", "Requests and answers are kept too [default: false]"),
];

static RETRY: &[Key] = &[
    key!("max-attempts", Shape::Count, "4", "Attempts of one call, fallbacks included [default: 4]"),
    key!(
        "first-pause",
        Shape::Duration,
        "\"250ms\"",
        "The first pause; each next is twice as long, with jitter [default: 250ms]"
    ),
    key!("max-pause", Shape::Duration, "\"20s\"", "The longest pause [default: 20s]"),
    key!(
        "max-retry-after",
        Shape::Duration,
        "\"30s\"",
        "A provider that asks for more is not waited for [default: 30s]"
    ),
];

static BREAKER: &[Key] = &[
    key!("failures", Shape::Count, "5", "Failures in a row that open it [default: 5]"),
    key!(
        "failure-percent",
        Shape::Count,
        "50",
        "Share of failures that opens it, once there were 20 calls [default: 50]"
    ),
    key!("window", Shape::Duration, "\"2m\"", "The time over which that is counted [default: 2m]"),
    key!("cooldown", Shape::Duration, "\"15s\"", "How long a target is left alone [default: 15s]"),
];
