//! The one error type: what went wrong, on whose side, where exactly, what to do, and whether trying again can help.

use std::fmt;
use std::time::Duration;

/// An error with a kind, a place, advice and a cause. Cheap to move: one pointer.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    place: Option<Place>,
    help: Option<String>,
    retry_after: Option<Duration>,
    provider: Option<ProviderError>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What went wrong. Fieldless: what belongs to the case stands in the message and the [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A file could not be opened, read or written.
    Io,
    /// What was read is not what it should be: bad JSON, a missing field, invalid UTF-8.
    Input,
    /// A usage object that cannot be true (parts above their total, negative or overflowing counts).
    Usage,
    /// The price catalogue or an overlay has a mistake.
    Catalog,
    /// The catalogue does not know this model.
    UnknownModel,
    /// An option or configuration value is wrong.
    Config,
    /// Integer arithmetic on money or tokens left its range.
    Overflow,
    /// A limit is reached or the queue is full: later there may be room.
    RateLimited,
    /// A hard budget does not allow the call. Final: asking again costs the same.
    Budget,
    /// No target may take the call: the context is too long, a capability is missing, rules forbid the rest.
    NoTarget,
    /// The provider answered with an error ([`Error::provider`] has it).
    Provider,
    /// The provider could not be reached, or broke off before an answer.
    Unreachable,
    /// The provider did not answer in time.
    Timeout,
    /// The answer broke off, or is no answer: what came is not to be trusted.
    Truncated,
    /// Every target is failing and is left alone for a while.
    Unavailable,
    /// The router is shutting down.
    Closed,
}

/// What a provider answered instead of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// The provider's name in the configuration.
    pub provider: String,
    /// HTTP status; 200 for an error inside a stream.
    pub status: u16,
    /// The provider's code or type.
    pub code: Option<String>,
    /// The body as it came, at most 64 KiB of it.
    pub body: Vec<u8>,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The caller: the input, the option or the file is wrong.
    Caller,
    /// The machine: disk, permissions, a closed pipe.
    System,
    /// The provider: it refused, failed, or could not be reached.
    Provider,
    /// This router: a limit, a budget, a rule of its configuration.
    Router,
}

/// Where in the input: file, line (from 1) and field, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Path or `<stdin>`.
    pub file: Option<String>,
    /// Line, counted from 1.
    pub line: Option<u64>,
    /// Column in characters, counted from 1.
    pub column: Option<u64>,
    /// Field, as a dotted path: `usage.prompt_tokens`.
    pub field: Option<String>,
}

/// A result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Inner {
    fn of(kind: Kind) -> Inner {
        Inner { kind, message: String::new(), place: None, help: None, retry_after: None, provider: None, cause: None }
    }
}

