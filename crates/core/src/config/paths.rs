//! Path patterns of a configuration file, as matchers of paths as they are shown. A pattern is seen from the folder of the
//! file it stands in and read as in `.gitignore`: without a slash it holds at any depth, and a folder stands for all that
//! is in it. Shown paths are seen from where the command runs, which may lie above, below or beside that folder; so a
//! pattern becomes one that matches the same files from there.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

/// The folder of a configuration file, as seen from where the command runs.
#[derive(Clone, Debug)]
pub(super) struct Base {
    folder: Vec<String>,
    root: Vec<String>,
}

/// Matchers of several patterns.
#[derive(Clone, Debug, Default)]
pub struct Globs(pub(super) Vec<GlobMatcher>);

impl Globs {
    /// Whether one of them matches a path as shown.
    pub fn is_match(&self, path: &str) -> bool {
        self.0.iter().any(|matcher| matcher.is_match(path))
    }

    /// The same as one set.
    pub fn set(&self) -> GlobSet {
        let mut builder = GlobSetBuilder::new();
        for matcher in &self.0 {
            builder.add(matcher.glob().clone());
        }
        // Each of them was compiled before.
        builder.build().unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Base {
    /// Both absolute.
    pub(super) fn new(folder: &Path, root: &Path) -> Base {
        Base { folder: parts(folder), root: parts(root) }
    }

    /// A matcher of shown paths; what is wrong with the pattern if it is none.
    pub(super) fn matcher(&self, pattern: &str) -> Result<GlobMatcher, String> {
        check(pattern)?;
        let all: Vec<String> = variants(pattern).iter().flat_map(|variant| self.seen_from_root(variant)).collect();
        let joined = match &*all {
            [one] => one.clone(),
            // Never none: the absolute path is always among them.
            several => {
                format!("{{{}}}", several.iter().map(|one| without_commas(one)).collect::<Vec<_>>().join(","))
            }
        };
        let glob = GlobBuilder::new(&joined).literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
    }

    /// A path as it is shown.
    pub(super) fn shown(&self, path: &Path) -> String {
        let path = parts(path);
        let common = common(&path, &self.root);
        let up = self.root.len() - common;
        let steps = std::iter::repeat_n("..", up).chain(path[common..].iter().map(String::as_str));
        steps.collect::<Vec<_>>().join("/")
    }

    /// A pattern that is seen from the folder, as patterns seen from the root.
    fn seen_from_root(&self, pattern: &str) -> Vec<String> {
        let escaped = |parts: &[String]| parts.iter().map(|part| globset::escape(part) + "/").collect::<String>();
        let common = common(&self.folder, &self.root);
        let up = self.root.len() - common;
        let mut all = vec![format!("/{}{pattern}", escaped(&self.folder))];
        if common < self.folder.len() {
            all.push(format!("{}{}{pattern}", "../".repeat(up), escaped(&self.folder[common..])));
            return all;
        }
        let steps = components(pattern);
        for n_up in 0..=up {
            for rest in below(&steps, &self.root[common..self.root.len() - n_up]) {
                let up = "../".repeat(n_up);
                all.extend(without_up(&rest).into_iter().map(|rest| format!("{up}{rest}")));
            }
        }
        all
    }
}

/// Absolute, without `.` and `..`.
pub fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
        plain
    })
}

/// What is wrong with a pattern, if something is.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    if pattern.trim().is_empty() {
        return Err("an empty pattern matches nothing".to_owned());
    }
    if pattern.split('/').any(|part| part == "..") {
        return Err("a pattern cannot lead out of the folder of its file".to_owned());
    }
    GlobBuilder::new(pattern).literal_separator(true).build().map(|_| ()).map_err(|error| error.kind().to_string())
}

fn parts(path: &Path) -> Vec<String> {
    let normal = |part: Component<'_>| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    };
    plain(path).components().filter_map(normal).collect()
}

fn common(a: &[String], b: &[String]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// A pattern as `.gitignore` reads it: itself, and all below it.
fn variants(pattern: &str) -> Vec<String> {
    let written = pattern.trim_start_matches("./");
    let is_folder = written.ends_with('/');
    let inner = written.trim_matches('/');
    let is_anchored = written.starts_with('/') || inner.contains('/');
    let anchored = if is_anchored { inner.to_owned() } else { format!("**/{inner}") };
    if anchored.ends_with("**") {
        return vec![anchored];
    }
    let below = format!("{anchored}/**");
    if is_folder { vec![below] } else { vec![anchored, below] }
}

/// The parts between slashes that stand outside of brackets and braces.
fn components(pattern: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in pattern.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                parts.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&pattern[start..]);
    // Twice any depth is any depth.
    parts.dedup_by(|a, b| *a == "**" && *b == "**");
    parts
}

