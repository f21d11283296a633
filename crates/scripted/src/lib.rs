//! A provider for tests: plain TCP on loopback, so that it can do what no HTTP library would: cut a stream, lie about its length, never
//! answer. A script says for each call what is sent, byte by byte; what was asked is kept, for a ledger to be held against.

mod answers;
mod faults;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub use answers::{
    ANSWERS, Ready, chat, chat_stream, generate_content, generate_content_stream, messages, messages_stream, responses,
    responses_stream,
};
pub use faults::{FAULTS, Fault, Kind};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which call it is, from 0.
    pub number: usize,
    /// Over which connection, from 0.
    pub connection: usize,
    /// `POST`.
    pub method: String,
    /// `/v1/chat/completions`.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the body asks for a stream.
    pub fn is_stream(&self) -> bool {
        let text = String::from_utf8_lossy(&self.body);
        // Gemini and Bedrock say it in the address.
        text.replace(' ', "").contains("\"stream\":true") || self.path.contains("tream")
    }
}

/// One step of an answer.
#[derive(Clone, Debug)]
pub enum Step {
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// The provider counts tokens, input and output: what it would write on its bill.
    Bills(u64, u64),
    /// Waits.
    Pause(Duration),
    /// Waits until the test opens the gate.
    Wait(Gate),
    /// Cuts the connection so that the other side sees a reset.
    Reset,
    /// Closes it.
    Close,
}

/// Holds answers back until it is opened; then it stays open.
#[derive(Clone, Debug)]
pub struct Gate(Arc<tokio::sync::Semaphore>);

impl Gate {
    /// A closed gate.
    pub fn closed() -> Gate {
        Gate(Arc::new(tokio::sync::Semaphore::new(0)))
    }

    /// Lets all through.
    pub fn open(&self) {
        self.0.close();
    }

    async fn passed(&self) {
        // No permit is ever given: waiting ends when the gate is opened.
        _ = self.0.acquire().await;
    }
}

/// A whole answer: head and body with the right length.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    let mut bytes = head(status, headers, Some(body.len()));
    bytes.extend_from_slice(body);
    vec![Step::Bytes(bytes)]
}

/// A head; without a length the body goes to the end of the connection.
pub fn head(status: u16, headers: &[(&str, &str)], length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in headers {
        head.push_str(&format_header(name, value));
    }
    match length {
        Some(length) => head.push_str(&format_header("content-length", &length.to_string())),
        None => head.push_str("connection: close\r\n"),
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// The head of a body in chunks, after which the connection can be used again.
pub fn chunked_head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\ntransfer-encoding: chunked\r\n");
    for (name, value) in headers {
        head.push_str(&format_header(name, value));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A chunk; the empty one is the last.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn format_header(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

/// The server. Ends when it is dropped.
pub struct Scripted {
    /// Where it listens.
    pub address: SocketAddr,
    log: Arc<Mutex<Log>>,
    listening: tokio::task::JoinHandle<()>,
}

/// What it knows of its calls.
#[derive(Default)]
struct Log {
    asked: Vec<Asked>,
    billed: Billed,
    n_connections: usize,
    keeps_bodies: bool,
    n_calls: usize,
}

/// What a provider would bill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Billed {
    /// Calls that were billed.
    pub calls: u64,
    /// Tokens of their input.
    pub input: u64,
    /// Tokens of their output.
    pub output: u64,
}

type Script = dyn Fn(&Asked) -> Vec<Step> + Send + Sync;

impl Scripted {
    /// Listens on a free port of loopback and answers every call with what the script says.
    pub async fn start(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> io::Result<Scripted> {
        Scripted::listen(script, true).await
    }

    /// The same, but what was asked is not kept: for runs of hours.
    pub async fn start_forgetful(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> io::Result<Scripted> {
        Scripted::listen(script, false).await
    }

    async fn listen(
        script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
        keeps_bodies: bool,
    ) -> io::Result<Scripted> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let log = Arc::new(Mutex::new(Log { keeps_bodies, ..Log::default() }));
        let script: Arc<Script> = Arc::new(script);
        let listening = tokio::spawn({
            let log = Arc::clone(&log);
            async move {
                // Ends with the server, and with it what it still has to say.
                let mut connections = tokio::task::JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    while connections.try_join_next().is_some() {}
                    let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                    let connection = {
                        let mut log = locked(&log);
                        log.n_connections += 1;
                        log.n_connections - 1
                    };
                    // A connection that breaks is the script's doing.
                    connections.spawn(async move { _ = serve(stream, connection, &log, &*script).await });
                }
            }
        });
        Ok(Scripted { address, log, listening })
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.log).asked.clone()
    }

    /// How many calls came.
    pub fn n_calls(&self) -> usize {
        locked(&self.log).n_calls
    }

    /// How many connections were made.
    pub fn n_connections(&self) -> usize {
        locked(&self.log).n_connections
    }

    /// What it would bill for what it has said so far.
    pub fn billed(&self) -> Billed {
        locked(&self.log).billed
    }
}

fn locked(log: &Mutex<Log>) -> std::sync::MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, connection: usize, log: &Mutex<Log>, script: &Script) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(mut request) = read(&mut stream, &mut buffer).await? else { return Ok(()) };
        request.connection = connection;
        {
            let mut log = locked(log);
            request.number = log.n_calls;
            log.n_calls += 1;
            if log.keeps_bodies {
                log.asked.push(request.clone());
            }
        }
        let mut is_billed = false;
        for step in script(&request) {
            match step {
                Step::Bytes(bytes) => stream.write_all(&bytes).await?,
                Step::Bills(input, output) => {
                    let billed = &mut locked(log).billed;
                    billed.calls += u64::from(!std::mem::replace(&mut is_billed, true));
                    billed.input += input;
                    billed.output += output;
                }
                Step::Pause(pause) => tokio::time::sleep(pause).await,
                Step::Wait(gate) => gate.passed().await,
                Step::Reset => {
                    // No time to send what waits: the other side gets a reset.
                    #[allow(deprecated, reason = "zero does not block, which is what the warning is about")]
                    stream.set_linger(Some(Duration::ZERO))?;
                    return Ok(());
                }
                Step::Close => {
                    stream.shutdown().await?;
                    return Ok(());
                }
            }
        }
    }
}

/// Reads one request; `None` when the connection is closed.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Asked>> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse::<usize>().ok())
        .unwrap_or(0);
    while buffer.len() < head_end + length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body = buffer[head_end..head_end + length].to_vec();
    buffer.drain(..head_end + length);
    Ok(Some(Asked { number: 0, connection: 0, method, path, headers, body }))
}
