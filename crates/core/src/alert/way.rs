//! The ways on which an alert reaches somebody. What goes wrong is told without addresses: a webhook's address is a secret.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::{Alert, Callback, State};
use crate::error::{Error, Kind, Result};
use crate::text::shorten;
use crate::upstream::webhook::Post;

/// A webhook has so long to answer, each time it is asked.
const POST_LIMIT: Duration = Duration::from_secs(10);
/// Between two times of asking it.
const POST_PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// The longest time that it may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A command or callback has so long to end.
const RUN_LIMIT: Duration = Duration::from_secs(30);
/// Between two looks whether a command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where an alert goes.
pub(super) enum Way {
    /// To a function of the embedding service.
    Call(Callback),
    /// By POST.
    Post { address: SecretString, post: Arc<dyn Post> },
    /// To a command.
    Run(Vec<String>),
    /// Into a file.
    Append(PathBuf),
}

/// What is delivered.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Letter {
    #[serde(flatten)]
    pub alert: Arc<Alert>,
    /// Alerts before this one that could not be delivered on the same way.
    #[serde(skip_serializing_if = "is_zero")]
    pub missed: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Way {
    /// Delivers one. Errors name the way, never an address.
    pub(super) async fn deliver(self: &Arc<Way>, letter: Letter) -> Result<()> {
        if let Way::Post { address, post } = &**self {
            return send(&**post, address, &letter).await;
        }
        let way = Arc::clone(self);
        // Blocks: not on a runtime's worker.
        let done = tokio::task::spawn_blocking(move || way.block_on(&letter));
        // A command ends itself in time; a callback that does not is left behind.
        match tokio::time::timeout(RUN_LIMIT * 2, done).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::new(Kind::Config, "the callback panicked")),
            Err(_) => Err(Error::new(Kind::Timeout, "the callback did not return")),
        }
    }

    fn block_on(&self, letter: &Letter) -> Result<()> {
        match self {
            Way::Call(callback) => {
                callback(&letter.alert);
                Ok(())
            }
            Way::Run(words) => run(words, json_of(letter)?, RUN_LIMIT),
            Way::Append(path) => append(path, &json_of(letter)?),
            Way::Post { .. } => Ok(()),
        }
    }
}

fn json_of(letter: &Letter) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(letter).map_err(|cause| Error::input("the alert is no JSON").because(cause))?;
    line.push(b'\n');
    Ok(line)
}

async fn send(post: &dyn Post, address: &SecretString, letter: &Letter) -> Result<()> {
    let body = Bytes::from(slack(letter));
    for pause in POST_PAUSES.into_iter().map(Some).chain([None]) {
        let outcome = tokio::time::timeout(POST_LIMIT, post.post(address, body.clone())).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Error::new(Kind::Timeout, "the webhook did not answer in time")));
        match (outcome, pause) {
            (Err(error), Some(pause)) if error.may_retry() => {
                // A webhook that asks for time gets it, but not for long: others wait behind this one.
                tokio::time::sleep(error.pause().unwrap_or_default().clamp(pause, LONGEST_PAUSE)).await;
            }
            (outcome, _) => return outcome,
        }
    }
    Ok(())
}

/// A body as Slack, Mattermost, Discord (`/slack`) and others take it. Names come from callers: what would address a channel or make
/// a link is escaped (<https://api.slack.com/reference/surfaces/formatting#escaping>).
fn slack(letter: &Letter) -> String {
    let mark = match letter.alert.state {
        State::Raised => ":warning:",
        State::Repeated => ":repeat:",
        State::Cleared => ":white_check_mark:",
    };
    let mut text = format!("{} {}", letter.alert.name, letter.alert.text);
    if letter.missed > 0 {
        text = format!("{text} ({} alerts before this one could not be delivered)", letter.missed);
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": format!("{mark} {escaped}") }).to_string()
}

fn append(path: &Path, line: &[u8]) -> Result<()> {
    let failed = |cause| Error::io(path.display().to_string(), cause);
    // Opened anew for each line: the file may be moved away by whoever keeps logs. One write: lines of several processes do not mix.
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(line).map_err(failed)
}

/// Runs a command with the alert on its standard input, and kills it when its time is over.
fn run(words: &[String], line: Vec<u8>, limit: Duration) -> Result<()> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let name = shorten(program, 80);
    let failed = |cause| Error::io(name.clone(), cause);
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read must not keep us; it is no failure that it does not.
        std::thread::spawn(move || input.write_all(&line));
    }
    for _ in 0..limit.as_millis() / LOOK_EVERY.as_millis() {
        match child.try_wait().map_err(failed)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(Error::new(Kind::Io, format!("the command `{name}` ended with {status}"))),
            None => std::thread::sleep(LOOK_EVERY),
        }
    }
    let _ended_meanwhile = child.kill();
    let _reaped = child.wait();
    Err(Error::new(Kind::Timeout, format!("the command `{name}` did not end within {limit:?} and was killed")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Figures;
    use crate::clock::Timestamp;

    fn letter(text: &str, missed: u64) -> Letter {
        let alert = Alert {
            name: "a".into(),
            kind: super::super::Kind::Spent,
            state: State::Raised,
            subject: "s".into(),
            text: text.to_owned(),
            figures: Figures::new(),
            at: Timestamp::UNIX_EPOCH,
        };
        Letter { alert: Arc::new(alert), missed }
    }

    #[test]
    fn a_callers_name_addresses_nobody() {
        let body: serde_json::Value = serde_json::from_str(&slack(&letter("of `<!channel> & \"x\"`", 2))).unwrap();
        assert_eq!(
            body["text"],
            ":warning: a of `&lt;!channel&gt; &amp; \"x\"` (2 alerts before this one could not be delivered)"
        );
    }

    #[test]
    fn what_is_delivered_is_one_line_of_json() {
        let line = String::from_utf8(json_of(&letter("two\nlines", 0)).unwrap()).unwrap();
        assert_eq!(
            line,
            "{\"name\":\"a\",\"kind\":\"spent\",\"state\":\"raised\",\"subject\":\"s\",\"text\":\"two\\nlines\",\"figures\":{},\"at\":\"1970-01-01T00:00:00Z\"}\n"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_command_gets_its_arguments_as_they_are_and_ends_in_time() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let limit = Duration::from_secs(20);
        assert!(run(&words(&["grep", "-q", "a b;$HOME"]), b"a b;$HOME\n".to_vec(), limit).is_ok());
        let failed = run(&words(&["false"]), vec![b'x'; 1 << 20], limit).unwrap_err();
        assert!(failed.to_string().contains("the command `false` ended with"), "{failed}");
        assert!(run(&words(&["/no/such/program"]), Vec::new(), limit).is_err());
        let killed = run(&words(&["sleep", "600"]), Vec::new(), LOOK_EVERY * 2).unwrap_err();
        assert_eq!(killed.kind(), Kind::Timeout);
    }

    #[test]
    fn lines_are_appended() {
        let folder = std::env::temp_dir();
        let path = folder.join(format!("promptopt-alerts-{}.jsonl", fastrand::u64(..)));
        append(&path, b"1\n").and_then(|()| append(&path, b"2\n")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n");
        std::fs::remove_file(&path).unwrap();
        assert!(append(&folder, b"1\n").is_err());
    }
}
