//! What images weigh, by the providers' formulas. Sizes come from the image's header; a remote image has none, and the
//! frame notes it.

use crate::chat::Image;

/// Claude: patches of 28 × 28 pixels and three tokens of framing. Larger images are first scaled down to 1,568 pixels on
/// the long edge and about 1,600 tokens (documented as `width × height / 750`, which is the same to a percent; the patches
/// reproduce the bills of small images exactly). The models since Opus 4.7 take 2,576 pixels and 4,784 tokens.
pub(super) fn claude(image: &Image, takes_large: bool) -> Option<u64> {
    let (long_edge, most) = if takes_large { (2576, 4784) } else { (1568, 1600) };
    let (width, height) = fit_edge(image.size?, long_edge);
    let patches = u64::from(width.div_ceil(28)) * u64::from(height.div_ceil(28));
    Some(patches.min(most) + 3)
}

/// Gemini up to 2.5: 258 tokens if both edges are at most 384 pixels, else 258 for each tile of 768 × 768 pixels
/// (ai.google.dev, "Understand and count tokens").
pub(super) fn gemini_tiles(image: &Image) -> Option<u64> {
    let (width, height) = image.size?;
    if width <= 384 && height <= 384 {
        return Some(258);
    }
    // The documented tile edge is a third of the short edge times two, kept between 256 and 768.
    let tile = (width.min(height) * 2 / 3).clamp(256, 768);
    Some(258 * u64::from(width.div_ceil(tile)) * u64::from(height.div_ceil(tile)))
}

/// Gemini 3: a budget by media resolution, 1,120 tokens an image where none is set (ai.google.dev, "Media resolution").
#[expect(clippy::unnecessary_wraps, reason = "stands beside `gemini_tiles` behind one function pointer")]
pub(super) fn gemini_budget(image: &Image) -> Option<u64> {
    match image.detail.as_deref() {
        Some(detail) if detail.ends_with("LOW") || detail == "low" => Some(280),
        Some(detail) if detail.ends_with("MEDIUM") || detail == "medium" => Some(560),
        _ => Some(1120),
    }
}

/// Mistral: patches of 28 × 28 pixels after scaling to 1,540 pixels, and a break after each row.
pub(super) fn mistral(image: &Image) -> Option<u64> {
    let (width, height) = fit_edge(image.size?, 1540);
    Some((u64::from(width.div_ceil(28)) + 1) * u64::from(height.div_ceil(28)))
}

/// Scales down to the long edge, keeping the aspect.
fn fit_edge((width, height): (u32, u32), long_edge: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= long_edge {
        return (width, height);
    }
    let scale = |edge: u32| (u64::from(edge) * u64::from(long_edge) / u64::from(longest)).max(1) as u32;
    (scale(width), scale(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32) -> Image {
        Image { size: Some((width, height)), ..Image::default() }
    }

    #[test]
    fn claude_counts_patches_up_to_a_limit() {
        assert_eq!(claude(&image(280, 56), false), Some(10 * 2 + 3));
        assert_eq!(claude(&image(281, 56), false), Some(11 * 2 + 3));
        assert_eq!(claude(&image(3136, 3136), false), Some(1600 + 3));
        assert_eq!(claude(&image(3136, 3136), true), Some(4784 + 3));
        assert_eq!(claude(&Image { is_remote: true, ..Image::default() }, false), None);
    }

    #[test]
    fn gemini_counts_tiles() {
        assert_eq!(gemini_tiles(&image(384, 384)), Some(258));
        assert_eq!(gemini_tiles(&image(960, 540)), Some(258 * 3 * 2));
    }

    #[test]
    fn mistral_counts_patches_and_row_breaks() {
        assert_eq!(mistral(&image(56, 28)), Some(3));
        assert_eq!(mistral(&image(56, 56)), Some(6));
    }
}
