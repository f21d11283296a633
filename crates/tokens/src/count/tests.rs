//! Every way of counting gives what the definition gives: the scalar state machines, and merging each piece.

use super::*;
use crate::isa::Scalar;
#[cfg(target_arch = "x86_64")]
use crate::isa::x86;
use crate::tests::texts::{N_KINDS, Random, contexts, document};

fn check(text: &str) {
    for encoding in Encoding::ALL {
        let expected = without_cache(encoding, text.as_bytes(), u64::MAX);
        for (name, run) in levels::all() {
            let mut counter = Counter::default();
            for pass in 0..2 {
                let count = run(&mut counter, encoding, text.as_bytes(), u64::MAX);
                assert_eq!(count, expected, "{} with {name} in pass {pass}: {text:?}", encoding.name());
            }
        }
    }
}

/// The marks of a block, window by window, are the starts of the definition's pieces.
fn check_marks<I: Isa>(text: &str) {
    for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
        let pattern = encoding.pattern();
        let mut padded = text.as_bytes().to_vec();
        padded.resize(text.len() + BLOCK + PADDING, 0);
        let mut bits = Bits::new();
        let marked = mark::<I>(pattern, Block { bytes: &padded, end: text.len() }, &mut bits);
        let limit = text.len().min(BLOCK);
        let (mut at, mut starts) = (0, vec![false; limit + 1]);
        while at < limit {
            starts[at] = true;
            at = piece_end(pattern, text.as_bytes(), at);
        }
        if limit == text.len() {
            starts[limit] = true;
        }
        let found: Vec<bool> = (0..=limit).map(|bit| bits.word(bit / 64) >> (bit % 64) & 1 == 1).collect();
        if let Some(wrong) = (0..=limit).find(|bit| found[*bit] != starts[*bit]) {
            let near = &text.as_bytes()[wrong.saturating_sub(70)..text.len().min(wrong + 70)];
            panic!("{pattern:?} at {wrong} of {}: {:?}", text.len(), String::from_utf8_lossy(near));
        }
        let last = (0..limit).rev().find(|bit| starts[*bit]).unwrap_or(0);
        let expected = if limit == text.len() { Some(limit) } else { Some(last).filter(|last| *last > 0) };
        assert_eq!(marked, expected);
    }
}

#[test]
fn marks_are_the_starts_of_pieces() {
    let mut random = Random(21);
    for n in 0..12_000 {
        let longest = if n % 8 == 0 { 400 } else { 40 };
        let text = document(n % N_KINDS, longest, &mut random);
        check_marks::<Scalar>(&text);
        #[cfg(target_arch = "x86_64")]
        check_marks::<x86::Sse2>(&text);
    }
    for c in ('\0'..'\u{300}').chain(['ſ', '\u{2028}', '\u{3000}', '\u{fe0f}', '𝟘', '🦀']) {
        check_marks::<Scalar>(&contexts(c).concat());
    }
}

#[test]
fn marks_do_not_depend_on_where_in_a_window_a_text_stands() {
    let chains =
        ["'ll'll's", "x'LL'ſ'rEa", "..\u{301}\u{301}a", ".\n\n\n/", "a\u{664}\u{664}\u{664}\u{664}b", " \r\n \n  x"];
    let texts = chains.map(str::to_owned).into_iter().chain(
        ['a', 'A', '1', ' ', '\n', '.', '\'', 'é', '中', '\u{301}', '\u{a0}', '½', '🦀'].into_iter().flat_map(contexts),
    );
    for text in texts {
        for filler in ["a", " ", "\n", ".", "1", "\u{301}"] {
            for n in 0..64 {
                let text = filler.repeat(n) + &text;
                check_marks::<Scalar>(&text);
                #[cfg(target_arch = "x86_64")]
                check_marks::<x86::Sse2>(&text);
            }
        }
    }
}

#[test]
fn every_level_counts_what_the_definition_counts() {
    let mut random = Random(22);
    for n in 0..40 {
        check(&document(n % N_KINDS, 60, &mut random));
    }
    let many: String = (0..300).map(|n| document(n % N_KINDS, 60, &mut random)).collect();
    check(&many);
    for symbol in ["a", " ", "\n", "=", "中", "1", "'s", " \n", "A中"] {
        for n in [1, 15, 16, 31, 32, 63, 64, 65, 128, 1024, 2047, 4095, 4096, 4097, 5000] {
            let text = symbol.repeat(n);
            let mut counter = Counter::default();
            let count = (counter.run)(&mut counter, Encoding::O200kBase, text.as_bytes(), u64::MAX);
            assert_eq!(count, without_cache(Encoding::O200kBase, text.as_bytes(), u64::MAX), "{n} times {symbol:?}");
        }
    }
}

#[test]
fn a_thread_counts_until_its_very_end() {
    struct Last(std::sync::mpsc::Sender<u64>);
    impl Drop for Last {
        fn drop(&mut self) {
            let _ = self.0.send(Encoding::O200kBase.count("A river, at last."));
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    let expected = Encoding::O200kBase.count("A river, at last.");
    // What a thread has first, it has longest.
    for counts_first in [false, true] {
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let count = || Encoding::O200kBase.count("A river.");
            let _ = counts_first.then(count);
            LAST.set(Some(Last(sender)));
            count()
        });
        assert_eq!(thread.join().ok(), Some(Encoding::O200kBase.count("A river.")));
        assert_eq!(receiver.recv(), Ok(expected));
    }
}
