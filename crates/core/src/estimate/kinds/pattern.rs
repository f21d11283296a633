//! A pattern: the constant words of a kind, in order, with the places where something varies. A single text is a pattern
//! without variables; narrowing a pattern to what it has in common with another is the only way it changes, so its
//! words appear in order in every text it was narrowed by.

use super::align::align;
use super::text::KindText;
use super::words::{Word, split};

/// Constant words with variables. System words and user words are two sections that are never mixed.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The text of the first request of the kind: words are places in it.
    pub text: Box<str>,
    pub sections: [Section; 2],
    /// Plain keys of both sections, sorted: a bound on what two patterns can have in common.
    pub sorted: Vec<u64>,
}

/// Words of the system text, or of the user message.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub words: Vec<Word>,
    /// Something variable stands after the last word: its words, in the longest text seen. 0 for none.
    pub gap_after: u32,
    /// The text goes on beyond the head that was read.
    pub is_cut: bool,
    /// Plain words of the first text, variable ones included.
    pub n_first: usize,
}

/// What two patterns have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlap {
    /// Places in either, a list a section.
    pub pairs: [Vec<(usize, usize)>; 2],
    /// Plain words in common, a number a section.
    pub plain: [usize; 2],
    /// Labels in common among the user words.
    pub n_labels: usize,
}

impl Overlap {
    pub(super) fn n_plain(&self) -> usize {
        self.plain[0] + self.plain[1]
    }

    /// How much the common user words look like a template: plain words, labels counting three times.
    pub(super) fn user_score(&self) -> usize {
        self.plain[1] + 2 * self.n_labels
    }
}

impl Pattern {
    pub(super) fn read(text: &KindText) -> Pattern {
        let n_system_bytes = if text.text.is_char_boundary(text.n_system_bytes) { text.n_system_bytes } else { 0 };
        let (system, user) = text.text.split_at(n_system_bytes);
        let section = |part: &str, offset, is_cut| {
            let mut words = Vec::with_capacity(part.len() / 5);
            split(part, offset, &mut words);
            let n_first = words.iter().map(Word::weight).sum();
            Section { words, gap_after: 0, is_cut, n_first }
        };
        let sections = [section(system, 0, text.is_system_cut), section(user, n_system_bytes, text.is_user_cut)];
        let mut pattern = Pattern { text: text.text.clone(), sections, sorted: Vec::new() };
        pattern.sort_keys();
        pattern
    }

    /// Constant plain words.
    pub(super) fn n_plain(&self) -> usize {
        self.sorted.len()
    }

    /// Constant plain words of a section.
    pub(super) fn n_plain_of(&self, section: usize) -> usize {
        self.sections[section].words.iter().map(Word::weight).sum()
    }

    /// Labels among the constant user words.
    pub(super) fn n_labels(&self) -> usize {
        self.sections[1].words.iter().filter(|word| word.is_label).count()
    }

    /// Plain words of the first text.
    pub(super) fn n_first(&self) -> usize {
        self.sections[0].n_first + self.sections[1].n_first
    }

    pub(super) fn has_system(&self) -> bool {
        !self.sections[0].words.is_empty() || self.sections[0].gap_after > 0
    }

    /// No two patterns have more plain words in common than this.
    pub(super) fn common_bound(&self, other: &Pattern) -> usize {
        let (mut i, mut j, mut common) = (0, 0, 0);
        while let (Some(left), Some(right)) = (self.sorted.get(i), other.sorted.get(j)) {
            common += usize::from(left == right);
            i += usize::from(left <= right);
            j += usize::from(right <= left);
        }
        common
    }

    /// Aligns two patterns and drops what is in common by chance.
    pub(super) fn overlap(&self, other: &Pattern) -> Overlap {
        let mut overlap = Overlap::default();
        for n in 0..2 {
            let (a, b) = (&self.sections[n], &other.sections[n]);
            let pairs = drop_chance(a, b, &align(&a.words, &b.words));
            overlap.plain[n] = pairs.iter().map(|(i, j)| a.words[*i].weight().min(b.words[*j].weight())).sum();
            if n == 1 {
                overlap.n_labels = pairs.iter().filter(|(i, _)| a.words[*i].is_label).count();
            }
            overlap.pairs[n] = pairs;
        }
        overlap
    }

    /// Keeps what is in common with another pattern.
    pub(super) fn narrow(&mut self, other: &Pattern, overlap: &Overlap) {
        for (n, pairs) in overlap.pairs.iter().enumerate() {
            let (section, narrower) = (&self.sections[n], &other.sections[n]);
            let mut words = Vec::with_capacity(pairs.len());
            let mut before = None;
            for &(i, j) in pairs {
                let (mut word, with) = (section.words[i], narrower.words[j]);
                word.gap_before = gap(section, narrower, before, (i, j));
                word.is_slot |= with.is_slot || word.of(&self.text) != with.of(&other.text);
                words.push(word);
                before = Some((i, j));
            }
            let gap_after = gap(section, narrower, before, (section.words.len(), narrower.words.len()));
            let is_cut = section.is_cut || narrower.is_cut;
            self.sections[n] = Section { words, gap_after, is_cut, n_first: section.n_first };
        }
        self.sort_keys();
    }

    fn sort_keys(&mut self) {
        let words = self.sections.iter().flat_map(|section| &section.words);
        self.sorted = words.filter(|word| word.weight() > 0).map(|word| word.key).collect();
        self.sorted.sort_unstable();
    }
}

/// The gap before a pair of places, given the pair before (or none, at the beginning): the words that vary there in the
/// longest text seen, 0 where the words adjoin in both.
fn gap(a: &Section, b: &Section, before: Option<(usize, usize)>, at: (usize, usize)) -> u32 {
    let from = before.map_or((0, 0), |(i, j)| (i + 1, j + 1));
    stretch(a, from.0, at.0).max(stretch(b, from.1, at.1))
}

/// The words from one place up to another, with those that vary between them.
fn stretch(section: &Section, from: usize, to: usize) -> u32 {
    let last_gap = section.words.get(to).map_or(section.gap_after, |word| word.gap_before);
    section.words[from..to].iter().fold(last_gap, |sum, word| sum.saturating_add(word.gap_before).saturating_add(1))
}

/// Two texts of free prose share a `the` here and an `and` there. A run of common words stays if it is long, or a label,
/// or not small beside the variable text around it.
fn drop_chance(a: &Section, b: &Section, pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut kept = Vec::with_capacity(pairs.len());
    let end = (a.words.len(), b.words.len());
    let mut start = 0;
    let mut gap_before = pairs.first().map_or(0, |first| gap(a, b, None, *first));
    while start < pairs.len() {
        let mut stop = start;
        let mut gap_after = 0;
        while stop < pairs.len() && gap_after == 0 {
            stop += 1;
            gap_after = gap(a, b, Some(pairs[stop - 1]), pairs.get(stop).copied().unwrap_or(end));
        }
        let run = &pairs[start..stop];
        let weight: usize = run.iter().map(|(i, j)| a.words[*i].weight().min(b.words[*j].weight())).sum();
        let has_label = run.iter().any(|(i, _)| a.words[*i].is_label);
        let n_open = usize::from(gap_before > 0) + usize::from(gap_after > 0);
        if has_label || weight > n_open || weight * 4 >= gap_before.max(gap_after) as usize {
            kept.extend_from_slice(run);
        }
        (start, gap_before) = (stop, gap_after);
    }
    kept
}
