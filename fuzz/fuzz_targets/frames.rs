//! Any bytes as a stream, cut anywhere: the same events as in one piece, and their bytes are the stream's. The first bytes say where the
//! cuts are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt::upstream::frames::{EventStreamFramer, Frame, SseFramer};

fn cut(bytes: &[u8], cuts: &[u8]) -> Option<Vec<Frame>> {
    let (mut framer, mut frames, mut rest) = (SseFramer::default(), Vec::new(), bytes);
    for cut in cuts {
        let (now, later) = rest.split_at(usize::from(*cut).min(rest.len()));
        frames.extend(framer.push(now).ok()?);
        rest = later;
    }
    frames.extend(framer.push(rest).ok()?);
    while let Some(frame) = framer.end().ok()? {
        frames.push(frame);
    }
    Some(frames)
}

fuzz_target!(|input: ([u8; 6], &[u8])| {
    let (cuts, bytes) = input;
    let (Some(whole), Some(pieces)) = (cut(bytes, &[]), cut(bytes, &cuts)) else { return };
    let said = |frames: &[Frame]| -> Vec<(Option<String>, String)> {
        frames.iter().map(|frame| (frame.name.clone(), frame.data.clone())).collect()
    };
    assert_eq!(said(&whole), said(&pieces));
    let raw = |frames: &[Frame]| -> Vec<u8> { frames.iter().flat_map(|frame| frame.raw.to_vec()).collect() };
    assert_eq!(raw(&whole), raw(&pieces));

    let mut framer = EventStreamFramer::default();
    let mut rest = bytes;
    for cut in cuts {
        let (now, later) = rest.split_at(usize::from(cut).min(rest.len()));
        if framer.push(now).is_err() {
            return;
        }
        rest = later;
    }
    let _ = framer.push(rest).map(|_| framer.end());
});
