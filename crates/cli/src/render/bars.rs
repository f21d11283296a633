//! Pictures out of block characters: bars in eighths, a waterfall's remainder, shades of a heat strip.

/// A bar of up to `n_columns`, drawn in eighths of a column; anything above nothing shows.
pub(crate) fn bar(share: f64, n_columns: usize) -> String {
    let eighths = (share.clamp(0.0, 1.0) * n_columns as f64 * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]);
    bar
}

/// What remains of a bill and what a step took off it, in whole columns: `("█████", "░░")`.
pub(crate) fn remainder(before: f64, after: f64, n_columns: usize) -> (String, String) {
    let columns = |share: f64| (share.clamp(0.0, 1.0) * n_columns as f64).round() as usize;
    let (kept, full) = (columns(after), columns(before.max(after)));
    // A saving too small for a column still shows, at the cost of what remains.
    let kept = if after < before && kept == full { kept.saturating_sub(1) } else { kept };
    ("█".repeat(kept), "░".repeat(full.saturating_sub(kept)))
}

/// One of eight heights for a share of the largest; `·` for nothing.
pub(crate) fn heat(n: u64, largest: u64) -> char {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if n == 0 || largest == 0 {
        return '·';
    }
    let step = (u128::from(n) * 8).div_ceil(u128::from(largest)).clamp(1, 8) as usize;
    HEIGHTS[step - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_full_empty_or_in_eighths() {
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.0, 4), "");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.000_001, 4), "▏");
        assert_eq!(bar(7.0, 2), "██");
    }

    #[test]
    fn a_saving_shows_however_small() {
        assert_eq!(remainder(1.0, 0.5, 10), ("█████".into(), "░░░░░".into()));
        assert_eq!(remainder(1.0, 0.999, 10), ("█████████".into(), "░".into()));
        assert_eq!(remainder(0.5, 0.5, 10), ("█████".into(), String::new()));
    }

    #[test]
    fn heat_has_eight_steps_and_a_dot_for_nothing() {
        assert_eq!(heat(0, 100), '·');
        assert_eq!(heat(1, 100), '▁');
        assert_eq!(heat(100, 100), '█');
        assert_eq!(heat(50, 100), '▄');
    }
}
