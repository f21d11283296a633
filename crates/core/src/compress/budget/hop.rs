//! The second step of a question that needs two: a document, section, record or file whose title is named in the question,
//! or in a piece that is already known to be relevant, is lifted.

use std::collections::HashMap;

use super::query::Query;
use super::score::Field;

/// Pieces that are asked for names, at most.
const STRONG: usize = 12;

/// Lifts the pieces under titles that are named.
pub(crate) fn lift(field: &Field<'_>, query: &Query, score: &mut [f32]) {
    let weights = field.weights;
    if weights.hop <= 0.0 && weights.named <= 0.0 {
        return;
    }
    let titles = titles(field);
    if titles.is_empty() {
        return;
    }
    let asked: Vec<(Option<u32>, bool)> =
        query.sequence.iter().map(|(word, shape)| (field.index.find(word), shape.is_capital)).collect();
    let mut named = vec![0.0_f32; field.all.nodes.len()];
    each_named(&titles, &asked, false, |node| named[node as usize] = weights.named);

    let top = score.iter().copied().fold(0.0, f32::max);
    let mut strong: Vec<usize> = (0..score.len()).filter(|at| score[*at] >= weights.strong * top).collect();
    strong.sort_by(|a, b| score[*b].total_cmp(&score[*a]).then(a.cmp(b)));
    strong.truncate(STRONG);
    let mut reached = vec![0.0_f32; field.all.nodes.len()];
    for at in strong {
        let range = field.index.range(at);
        let words: Vec<(Option<u32>, bool)> = field.index.stream[range.clone()]
            .iter()
            .zip(&field.index.shapes[range])
            .map(|(id, shape)| (Some(*id), shape.is_capital))
            .collect();
        let own = field.all.pieces[at].node;
        let lift = weights.hop * score[at];
        each_named(&titles, &words, true, |node| {
            if node != own {
                reached[node as usize] = reached[node as usize].max(lift);
            }
        });
    }
    let mut first = 0;
    for (at, score) in score.iter_mut().enumerate() {
        let node = field.all.pieces[at].node;
        if at == 0 || field.all.pieces[at - 1].node != node {
            first = at;
        }
        // Of a document found by its name alone, its beginning says what it is about.
        let place = 1.0 / (1.0 + weights.hop_lead * (at - first) as f32);
        *score += (named[node as usize] + reached[node as usize]) * place;
    }
}

/// A title as a sequence of words.
struct Title {
    words: Vec<u32>,
    node: u32,
    /// One word alone must be written as a name to be one.
    needs_capital: bool,
}

/// Titles by their first word.
fn titles(field: &Field<'_>) -> HashMap<u32, Vec<Title>> {
    let mut found: HashMap<u32, Vec<Title>> = HashMap::new();
    for (node, place) in field.titles.iter().enumerate() {
        let Some(place) = place else { continue };
        let range = field.index.range(*place);
        let mut words = field.index.stream[range.clone()].to_vec();
        let shapes = &field.index.shapes[range];
        // "Physics (book)", "Marion, South Australia": the name stands in front.
        if let Some(name) = name_of(field, node) {
            words.truncate(name.min(words.len()).max(1));
        }
        let says_something = words.iter().any(|id| {
            let word = field.index.word(*id);
            word.len() > 1 && field.language.share(word).is_none()
        });
        let (Some(first), true) = (words.first().copied(), says_something) else { continue };
        let needs_capital =
            words.len() == 1 && shapes.first().is_some_and(|shape| shape.is_capital && !shape.has_digit);
        found.entry(first).or_default().push(Title { words, node: node as u32, needs_capital });
    }
    found
}

/// Words of a title before its bracket or comma, if it has one.
fn name_of(field: &Field<'_>, node: usize) -> Option<usize> {
    let owner = &field.all.nodes[node];
    let source = &field.sources[owner.source as usize];
    let title = match (&owner.label, source.kind) {
        (Some(label), _) => &source.text[label.clone()],
        (None, super::SourceKind::Document { title: Some(title) }) => title,
        _ => return None,
    };
    let at = title.find(['(', ',', '（']).filter(|at| *at > 0)?;
    let mut n_words = 0;
    super::words::words(&title[..at], &mut String::new(), |_, _| n_words += 1);
    Some(n_words)
}

/// Calls `each` for every title that the words hold as a phrase.
fn each_named(
    titles: &HashMap<u32, Vec<Title>>,
    words: &[(Option<u32>, bool)],
    has_case: bool,
    mut each: impl FnMut(u32),
) {
    for (at, (id, is_capital)) in words.iter().enumerate() {
        let Some(known) = id.and_then(|id| titles.get(&id)) else { continue };
        for title in known {
            let n = title.words.len();
            let is_there = at + n <= words.len()
                && words[at..at + n].iter().zip(&title.words).all(|((found, _), word)| *found == Some(*word));
            if is_there && (!title.needs_capital || *is_capital || !has_case) {
                each(title.node);
            }
        }
    }
}
