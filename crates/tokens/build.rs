//! Packs the vocabularies for the library, with what takes long to find out about them: which two tokens each is made of, a
//! perfect hash of these pairs, and the characters that merging makes whole first. Lays out the Unicode classes.

#![allow(clippy::unwrap_used, reason = "a build step fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "Cargo tells a build step by the environment where to write")]
#![allow(clippy::inline_always, dead_code, reason = "of the file that the library shares")]

#[path = "build/atoms.rs"]
mod atoms;
#[path = "build/classes.rs"]
mod classes;
#[path = "src/hash.rs"]
mod hash;
#[path = "build/pack.rs"]
mod pack;
#[path = "build/pairs.rs"]
mod pairs;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tiktoken_rs::CoreBPE;

/// Of a vocabulary: every token's bytes with its id, in order of id, which is the order of merging.
type Vocabulary = Vec<(Vec<u8>, u32)>;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/hash.rs");
    let out = std::env::var_os("OUT_DIR").unwrap();
    let out = Path::new(&out);
    let mut sizes = String::new();
    // `r50k_base` is `p50k_base` without its last tokens, so the two share tables.
    for (name, bpe, n_ids) in [
        ("o200k", tiktoken_rs::o200k_base().unwrap(), 199_998),
        ("cl100k", tiktoken_rs::cl100k_base().unwrap(), 100_256),
        ("p50k", tiktoken_rs::p50k_base().unwrap(), 50_281),
    ] {
        let vocabulary = vocabulary(&bpe, n_ids);
        let pairs = pairs::pairs(&vocabulary);
        let packed = pack::pack(&vocabulary, &pairs.parts, n_ids);
        let atoms = atoms::atoms(&vocabulary, &pairs.parts);
        let upper = name.to_uppercase();
        let mut table = |part: &str, bytes: Vec<u8>, width: usize| {
            let n = bytes.len() / width;
            writeln!(sizes, "const {upper}_{}: usize = {n};", part.to_uppercase()).unwrap();
            fs::write(out.join(format!("{name}.{part}")), bytes).unwrap();
        };
        table("parts", packed.parts, hash::PARTS);
        table("literals", packed.literals, 1);
        table("shifts", halves(&pairs.shifts), 2);
        table("atom_index", halves(&atoms.index), 2);
        table("atom_blocks", atoms.blocks.iter().flat_map(|id| id.to_le_bytes()).collect(), 4);
        table("left_edges", atoms.left, 1);
        table("right_edges", atoms.right, 1);
    }
    let classes = classes::classes();
    let n_blocks = format!("const CLASS_BLOCKS: usize = {};\n", classes.blocks.len() / 64);
    fs::write(out.join("sizes_classes.rs"), n_blocks).unwrap();
    fs::write(out.join("classes.index"), halves(&classes.index)).unwrap();
    fs::write(out.join("classes.blocks"), classes.blocks).unwrap();
    fs::write(out.join("sizes.rs"), sizes).unwrap();
}

fn vocabulary(bpe: &CoreBPE, n_ids: u32) -> Vocabulary {
    let end_of_text = b"<|endoftext|>";
    (0..n_ids)
        .filter_map(|id| Some((bpe.decode_bytes(&[id]).ok()?, id)))
        .filter(|(bytes, _)| bytes != end_of_text)
        .collect()
}

fn halves(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
