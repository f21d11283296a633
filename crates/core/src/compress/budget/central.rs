//! Where nothing is asked: what the text keeps coming back to, where it stands, what is rare in it. Errors and failures
//! come first: whoever sends a log wants to know what went wrong.

use super::greedy::Worth;
use super::pieces::NodeKind;
use super::score::Field;
use crate::compress::units::UnitKind;

/// Words of a line that something went wrong.
const ALARMS: &[&str] = &[
    "error",
    "errors",
    "fatal",
    "fail",
    "failed",
    "failure",
    "failures",
    "exception",
    "panic",
    "panicked",
    "critical",
    "traceback",
    "abort",
    "aborted",
    "denied",
    "refused",
    "timeout",
    "corrupt",
    "crash",
    "crashed",
    "killed",
    "segfault",
    "unreachable",
    "severe",
    "assert",
    "assertionerror",
];

/// The worth of each piece.
pub(crate) fn worth(field: &Field<'_>) -> Vec<Worth> {
    let (index, pieces) = (&field.index, &field.all.pieces);
    let n = pieces.len();
    let mut holding = vec![0_u32; index.n_words()];
    let mut last = vec![usize::MAX; index.n_words()];
    for at in 0..n {
        for id in &index.stream[index.range(at)] {
            if std::mem::replace(&mut last[*id as usize], at) != at {
                holding[*id as usize] += 1;
            }
        }
    }
    let alarms: Vec<u32> = ALARMS.iter().filter_map(|word| index.find(word)).collect();
    let mut is_alarm = vec![false; index.n_words()];
    for id in alarms {
        is_alarm[id as usize] = true;
    }
    // What stands in several pieces but not in all of them is what the text is about.
    let about: Vec<f32> = holding
        .iter()
        .enumerate()
        .map(|(id, held)| {
            let share = *held as f32 / n.max(1) as f32;
            let known = field.language.share(index.word(id as u32)).map_or(1.0, |share| 0.3 - share.min(0.3));
            if *held < 2 { 0.0 } else { (*held as f32).ln() * (1.0 - share) * known }
        })
        .collect();
    let mut scores = vec![0.0_f32; n];
    for (at, score) in scores.iter_mut().enumerate() {
        let ids = &index.stream[index.range(at)];
        let sum: f32 = ids.iter().map(|id| about[*id as usize]).sum();
        *score = sum / (ids.len() as f32 + 8.0).powf(0.7);
    }
    let best = scores.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let mut first = 0;
    let mut worth = Vec::with_capacity(n);
    for at in 0..n {
        let piece = &pieces[at];
        if at == 0 || pieces[at - 1].node != piece.node {
            first = at;
        }
        let ids = &index.stream[index.range(at)];
        let rarity = ids.iter().filter(|id| holding[**id as usize] == 1).count() as f32 / (ids.len() as f32 + 4.0);
        let is_lines = matches!(piece.kind, UnitKind::Log | UnitKind::Frame | UnitKind::Hunk | UnitKind::Row);
        let mut score = scores[at] / best;
        if is_lines || field.all.nodes[piece.node as usize].kind == NodeKind::Container {
            // Of a thousand lines of one form the odd one out is the one to see.
            score = 0.3 * score + 0.7 * rarity;
        } else {
            score += 0.2 * rarity;
        }
        score += 0.5 / (1.0 + (at - first) as f32);
        if piece.kind == UnitKind::Turn {
            // The end of a conversation is where it stands now.
            score += 0.5 / (1.0 + (n - 1 - at) as f32 / 4.0);
        }
        if ids.iter().any(|id| is_alarm[*id as usize]) {
            score += if is_lines { 2.0 } else { 0.2 };
        }
        worth.push(Worth { score, ..Worth::default() });
    }
    worth
}
