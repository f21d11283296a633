//! Reads a whole corpus: every input in its order, each in its format, parsed and mapped by several threads, folded by the
//! caller's thread in the order in which the records stand in the files. The result does not depend on the number of
//! threads, and memory holds a few chunks however long the corpus is.

use std::collections::HashSet;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use crate::error::{Error, Result};
use crate::format::chunk::{self, Chunk};
use crate::format::known::Known;
use crate::format::open::open;
use crate::format::sniff::{self, Beginning, Layout};
use crate::format::spare::Spare;
use crate::format::walk::{Input, Skipped};
use crate::format::{Format, Line, Reader, Record};

/// How to read.
#[derive(Clone)]
pub struct ReadOptions {
    /// The format of all inputs; `None` tells it from each input's content.
    pub format: Option<&'static Format>,
    /// Threads that parse and map, at least one. One more reads and decompresses.
    pub threads: usize,
    /// A longer line (or JSON value) is an error, and is not kept in memory.
    pub max_line_bytes: usize,
    /// Grows with the bytes read from the disk, before decompression: for a progress bar.
    pub n_read: Option<Arc<AtomicU64>>,
    /// Messages that come again are read once. Records and errors are the same without.
    pub remember: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions { format: None, threads: 1, max_line_bytes: 256 << 20, n_read: None, remember: true }
    }
}

/// What was read, beside the records.
#[derive(Clone, Debug, Default)]
pub struct ReadReport {
    /// Files read and their formats' names, in order.
    pub read: Vec<(Arc<str>, &'static str)>,
    /// Files found in a folder that are no corpus, and why.
    pub skipped: Vec<Skipped>,
    /// Records left out because an earlier file has the same call (resumed sessions repeat their history).
    pub n_repeated: u64,
}

/// Reads the inputs. `map` runs on the threads, `fold` here, strictly in input order.
///
/// A bad line or file comes as an `Err` in its place; the rest is read.
pub fn read_all<T: Send>(
    inputs: &[Input],
    options: &ReadOptions,
    map: impl Fn(Result<Record>) -> T + Sync,
    mut fold: impl FnMut(T),
) -> ReadReport {
    let n_threads = options.threads.max(1);
    // Enough in flight that nobody waits for the reader, few enough that memory stays small.
    let n_in_flight = 2 * n_threads + 2;
    let (jobs, next_job) = sync_channel::<Job<T>>(n_in_flight);
    let (tickets, in_order) = sync_channel::<Receiver<Vec<T>>>(n_in_flight);
    let next_job = Arc::new(Mutex::new(next_job));
    let known = options.remember.then(|| Arc::new(Known::default()));
    let spare = Spare::default();
    let (map, spare) = (&map, &spare);
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            let (next_job, known) = (Arc::clone(&next_job), known.clone());
            scope.spawn(move || {
                loop {
                    // Held while waiting only: whoever gets a job lets the next one wait.
                    let job = next_job.lock().map_or(None, |queue| queue.recv().ok());
                    let Some(job) = job else { return };
                    let (work, done) = (job.work, job.done);
                    // Nobody waits for the answer only if the caller's fold has panicked.
                    let _ = done.send(work.run(known.as_deref(), spare, map));
                }
            });
        }
        // The workers' handles are the only ones, so that the queue closes when all of them are gone. The last one also
        // clears away what is known, while the last rows are folded here.
        drop((next_job, known));
        let producer = scope.spawn(move || {
            let mut desk = Desk { jobs, tickets, spare, is_closed: false };
            let mut report = ReadReport::default();
            let mut seen = HashSet::new();
            for input in inputs {
                if desk.is_closed {
                    break;
                }
                read_input(input, options, &mut desk, &mut seen, &mut report);
            }
            report
        });
        // Each piece of work has its own way back; they are asked in the order in which the work was handed out.
        for answer in in_order {
            // A worker has panicked: the scope says so when what is under way has ended.
            let Ok(mapped) = answer.recv() else { break };
            mapped.into_iter().for_each(&mut fold);
        }
        producer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reads one input into a vector on this thread. For tests and small files.
pub fn read_to_vec(input: &Input, options: &ReadOptions) -> Vec<Result<Record>> {
    let mut records = Vec::new();
    read_all(std::slice::from_ref(input), options, |record| record, |record| records.push(record));
    records
}

type LineReader = fn(&Line<'_>, &mut Vec<Record>) -> Result<()>;

struct Job<T> {
    work: Work,
    done: SyncSender<Vec<T>>,
}

enum Work {
    Chunk { chunk: Chunk, file: Arc<str>, reader: LineReader, max_bytes: usize },
    Records(Vec<Result<Record>>),
}

/// Hands out work and remembers its order.
struct Desk<'a, T> {
    jobs: SyncSender<Job<T>>,
    tickets: SyncSender<Receiver<Vec<T>>>,
    spare: &'a Spare,
    is_closed: bool,
}

impl<T> Desk<'_, T> {
    /// False if nobody takes work any more.
    fn hand_out(&mut self, work: Work) -> bool {
        let (done, ticket) = sync_channel(1);
        self.is_closed =
            self.is_closed || self.tickets.send(ticket).is_err() || self.jobs.send(Job { work, done }).is_err();
        !self.is_closed
    }
}

