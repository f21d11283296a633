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
use crate::format::open::open;
use crate::format::sniff::{self, Beginning, Layout};
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
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions { format: None, threads: 1, max_line_bytes: 256 << 20, n_read: None }
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
    let map = &map;
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            let next_job = Arc::clone(&next_job);
            scope.spawn(move || {
                loop {
                    // Held while waiting only: whoever gets a job lets the next one wait.
                    let job = next_job.lock().map_or(None, |queue| queue.recv().ok());
                    let Some(job) = job else { return };
                    let (work, done) = (job.work, job.done);
                    // Nobody waits for the answer only if the caller's fold has panicked.
                    let _ = done.send(work.run(map));
                }
            });
        }
        // The workers' handles are the only ones, so that the queue closes when all of them are gone.
        drop(next_job);
        let producer = scope.spawn(move || {
            let mut desk = Desk { jobs, tickets, is_closed: false };
            let mut report = ReadReport::default();
            let mut seen = HashSet::new();
            for input in inputs {
                read_input(input, options, &mut desk, &mut seen, &mut report);
            }
            report
        });
        // Each piece of work has its own way back; they are asked in the order in which the work was handed out.
        for answer in in_order {
            for mapped in answer.recv().unwrap_or_default() {
                fold(mapped);
            }
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
struct Desk<T> {
    jobs: SyncSender<Job<T>>,
    tickets: SyncSender<Receiver<Vec<T>>>,
    is_closed: bool,
}

impl<T> Desk<T> {
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
    desk: &mut Desk<T>,
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
    desk: &mut Desk<T>,
) {
    let max_bytes = options.max_line_bytes;
    chunk::cut(reader, layout, max_bytes, &mut |chunk| {
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
    desk: &mut Desk<T>,
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
    fn run<T>(self, map: &impl Fn(Result<Record>) -> T) -> Vec<T> {
        let (chunk, file, reader, max_bytes) = match self {
            Work::Records(records) => return records.into_iter().map(map).collect(),
            Work::Chunk { chunk, file, reader, max_bytes } => (chunk, file, reader, max_bytes),
        };
        let mut mapped = Vec::new();
        let mut records = Vec::new();
        let mut take = |bytes: &[u8], number: u64, line: u64| {
            let outcome =
                check_text(bytes, max_bytes).and_then(|text| reader(&Line { text, file: &file, number }, &mut records));
            mapped.extend(records.drain(..).map(|record| map(Ok(record))));
            if let Err(error) = outcome {
                mapped.push(map(Err(error.at_line(line).in_file(&*file))));
            }
        };
        match chunk {
            Chunk::Lines { bytes, first_line } => {
                for (bytes, number) in bytes.split(|b| *b == b'\n').zip(first_line..) {
                    let bytes = bytes.trim_ascii();
                    if !bytes.is_empty() {
                        take(bytes, number, number);
                    }
                }
            }
            Chunk::Values { bytes, values } => {
                for cut in values {
                    take(&bytes[cut.range], cut.number, cut.line);
                }
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
