//! A pattern as people read it: the constant text with `{…}` where it varies.

use super::pattern::{Pattern, Section};

/// What the texts of a kind have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skeleton {
    /// Constant text, `{…}` where it varies, `…` where it goes on beyond the head that was read.
    pub text: String,
    /// Variables in it.
    pub n_variables: u64,
    /// The constant text alone, a line a stretch.
    pub constant: String,
    /// Whether the whole system text, beyond its head too, is the same in every call. Then `constant` holds its head
    /// alone, and the rest is just as constant.
    pub is_system_constant: bool,
}

const VARIABLE: &str = "{…}";
const CUT: &str = "…";

pub(super) fn skeleton(pattern: &Pattern, is_system_constant: bool) -> Skeleton {
    let mut skeleton = Skeleton { is_system_constant, ..Skeleton::default() };
    for section in &pattern.sections {
        if section.words.is_empty() && section.gap_after == 0 {
            continue;
        }
        if !skeleton.text.is_empty() {
            skeleton.text.push_str("\n\n");
        }
        write(&pattern.text, section, &mut skeleton);
    }
    skeleton
}

fn write(text: &str, section: &Section, skeleton: &mut Skeleton) {
    // Where the last constant word ended, and whether the last thing written is a variable.
    let mut end: Option<usize> = None;
    let mut is_open = false;
    for word in &section.words {
        let (start, stop) = (word.start as usize, word.end as usize);
        let between = end.and_then(|end| text.get(end..start)).unwrap_or_default();
        let before = &between[..between.len() - between.trim_start().len()];
        let until = text.get(..start).unwrap_or_default();
        let after = &until[until.trim_end().len()..];
        if (word.gap_before > 0 || word.is_slot) && !is_open {
            open(before, skeleton);
            is_open = true;
        }
        if word.is_slot {
            end = Some(stop);
            continue;
        }
        let is_run = !is_open && end.is_some();
        if is_run {
            skeleton.constant.push_str(between);
        } else if !skeleton.constant.is_empty() {
            skeleton.constant.push('\n');
        }
        if end.is_none() && is_open && after.is_empty() {
            // The first text has nothing where others have a variable.
            skeleton.text.push(' ');
        } else if is_open || is_run {
            skeleton.text.push_str(space(after));
        }
        skeleton.text.push_str(word.of(text));
        skeleton.constant.push_str(word.of(text));
        end = Some(stop);
        is_open = false;
    }
    if section.gap_after > 0 && !is_open {
        open(" ", skeleton);
    } else if section.is_cut && !is_open {
        skeleton.text.push_str(CUT);
    }
}

fn open(between: &str, skeleton: &mut Skeleton) {
    if !skeleton.text.is_empty() && !skeleton.text.ends_with('\n') {
        skeleton.text.push_str(space(between));
    }
    skeleton.text.push_str(VARIABLE);
    skeleton.n_variables += 1;
}

/// White space between two words, shortened to one line break or one space.
fn space(between: &str) -> &'static str {
    match (between.contains('\n'), between.contains(char::is_whitespace)) {
        (true, _) => "\n",
        (false, true) => " ",
        (false, false) => "",
    }
}