fn read_input<T>(
    input: &Input,
    options: &ReadOptions,
    desk: &mut Desk<'_, T>,
    seen: &mut HashSet<Arc<str>>,
    report: &mut ReadReport,
) {
    let file = input.source.name();
    let opened = open(&input.source, options.n_read.clone()).and_then(|opened| {
        let mut reader = opened.reader;
        let mut beginning = Beginning::read(&mut *reader);
        let format = choose(input, options, &beginning, &file)?;
        let layout = beginning.layout;
        Ok((format, layout, beginning.then(reader)))
    });
    let (format, layout, mut reader) = match opened {
        Ok(opened) => opened,
        Err(error) if input.is_named || error.kind() == crate::error::Kind::Io => {
            desk.hand_out(Work::Records(vec![Err(error.in_file(&*file))]));
            return;
        }
        Err(error) => {
            report.skipped.push(Skipped { file, reason: Arc::from(error.message()) });
            return;
        }
    };
    report.read.push((Arc::clone(&file), format.name));
    match format.reader {
        Reader::Lines(lines) => read_chunks(&mut *reader, layout, lines, &file, options, desk),
        Reader::Stream(stream) => report.n_repeated += read_stream(&mut *reader, stream, &file, desk, seen),
    }
}

fn choose(input: &Input, options: &ReadOptions, beginning: &Beginning, file: &str) -> Result<&'static Format> {
    if let Some(refusal) = beginning.refusal() {
        return Err(Error::input(format!("cannot be read as a corpus: {refusal}")));
    }
    if let Some(format) = options.format {
        return Ok(format);
    }
    let confidence = if input.is_named { 0 } else { sniff::GUESS };
    sniff::detect_above(&beginning.head(file), confidence).ok_or_else(|| sniff::no_format(beginning))
}

fn read_chunks<T>(
    reader: &mut dyn BufRead,
    layout: Layout,
    lines: LineReader,
    file: &Arc<str>,
    options: &ReadOptions,
    desk: &mut Desk<'_, T>,
) {
    let max_bytes = options.max_line_bytes;
    let spare = desk.spare;
    chunk::cut(reader, layout, max_bytes, spare, &mut |chunk| {
        desk.hand_out(match chunk {
            Ok(chunk) => Work::Chunk { chunk, file: Arc::clone(file), reader: lines, max_bytes },
            Err(error) => Work::Records(vec![Err(error.in_file(&**file))]),
        })
    });
}