impl Error {
    /// An error of a kind; the message is lower case, without a full stop, and names the thing.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { message: message.into(), ..Inner::of(kind) }))
    }

    /// Bad input.
    pub fn input(message: impl Into<String>) -> Self {
        Error::new(Kind::Input, message)
    }

    /// An I/O error on a path.
    pub fn io(path: impl Into<String>, cause: std::io::Error) -> Self {
        let path = path.into();
        Error::new(Kind::Io, format!("cannot use `{path}`")).in_file(path).because(cause)
    }

    /// Adds the file, unless an inner one is known already.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.0.place.get_or_insert_default().file.get_or_insert_with(|| file.into());
        self
    }

    /// Adds the line (from 1), unless an inner one is known already.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.0.place.get_or_insert_default().line.get_or_insert(line);
        self
    }

    /// Adds the column (from 1) on a line that is known.
    #[must_use]
    pub fn at_column(mut self, column: u64) -> Self {
        self.0.place.get_or_insert_default().column.get_or_insert(column);
        self
    }

    /// Adds the field, in front of an inner one: `usage` + `prompt_tokens` → `usage.prompt_tokens`.
    #[must_use]
    pub fn in_field(mut self, field: &str) -> Self {
        let place = self.0.place.get_or_insert_default();
        place.field = Some(match place.field.take() {
            Some(inner) => format!("{field}.{inner}"),
            None => field.to_owned(),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The same error for somebody else: causes cannot be shared, so their words go into the message.
    #[must_use]
    pub fn duplicate(&self) -> Error {
        let mut message = self.0.message.clone();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            message.push_str(": ");
            message.push_str(&inner.to_string());
            cause = inner.source();
        }
        Error(Box::new(Inner {
            kind: self.0.kind,
            message,
            place: self.0.place.clone(),
            help: self.0.help.clone(),
            retry_after: self.0.retry_after,
            provider: self.0.provider.clone(),
            cause: None,
        }))
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Who has to act.
    pub fn side(&self) -> Side {
        match self.0.kind {
            Kind::Io => Side::System,
            Kind::Provider | Kind::Unreachable | Kind::Timeout | Kind::Truncated | Kind::Unavailable => Side::Provider,
            Kind::RateLimited | Kind::Budget | Kind::NoTarget | Kind::Closed => Side::Router,
            _ => Side::Caller,
        }
    }

    /// Adds that the same call may succeed after a while.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// Adds what the provider answered.
    #[must_use]
    pub fn from_provider(mut self, answer: ProviderError) -> Self {
        self.0.provider = Some(answer);
        self
    }

    /// Whether the same call can succeed later without a change: the provider's answer decides where there is one. Nothing
    /// offline can.
    pub fn may_retry(&self) -> bool {
        match (self.0.kind, &self.0.provider) {
            (Kind::Provider, Some(answer)) => {
                self.0.retry_after.is_some() || matches!(answer.status, 408 | 409 | 429 | 500 | 502 | 503 | 504 | 529)
            }
            (Kind::RateLimited | Kind::Unreachable | Kind::Timeout | Kind::Truncated | Kind::Unavailable, _) => true,
            _ => false,
        }
    }

    /// How long to wait before asking again, where that is known.
    pub fn pause(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the provider answered, if it did.
    pub fn provider(&self) -> Option<&ProviderError> {
        self.0.provider.as_ref()
    }

    /// Where.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The message alone, without place, cause and advice.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// True for a pipe closed by the reader (`promptopt … | head`), which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                return io.kind() == std::io::ErrorKind::BrokenPipe;
            }
            cause = error.source();
        }
        false
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            match (&place.file, place.line) {
                (Some(file), Some(line)) => {
                    write!(f, "{file}:{line}:")?;
                    if let Some(column) = place.column {
                        write!(f, "{column}:")?;
                    }
                    f.write_str(" ")?;
                }
                (Some(file), None) => write!(f, "{file}: ")?,
                (None, Some(line)) => write!(f, "line {line}: ")?,
                (None, None) => {}
            }
            if let Some(field) = &place.field {
                write!(f, "`{field}`: ")?;
            }
        }
        f.write_str(&self.0.message)?;
        if let Some(cause) = &self.0.cause {
            write!(f, ": {cause}")?;
        }
        if let Some(help) = &self.0.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_file_line_and_field() {
        let error = Error::new(Kind::Usage, "expected a whole number, found \"x\"")
            .in_field("prompt_tokens")
            .in_field("usage")
            .at_line(3)
            .in_file("log.jsonl")
            .help("remove the record or mend the number");
        assert_eq!(
            error.to_string(),
            "log.jsonl:3: `usage.prompt_tokens`: expected a whole number, found \"x\" (remove the record or mend the number)"
        );
    }

    #[test]
    fn a_closed_pipe_is_recognised_through_the_cause() {
        let error = Error::io("<stdout>", std::io::ErrorKind::BrokenPipe.into());
        assert!(error.is_broken_pipe());
        assert!(!Error::input("x").is_broken_pipe());
    }
}
