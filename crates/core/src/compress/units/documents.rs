//! Headers of documents as prompts write them (`Document [3](Title: …)`, `[3] Title`, `<document …>`, `Title: …`) and
//! Markdown headings.

use std::ops::Range;

/// The header of a document.
pub(crate) struct Header {
    /// The bytes of its title in the line, if it has one.
    pub(crate) title: Option<Range<usize>>,
}

/// If the line is the header of a document.
pub(crate) fn header(line: &str) -> Option<Header> {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let title = |from: usize, to: usize| {
        let inner = line.get(from..to)?;
        let start = from + (inner.len() - inner.trim_start().len());
        let end = start + inner.trim().len();
        (end > start).then_some(start..end)
    };
    match trimmed.as_bytes().first()? {
        b'<' => {
            let tag = trimmed[1..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
            if !["document", "doc", "source", "passage", "article", "search_result", "result", "file", "page"]
                .contains(&tag)
            {
                return None;
            }
            let end = trimmed.find('>')?;
            for attribute in ["title=\"", "name=\"", "path=\"", "source=\"", "id=\""] {
                if let Some(from) = trimmed[..end].find(attribute) {
                    let from = from + attribute.len();
                    let to = from + trimmed[from..].find('"')?;
                    return Some(Header { title: title(indent + from, indent + to) });
                }
            }
            Some(Header { title: None })
        }
        b'[' => {
            let close = trimmed.find(']')?;
            let is_number = close > 1 && close < 7 && trimmed[1..close].bytes().all(|byte| byte.is_ascii_digit());
            let rest = trimmed[close + 1..].trim();
            // A reference in a list ("[3] Smith, J. (2001). Title. Journal") is as long as a sentence; a title is not.
            (is_number
                && !rest.is_empty()
                && rest.len() <= 120
                && !rest.ends_with(['.', ',', ';'])
                && trimmed[close + 1..].starts_with(' '))
            .then(|| Header { title: title(indent + close + 1, line.len()) })
        }
        _ => {
            let word_end = trimmed.find(|c: char| !c.is_alphabetic()).unwrap_or(trimmed.len());
            let word = trimmed[..word_end].to_ascii_lowercase();
            let rest = &trimmed[word_end..];
            match word.as_str() {
                "title" if rest.starts_with(':') => Some(Header { title: title(indent + word_end + 1, line.len()) }),
                "document" | "doc" | "passage" | "source" | "article" | "context" | "chunk" | "result" => {
                    let numbered = rest.trim_start_matches([' ', '[', '#', '(']);
                    let digits = numbered.bytes().take_while(u8::is_ascii_digit).count();
                    if digits == 0 || digits > 6 || rest.len() == numbered.len() {
                        return None;
                    }
                    let after = numbered[digits..].trim_start_matches([']', ')', ' ']);
                    if let Some(from) = after.find("Title:").filter(|at| *at <= 1) {
                        let from = line.len() - after.len() + from + "Title:".len();
                        let to = line[from..].rfind(')').map_or(line.len(), |at| from + at);
                        return Some(Header { title: title(from, to) });
                    }
                    if after.is_empty() {
                        return Some(Header { title: None });
                    }
                    let after = after.strip_prefix([':', '-', '–', '|'])?;
                    (after.len() <= 120).then(|| Header { title: title(line.len() - after.len(), line.len()) })
                }
                _ => None,
            }
        }
    }
}

/// Where the text begins on the line of a header that has text behind it: after `Document [1](Title: T) `.
pub(crate) fn rest_of_line(line: &str) -> Option<usize> {
    let after = if line.trim_start().starts_with('<') {
        line.find('>')? + 1
    } else {
        let at = line.find("(Title:")?;
        at + line[at..].find(')')? + 1
    };
    let rest = &line[after..];
    (!rest.trim().is_empty() && rest.starts_with([' ', '\t'])).then(|| line.len() - rest.trim_start().len())
}

/// If the line is a Markdown heading: the bytes of its text.
pub(crate) fn heading(line: &str) -> Option<Range<usize>> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    if !(1..=6).contains(&level) || !line[level..].starts_with(' ') {
        return None;
    }
    let text = line[level..].trim().trim_end_matches('#').trim_end();
    let start = line.len() - line[level..].trim_start().len();
    (!text.is_empty()).then(|| start..start + text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::option_option, reason = "no header, a header without a title, a title")]
    fn title(line: &str) -> Option<Option<&str>> {
        header(line).map(|header| header.title.map(|range| &line[range]))
    }

    #[test]
    fn headers_and_their_titles() {
        assert_eq!(title("Document [3](Title: Physics (book)) Text"), Some(Some("Physics (book)")));
        assert_eq!(title("Document [3]"), Some(None));
        assert_eq!(title("Document 12: The title"), Some(Some("The title")));
        assert_eq!(title("[3] The title"), Some(Some("The title")));
        assert_eq!(title("<document index=\"1\" title=\"A b\">"), Some(Some("A b")));
        assert_eq!(title("<doc>"), Some(None));
        assert_eq!(title("Title: Röntgen"), Some(Some("Röntgen")));
        for line in [
            "[3] Smith, J. (2001), a reference with a dot at its end.",
            "Documents are",
            "[a] b",
            "Document",
            "<div>",
            "",
        ] {
            assert_eq!(title(line), None, "{line}");
        }
        assert_eq!(heading("## A heading ##").map(|range| range.start), Some(3));
        assert_eq!(heading("#!shebang"), None);
    }

    #[test]
    fn text_behind_a_header() {
        let line = "Document [1](Title: A) Text";
        assert_eq!(rest_of_line(line).map(|at| &line[at..]), Some("Text"));
        assert_eq!(rest_of_line("Document [1](Title: A)"), None);
    }
}