type StreamReader = fn(&mut dyn BufRead, &Arc<str>, &mut crate::format::Sink<'_>) -> Result<()>;

/// Answers how many records were repeats.
fn read_stream<T>(
    reader: &mut dyn BufRead,
    stream: StreamReader,
    file: &Arc<str>,
    desk: &mut Desk<'_, T>,
    seen: &mut HashSet<Arc<str>>,
) -> u64 {
    const BATCH: usize = 256;
    let mut batch = Vec::with_capacity(BATCH);
    let mut n_repeated = 0;
    let outcome = stream(reader, file, &mut |record| {
        if let Ok(Record { call_id: Some(id), .. }) = &record
            && !seen.insert(Arc::clone(id))
        {
            n_repeated += 1;
            return ControlFlow::Continue(());
        }
        batch.push(record.map_err(|error| error.in_file(&**file)));
        if batch.len() < BATCH || desk.hand_out(Work::Records(std::mem::take(&mut batch))) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    if let Err(error) = outcome {
        batch.push(Err(error.in_file(&**file)));
    }
    if !batch.is_empty() {
        desk.hand_out(Work::Records(batch));
    }
    n_repeated
}

impl Work {
    fn run<T>(self, known: Option<&Known>, spare: &Spare, map: &impl Fn(Result<Record>) -> T) -> Vec<T> {
        let (chunk, file, reader, max_bytes) = match self {
            Work::Records(records) => return records.into_iter().map(map).collect(),
            Work::Chunk { chunk, file, reader, max_bytes } => (chunk, file, reader, max_bytes),
        };
        // Growing would move what is large already.
        let mut mapped = Vec::with_capacity(chunk.n_values().min(256));
        let mut records = Vec::new();
        let mut take = |bytes: &[u8], number: u64, line: u64| {
            let outcome = check_text(bytes, max_bytes)
                .and_then(|text| reader(&Line { text, file: &file, number, known }, &mut records));
            mapped.extend(records.drain(..).map(|record| map(Ok(record))));
            if let Err(error) = outcome {
                mapped.push(map(Err(error.at_line(line).in_file(&*file))));
            }
        };
        match chunk {
            Chunk::Lines { bytes, first_line, ends } => {
                let mut begin = 0;
                for (end, number) in ends.into_iter().chain(std::iter::once(bytes.len())).zip(first_line..) {
                    let bytes = bytes[begin..end].trim_ascii();
                    begin = end + 1;
                    if !bytes.is_empty() {
                        take(bytes, number, number);
                    }
                }
                spare.give(bytes, chunk::BUFFER);
            }
            Chunk::Values { bytes, values } => {
                for cut in values {
                    take(&bytes[cut.range], cut.number, cut.line);
                }
                spare.give(bytes, chunk::BUFFER);
            }
        }
        mapped
    }
}

fn check_text(bytes: &[u8], max_bytes: usize) -> Result<&str> {
    if bytes.len() > max_bytes {
        return Err(chunk::too_long(max_bytes));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        Error::input(format!("the text is not UTF-8 at byte {} of the line", error.valid_up_to() + 1))
            .help("convert the file to UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::by_name;
    use crate::format::open::Source;
    use crate::format::testing::{read_with, written};
    use proptest::prelude::*;
    use std::io::Write;
    use std::sync::atomic::Ordering;

    fn prompts(n: usize) -> String {
        let line = |i: usize| format!("{{\"prompt\":\"{i} {}\"}}", "x".repeat(i % 700));
        (0..n).map(line).collect::<Vec<_>>().join("\n") + "\n"
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// What a record or an error says of its place.
    fn place(record: &Result<Record>) -> Result<u64, Option<u64>> {
        match record {
            Ok(record) => Ok(record.origin.line),
            Err(error) => Err(error.place().and_then(|place| place.line)),
        }
    }

    #[test]
    fn order_does_not_depend_on_threads() {
        // Several chunks, with a bad line in the midst, and a second file after it.
        let mut text = prompts(9000);
        text.insert_str(text.len() / 2 + text[text.len() / 2..].find('\n').unwrap() + 1, "{\"prompt\": broken}\n");
        let table = "prompt,model\n".to_owned() + &"Name a river.,gpt\n".repeat(1000);
        let inputs = [written(&text), written(table)].map(|path| Input { source: Source::File(path), is_named: true });
        let read = |threads| {
            let options = ReadOptions { threads, ..ReadOptions::default() };
            let mut places = Vec::new();
            let report = read_all(&inputs, &options, |record| place(&record), |found| places.push(found));
            assert_eq!(report.read.len(), 2);
            places
        };
        let one = read(1);
        assert_eq!(one.len(), 10_001);
        assert_eq!(one.iter().filter(|place| place.is_err()).count(), 1);
        assert!(one[..9001].windows(2).all(|pair| pair[0].unwrap_or(0) <= pair[1].unwrap_or(u64::MAX)));
        for threads in [2, 7] {
            assert_eq!(read(threads), one, "{threads} threads");
        }
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_is_read() {
        let good = "{\"prompt\":\"a\"}\n";
        let deep = format!("{{\"prompt\":{}}}", "[".repeat(400));
        for (bad, expected) in [
            (&b"{\"prompt\": }"[..], "column 12"),
            (b"{\"prompt\":\"\xff\"}", "not UTF-8 at byte 12"),
            (b"7", "no text of a prompt"),
            (deep.as_bytes(), "recursion limit"),
            (&[b'"'; 3000][..], "longer than 1000 bytes"),
        ] {
            let text = [good.as_bytes(), b"\n \r\n", bad, b"\r\n", good.as_bytes()].concat();
            let options = ReadOptions { max_line_bytes: 1000, ..ReadOptions::default() };
            let records = read_with(&text, &options);
            assert_eq!(records.iter().map(place).collect::<Vec<_>>(), [Ok(1), Err(Some(4)), Ok(5)], "{expected}");
            let message = records[1].as_ref().unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains(":4: "), "{message}");
        }
    }

    #[test]
    fn a_cut_off_file_gives_what_it_has_and_then_an_error() {
        // Random text, so that half of the compressed bytes hold many lines.
        let line = |i: u64| format!("{{\"prompt\":\"{}\"}}", i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let text = (0..40_000).map(line).collect::<Vec<_>>().join("\n");
        let whole = gzip(&text);
        let records = read_with(&whole[..whole.len() / 2], &ReadOptions::default());
        let (last, good) = records.split_last().unwrap();
        assert!(good.len() > 10_000 && good.iter().all(Result::is_ok), "{}", good.len());
        let message = last.as_ref().unwrap_err().to_string();
        assert!(message.contains("ends too early") && message.contains("promptopt-format"), "{message}");
    }

    #[test]
    fn what_is_no_corpus_is_an_error_if_named_and_a_note_if_not() {
        let path = written(b"\x89PNG\r\n\x1a\n\0\0\0");
        let read = |is_named| {
            let input = Input { source: Source::File(path.clone()), is_named };
            let mut records = Vec::new();
            let report = read_all(&[input], &ReadOptions::default(), |record| record, |record| records.push(record));
            (records, report)
        };
        let (records, report) = read(true);
        assert!(records.len() == 1 && records[0].is_err() && report.skipped.is_empty());
        let (records, report) = read(false);
        assert!(records.is_empty() && report.skipped.len() == 1);
    }

    #[test]
    fn progress_ends_at_the_size_of_the_file() {
        let n_read = Arc::new(AtomicU64::new(0));
        let bytes = gzip(&prompts(3000));
        let options = ReadOptions { n_read: Some(Arc::clone(&n_read)), threads: 2, ..ReadOptions::default() };
        assert_eq!(read_with(&bytes, &options).len(), 3000);
        assert_eq!(n_read.load(Ordering::Relaxed), bytes.len() as u64);
    }

    #[test]
    fn arrays_and_sequences_are_read_like_lines() {
        let options = ReadOptions { format: by_name("prompts").ok(), ..ReadOptions::default() };
        for text in [
            "[\n{\"prompt\":\"a\"},\n{\"prompt\":}\n,{\"prompt\":\"c\"}]",
            "{\n\"prompt\":\"a\"}\n{\"prompt\":}\n{\n\"prompt\":\"c\"}",
        ] {
            let records = read_with(text, &options);
            assert_eq!(records.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true], "{text}");
            assert_eq!(place(&records[1]), Err(Some(3)), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_bytes_are_read_by_any_format(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for format in crate::format::FORMATS {
                let _ = read_with(&bytes, &ReadOptions { format: Some(format), ..ReadOptions::default() });
            }
        }
    }
}
