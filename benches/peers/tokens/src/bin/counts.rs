//! Writes the number of tokens of each document, a line each, for `exact.py`; with `generate N SEED FILE`, documents for it.

#[path = "../../../../../crates/tokens/examples/exact/texts.rs"]
#[allow(dead_code)]
mod texts;

use std::io::Write as _;

use promptopt_tokens::Encoding;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let out = &mut std::io::BufWriter::new(std::io::stdout().lock());
    if arguments[0] == "generate" {
        let n: usize = arguments[1].parse().expect("a number of documents");
        let mut random = texts::Random(arguments[2].parse().expect("a seed"));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&arguments[3]).expect("a file"));
        for n in 0..n {
            let text = texts::document(n % texts::N_KINDS, 40, &mut random);
            file.write_all(&(text.len() as u32).to_le_bytes()).expect("room");
            file.write_all(text.as_bytes()).expect("room");
        }
        return;
    }
    let encoding = Encoding::from_name(&arguments[0]).expect("an encoding");
    for path in &arguments[1..] {
        let bytes = std::fs::read(path).expect("a readable file");
        let mut rest = bytes.as_slice();
        while let Some((length, tail)) = rest.split_first_chunk() {
            let (document, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
            writeln!(out, "{}", encoding.count(&String::from_utf8_lossy(document))).expect("an open pipe");
            rest = tail;
        }
    }
}