/// What is left of a pattern below some folders: every way in which its beginning can match them.
fn below<'p>(pattern: &[&'p str], folders: &[String]) -> Vec<Vec<&'p str>> {
    let Some(folder) = folders.first() else {
        return if pattern.is_empty() { Vec::new() } else { vec![pattern.to_vec()] };
    };
    match pattern.first() {
        None => Vec::new(),
        Some(&"**") => {
            let mut all = below(pattern, &folders[1..]);
            all.extend(below(&pattern[1..], folders));
            all.sort();
            all.dedup();
            all
        }
        Some(part) => {
            let matches = GlobBuilder::new(part).build().is_ok_and(|glob| glob.compile_matcher().is_match(folder));
            if matches { below(&pattern[1..], &folders[1..]) } else { Vec::new() }
        }
    }
}

/// The same where `**` at its beginning does not stand for `..`.
fn without_up(pattern: &[&str]) -> Vec<String> {
    let Some((&"**", rest)) = pattern.split_first() else { return vec![pattern.join("/")] };
    let mut all = Vec::new();
    if !rest.is_empty() {
        all.push(rest.join("/"));
    }
    for name in ["[!.]*", ".[!.]*"] {
        if rest.is_empty() {
            all.push(name.to_owned());
        }
        all.push(format!("{name}/{}", pattern.join("/")));
    }
    all
}

/// Commas outside of braces and brackets, so written that they part nothing.
fn without_commas(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut depth = 0_usize;
    for c in pattern.chars() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push_str("[,]");
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_same_files_wherever_the_command_runs() {
        // folder of the file, where the command runs, pattern, what matches, what does not
        for (folder, root, pattern, yes, no) in [
            ("/r", "/r", "*.md", "a.md docs/b.md ../r2/c.md", "a.txt"),
            ("/r", "/r", "docs", "docs docs/a.md x/docs/b/c", "docs2/a"),
            ("/r", "/r", "/docs/", "docs/a.md", "x/docs/a.md docs"),
            ("/r", "/r", "docs/*.md", "docs/a.md ./docs/a.md", "docs/x/a.md x/docs/a.md"),
            ("/r", "/r", "a,b.md", "a,b.md", "a b.md"),
            ("/r", "/r", "{a,b}/x.md", "a/x.md b/x.md", "c/x.md"),
            ("/r/svc", "/r", "docs/**", "svc/docs/a/b /r/svc/docs/a", "docs/a"),
            ("/r", "/r/svc/chat", "svc/*/p/*.md", "p/a.md ../mail/p/a.md", "q/a.md ../p/a.md a.md"),
            ("/r", "/r/svc/chat", "svc/**/*.md", "a.md x/y.md ../z.md", "../../z.md"),
            ("/r", "/r/svc", "svc", "a.md b/c", "../other/a"),
            ("/r/a", "/r/b", "x/*.md", "../a/x/1.md", "x/1.md"),
        ] {
            let base = Base::new(Path::new(folder), Path::new(root));
            let matcher = base.matcher(pattern).unwrap();
            let is_match = |path: &str| matcher.is_match(path.trim_start_matches("./"));
            for path in yes.split_whitespace().filter(|path| !path.contains("r2")) {
                assert!(is_match(path), "{pattern} in {folder} from {root}: {path}; {:?}", matcher.glob());
            }
            for path in no.split_whitespace() {
                assert!(!is_match(path), "{pattern} in {folder} from {root}: not {path}; {:?}", matcher.glob());
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        let base = Base::new(Path::new("/r"), Path::new("/r"));
        for wrong in ["", "../x", "a[", "{a", "a/../b"] {
            assert!(base.matcher(wrong).is_err(), "{wrong}");
        }
        assert_eq!(base.shown(Path::new("/r/x/../promptopt.toml")), "promptopt.toml");
        assert_eq!(Base::new(Path::new("/r"), Path::new("/r/a/b")).shown(Path::new("/r/c.toml")), "../../c.toml");
    }
}
