//! Real servers for tests, started from the programs on the machine. Where there is none the test says so and passes, unless
//! `PROMPTOPT_REQUIRE_SERVERS=1` says that there has to be one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A Redis or Valkey server of its own, on a free port of the loopback, without a file. It ends with this value.
pub(crate) struct Redis {
    process: Child,
    pub(crate) port: u16,
}

impl Redis {
    /// Starts one; `None`, with a line on standard error, if there is no program for it.
    pub(crate) fn start() -> Option<Redis> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let started = ["redis-server", "valkey-server"].into_iter().find_map(|program| {
            Command::new(program)
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                .current_dir(std::env::temp_dir())
                .stdout(Stdio::null())
                .spawn()
                .ok()
        });
        let Some(process) = started else {
            #[allow(
                clippy::disallowed_methods,
                reason = "a test has no Settings; the variable only says what must run"
            )]
            let is_required = std::env::var("PROMPTOPT_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
            assert!(!is_required, "neither redis-server nor valkey-server is installed");
            #[allow(clippy::print_stderr, reason = "a skipped test has to say so")]
            {
                eprintln!("not run: neither redis-server nor valkey-server is installed");
            }
            return None;
        };
        let server = Redis { process, port };
        for _ in 0..2000 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not listen");
    }

    /// What the server answers to a command in one line, as it stands on the wire.
    pub(crate) fn says(&self, command: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        connection.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).trim_end_matches("+OK\r\n").to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
