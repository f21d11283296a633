//! Our prices against LiteLLM's price map, entry by entry: every difference has a reason in `data/catalog/differences.toml`.

#[path = "support/shared.rs"]
mod shared;

use std::fs::File;
use std::io::Read;

use promptopt::catalog::Catalog;
use promptopt::catalog::import::{ImportOptions, import};

#[test]
fn every_difference_has_a_reason() {
    let Some(file) = shared::shared_data("prices/litellm_model_prices.json.gz") else { return };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    let options = ImportOptions {
        source: "litellm",
        url: "https://github.com/BerriAI/litellm",
        observed: "2026-11-22".parse().unwrap(),
    };
    let catalog = Catalog::embedded();
    let list = import("litellm_model_prices.json", &text, &options, catalog).unwrap();
    assert_eq!(list.format, "litellm");
    assert!(list.models.len() > 3_000, "{}", list.models.len());
    let result = catalog.crosscheck(&list);
    println!(
        "{} entries compared, {} prices the same, {} differ, {} rows are only ours; {} notes of the import",
        result.n_compared,
        result.n_same,
        result.differences.len(),
        result.only_ours.len(),
        list.notes.len()
    );
    let unexplained: Vec<String> = result
        .differences
        .iter()
        .filter(|difference| difference.why.is_none())
        .map(|difference| {
            let show =
                |price: Option<_>| price.map_or("none".to_owned(), |price| difference.place.shown(price).to_decimal());
            format!(
                "{} {} {}: ours {}, theirs {}",
                difference.host,
                difference.id,
                difference.place.words(),
                show(difference.ours),
                show(difference.theirs)
            )
        })
        .collect();
    assert!(unexplained.is_empty(), "{} differences without a reason\n{}", unexplained.len(), unexplained.join("\n"));
    // An overlay made of it is sound, but for what LiteLLM itself has wrong.
    let rendered = promptopt::catalog::render::render("LiteLLM.", &list.sources, &list.models);
    let part = promptopt::catalog::load::parse("overlay.toml", &rendered).unwrap();
    let merged = catalog.with_overlay(part).unwrap();
    assert!(merged.models.len() >= list.models.len());
}
