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

pub use answers::{chat, chat_stream, messages, messages_stream};
pub use faults::{FAULTS, Fault, Kind};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which call it is, from 0.
    pub number: usize,
    /// Over which connection, from 0.
    pub connection: usize,
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
        text.replace(' ', "").contains("\"stream\":true")
    }
}

/// One step of an answer.
#[derive(Clone, Debug)]
pub enum Step {
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Cuts the connection so that the other side sees a reset.
    Reset,
    /// Closes it.
    Close,
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

fn format_header(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

/// The server. Ends when it is dropped.
pub struct Scripted {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    listening: tokio::task::JoinHandle<()>,
}

type Script = dyn Fn(&Asked) -> Vec<Step> + Send + Sync;

impl Scripted {
    /// Listens on a free port of loopback and answers every call with what the script says.
    pub async fn start(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> io::Result<Scripted> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let script: Arc<Script> = Arc::new(script);
        let listening = tokio::spawn({
            let asked = Arc::clone(&asked);
            async move {
                let mut n_connections = 0;
                while let Ok((stream, _)) = listener.accept().await {
                    let (asked, script) = (Arc::clone(&asked), Arc::clone(&script));
                    let connection = n_connections;
                    n_connections += 1;
                    // A connection that breaks is the script's doing.
                    tokio::spawn(async move { _ = serve(stream, connection, &asked, &*script).await });
                }
            }
        });
        Ok(Scripted { address, asked, listening })
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many calls came.
    pub fn n_calls(&self) -> usize {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, connection: usize, asked: &Mutex<Vec<Asked>>, script: &Script) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(mut request) = read(&mut stream, &mut buffer).await? else { return Ok(()) };
        request.connection = connection;
        {
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            request.number = asked.len();
            asked.push(request.clone());
        }
        for step in script(&request) {
            match step {
                Step::Bytes(bytes) => stream.write_all(&bytes).await?,
                Step::Pause(pause) => tokio::time::sleep(pause).await,
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
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
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
    Ok(Some(Asked { number: 0, connection: 0, path, headers, body }))
}
