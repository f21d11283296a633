//! The hours of the week as seven lines of block characters, the higher the more.

use super::bars::heat;
use super::page::{Line, Style};
use super::words;

/// Columns of the name of a day and the space behind it.
pub(super) const LABEL: usize = 6;

/// An axis of hours, and a line a day.
pub(super) fn strip(hours_of_week: &[[u64; 24]; 7], columns_per_hour: usize) -> Vec<Line> {
    let largest = hours_of_week.iter().flatten().copied().max().unwrap_or(0);
    let mut axis = Line::default();
    axis.space(LABEL);
    for hour in (0..24).step_by(6) {
        axis.add(format!("{hour:<width$}", width = 6 * columns_per_hour), Style::Dim);
    }
    let days = hours_of_week.iter().enumerate().map(|(day, hours)| {
        let mut line = Line::default();
        line.space(2).add(words::weekday(day), Style::Dim).pad_to(LABEL);
        let blocks = hours.iter().map(|n| heat(*n, largest).to_string().repeat(columns_per_hour));
        line.add(blocks.collect::<String>(), Style::Accent);
        line
    });
    std::iter::once(axis).chain(days).collect()
}
