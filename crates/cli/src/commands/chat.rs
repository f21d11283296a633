//! `promptopt chat` and `promptopt route`: a request through the router, or where it would go.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use promptopt::config::router::from_file;
use promptopt::error::{Error, Kind, Result};
use promptopt::labels::Caller;
use promptopt::route::RoutePlan;
use promptopt::router::{Builder, Request, Router};
use promptopt::upstream::canned::Canned;
use serde_json::Value;

use super::Outcome;
use crate::args::{CallerArgs, ChatArgs, RouteArgs, RouteForm};
use crate::render;
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::settings::Settings;
use crate::{output, overlay};

/// Runs `promptopt chat`.
pub(crate) fn run(args: &ChatArgs, settings: &Settings) -> Result<Outcome> {
    let request = request(&args.file)?;
    let builder = builder(&args.who, settings)?;
    runtime()?.block_on(async {
        let router = builder.build()?;
        let caller = caller(&args.who);
        let report = if args.stream {
            let mut stream = router.stream(request, &caller).await?;
            let mut stdout = std::io::stdout().lock();
            while let Some(chunk) = std::future::poll_fn(|context| {
                futures_core::Stream::poll_next(std::pin::Pin::new(&mut stream), context)
            })
            .await
            {
                let written = stdout.write_all(&chunk?).and_then(|()| stdout.flush());
                written.map_err(|cause| Error::new(Kind::Io, "cannot write to standard output").because(cause))?;
            }
            stream.report().unwrap_or_else(|| stream.begun().clone())
        } else {
            let answer = router.chat(request, &caller).await?;
            let text =
                if args.json { String::from_utf8_lossy(&answer.body).into_owned() } else { text(&answer.json()?) };
            output::write(&(text + "\n"), None)?;
            answer.report
        };
        let lines: Vec<String> =
            report.headers().into_iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        // What it took is no part of the answer.
        let _closed = std::io::stderr().lock().write_all(lines.concat().as_bytes());
        router.shutdown().await;
        Ok(Outcome::default())
    })
}

/// Runs `promptopt route`.
pub(crate) fn route(args: &RouteArgs, settings: &Settings) -> Result<Outcome> {
    let request = request(&args.file)?;
    // Nothing is sent, so no secret is read and no ledger is opened.
    let nothing = Canned(|_: &_| Err(Error::new(Kind::Closed, "nothing is sent to explain a plan")));
    let mut resolved = read_config(&args.who, settings)?;
    resolved.ledger.path = None;
    let builder = Router::builder().settings(resolved).catalog(overlay::shared(settings)?).upstream(Arc::new(nothing));
    let plan = builder.build()?.explain(request, &caller(&args.who))?;
    let text = match args.output {
        RouteForm::Json => render::json_of(&plan.explain())?,
        RouteForm::Text => plan_text(&plan, settings),
    };
    output::write(&text, None)?;
    Ok(Outcome { is_failed: plan.steps.is_empty(), ..Outcome::default() })
}

fn plan_text(plan: &RoutePlan, settings: &Settings) -> String {
    let explained = plan.explain();
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    page.heading(
        &format!("Route {}", explained.route),
        &format!("{}, {} targets", explained.objective, explained.steps.len()),
    );
    let columns = vec![
        Column::name(),
        Column::figure("expected", 0),
        Column::figure("at most", 1),
        Column::figure("input", 2),
        Column::figure("cached", 3),
        Column::figure("output", 4),
        Column::left("", 5),
    ];
    let mut table = Table::new("target", columns);
    for step in &explained.steps {
        let usd =
            |usd: &Result<String, String>| usd.as_ref().map_or_else(|_| "no price".to_owned(), |usd| format!("${usd}"));
        let mut remarks = Vec::new();
        if step.is_fallback {
            remarks.push("fallback");
        }
        if step.sets_breakpoints {
            remarks.push("sets cache breakpoints");
        }
        table.row(vec![
            Cell::new(step.target.clone(), Style::Bold),
            usd(&step.expected_usd).into(),
            usd(&step.ceiling_usd).into(),
            step.input_tokens.to_string().into(),
            step.cache_read_tokens.to_string().into(),
            step.output_tokens.to_string().into(),
            Cell::new(remarks.join(", "), Style::Dim),
        ]);
    }
    table.draw(&mut page);
    let no_price = explained
        .steps
        .iter()
        .filter_map(|step| step.ceiling_usd.as_ref().err().map(|why| format!("{}: {why}", step.target)));
    for (title, lines) in [
        ("No upper bound", no_price.collect::<Vec<_>>()),
        ("Not asked", explained.rejected),
        ("Conditions that could not be told", explained.unclear),
    ] {
        if !lines.is_empty() {
            page.blank();
            page.heading(title, "");
            for line in lines {
                page.paragraph(&line, 2, Style::Plain);
            }
        }
    }
    page.finish()
}

fn builder(who: &CallerArgs, settings: &Settings) -> Result<Builder> {
    Ok(Router::builder().settings(read_config(who, settings)?).catalog(overlay::shared(settings)?))
}

fn read_config(who: &CallerArgs, settings: &Settings) -> Result<promptopt::config::router::RouterSettings> {
    let path = who.config.as_deref().unwrap_or(Path::new("promptopt.toml"));
    let read = |path: &Path| std::fs::read_to_string(path);
    let catalog = overlay::shared(settings)?;
    from_file(path, &read, &catalog).map_err(promptopt::config::Problems::into_error)
}

fn caller(who: &CallerArgs) -> Caller {
    let mut caller = Caller::of(who.tenant.as_str());
    if let Some(id) = &who.caller {
        caller = caller.id(id.as_str());
    }
    if let Some(team) = &who.team {
        caller = caller.team(team.as_str());
    }
    who.tag.iter().fold(caller, |caller, (name, value)| caller.tag(name.as_str(), value.as_str()))
}

fn request(file: &Path) -> Result<Request> {
    let mut body = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut body)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut body))
    };
    read.map_err(|cause| Error::new(Kind::Io, format!("cannot read `{}`", file.display())).because(cause))?;
    Ok(Request::detect(body))
}

/// The text of an answer, in whichever of the callers' dialects.
fn text(body: &Value) -> String {
    let of = |at: &str| body.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let joined = |list: Option<&Value>, at: &str| {
        let items = list.and_then(Value::as_array)?;
        let texts: Vec<&str> = items.iter().filter_map(|item| item.pointer(at).and_then(Value::as_str)).collect();
        (!texts.is_empty()).then(|| texts.concat())
    };
    of("/choices/0/message/content")
        .or_else(|| joined(body.get("content"), "/text"))
        .or_else(|| joined(body.get("output"), "/content/0/text"))
        .unwrap_or_else(|| body.to_string())
}

/// A runtime for one command.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|cause| Error::new(Kind::Io, "no runtime can be started").because(cause))
}
