//! What an image costs, by its size in pixels. Two documented schemes: tiles of 512 px (GPT-4o, GPT-4.1, GPT-5, o1, o3) and
//! patches of 32 px (the small models, and all from GPT-5.2).
//!
//! Base and tile tokens are the documented ones. Multipliers of patches are those found by users of the API where the
//! documentation differs (gpt-5-nano 1.5, not 2.46: confirmed on three recorded requests). Images are never scaled up
//! before they are cut, whatever the documentation's examples do (eight recorded requests).

use super::model::Model;
use crate::chat::Image;

/// How a model bills images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A base, and so many tokens for each 512 px tile.
    Tiles {
        /// Once an image; all there is with `detail: low`.
        base: u64,
        /// A tile.
        tile: u64,
    },
    /// 32 px patches, at most so many, times a factor in hundredths.
    Patches {
        /// The factor times 100.
        factor: u64,
        /// Most patches; larger images are scaled down.
        most: u64,
        /// Most patches with `detail: original`.
        most_original: u64,
    },
}

/// The rule of a model.
pub(super) fn rule(model: &Model) -> Rule {
    let id = model.id.as_str();
    let is_small = id.contains("-mini") || id.contains("-nano");
    let patches = |factor| Rule::Patches { factor, most: 1_536, most_original: 1_536 };
    match model.version {
        (4, 1) if id.contains("-nano") => patches(246),
        (4, 1) if is_small => patches(162),
        (5, 0 | 1) if id.contains("-nano") => patches(150),
        (5, 0 | 1) if is_small => patches(120),
        (5, 0 | 1) => Rule::Tiles { base: 70, tile: 140 },
        version if version >= (5, 4) && !is_small => Rule::Patches { factor: 120, most: 2_500, most_original: 10_000 },
        version if version >= (5, 2) => patches(120),
        _ if id.starts_with("o4-mini") || id.starts_with("codex-mini") => patches(172),
        _ if id.starts_with("o1") || id.starts_with("o3") => Rule::Tiles { base: 75, tile: 150 },
        _ if id.starts_with("gpt-4o-mini") => Rule::Tiles { base: 2_833, tile: 5_667 },
        _ if id.starts_with("computer-use") => Rule::Tiles { base: 65, tile: 129 },
        _ => Rule::Tiles { base: 85, tile: 170 },
    }
}

impl Rule {
    /// Whether the image is cut into patches.
    pub(super) const fn is_patches(self) -> bool {
        matches!(self, Rule::Patches { .. })
    }

    /// Tokens of an image, and how many fewer and more it may be. An image of unknown size is taken for one of
    /// 1024 × 1024.
    pub(super) fn tokens(self, image: &Image) -> (u64, u64, u64) {
        let detail = image.detail.as_deref().unwrap_or("auto");
        let of = |width, height| match self {
            Rule::Tiles { base, .. } if detail == "low" => base,
            Rule::Tiles { base, tile } => base + tile * n_tiles(width, height),
            Rule::Patches { factor, most, most_original } => {
                let most = if detail == "original" { most_original } else { most };
                (n_patches(width, height, most) * factor).div_ceil(100)
            }
        };
        if let Some((width, height)) = image.size {
            return (of(width, height), 0, 0);
        }
        let (guess, least, most) = (of(1_024, 1_024), of(1, 1), of(6_000, 6_000).max(of(2_048, 768)));
        (guess, guess - least, most.saturating_sub(guess))
    }
}

/// Fits into 2048 × 2048, then brings the shorter side down to 768, then counts tiles.
fn n_tiles(width: u32, height: u32) -> u64 {
    let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let fit = (2_048.0 / width.max(height)).min(1.0);
    let short = (768.0 / (width.min(height) * fit)).min(1.0);
    let tiles = |side: f64| (side * fit * short / 512.0 - 1e-9).ceil().max(1.0) as u64;
    tiles(width) * tiles(height)
}

/// Patches that cover the image, scaled down if there are too many, so that one side becomes a whole number of patches.
fn n_patches(width: u32, height: u32, most: u64) -> u64 {
    const SIDE: f64 = 32.0;
    let cover = |width: f64, height: f64| {
        ((width / SIDE - 1e-9).ceil().max(1.0) as u64) * ((height / SIDE - 1e-9).ceil().max(1.0) as u64)
    };
    let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
    if cover(width, height) <= most {
        return cover(width, height);
    }
    let shrink = (SIDE * SIDE * most as f64 / (width * height)).sqrt();
    let (across, down) = (width * shrink / SIDE, height * shrink / SIDE);
    let shrink = shrink * (across.floor() / across).min(down.floor() / down);
    cover(width * shrink, height * shrink).min(most)
}

#[cfg(test)]
mod tests {
    use super::super::model;
    use super::*;

    #[test]
    fn documented_examples() {
        check("gpt-4o", (1_024, 1_024), "high", 765);
        check("gpt-4o", (2_048, 4_096), "high", 1_105);
        check("gpt-4o", (4_096, 8_192), "low", 85);
        check("gpt-4.1-mini", (1_024, 1_024), "auto", 1_659);
        check("o4-mini", (1_800, 2_400), "auto", 2_498);
    }

    #[test]
    fn small_images_are_one_tile_or_few_patches() {
        check("gpt-4o", (128, 128), "auto", 255);
        check("gpt-4o-mini", (1, 1), "auto", 8_500);
        check("gpt-5-nano", (128, 128), "auto", 24);
        check("gpt-5-nano", (239, 178), "auto", 72);
    }

    #[test]
    fn an_unknown_size_is_a_range() {
        let image = Image { is_remote: true, ..Image::default() };
        let (guess, below, above) = rule(&model::read("gpt-4o")).tokens(&image);
        assert_eq!((guess, guess - below), (765, 255));
        assert!(above > 0);
    }

    fn check(model: &str, size: (u32, u32), detail: &str, expected: u64) {
        let image = Image { size: Some(size), detail: Some(detail.into()), is_remote: false };
        assert_eq!(rule(&model::read(model)).tokens(&image).0, expected, "{model} {size:?}");
    }
}
