//! References to secrets. A configuration names where a secret is; what it is is read once, by whoever embeds the router, and
//! goes into a type that cannot be printed.

use std::fmt;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// In an environment variable (`env:OPENAI_API_KEY`).
    Env(String),
    /// In a file, blanks around it cut off (`file:/run/secrets/openai`).
    File(String),
}

impl SecretRef {
    /// From `env:NAME` or `file:PATH`; `None` for anything else, which may be the secret itself and is not repeated in errors.
    pub fn from_text(text: &str) -> Option<SecretRef> {
        let filled = |rest: &str| (!rest.is_empty()).then(|| rest.to_owned());
        match text.split_once(':')? {
            ("env", name) => filled(name).map(SecretRef::Env),
            ("file", path) => filled(path).map(SecretRef::File),
            _ => None,
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Env(name) => write!(f, "env:{name}"),
            SecretRef::File(path) => write!(f, "file:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_itself_is_no_reference() {
        assert_eq!(SecretRef::from_text("env:KEY"), Some(SecretRef::Env("KEY".to_owned())));
        assert_eq!(SecretRef::from_text("file:/run/key").map(|r| r.to_string()).as_deref(), Some("file:/run/key"));
        for text in ["sk-abc", "env:", "vault:x", ""] {
            assert_eq!(SecretRef::from_text(text), None);
        }
    }
}
