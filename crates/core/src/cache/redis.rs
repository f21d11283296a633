//! The second level in Redis or Valkey. It sees sealed values under names that tell nothing, and never lists what is there.

use std::fmt;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, cmd};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use super::BodyKey;
use super::sealed::{FRAME, Sealer};
use super::second::{Kept, SecondLevel};
use crate::error::{Error, Kind, Result};
use crate::labels::Partition;

/// A Redis or Valkey server as the second level.
pub struct RedisLevel {
    connection: ConnectionManager,
    sealer: Sealer,
    /// A longer value was not written by us.
    max_value_bytes: usize,
}

/// Until a connection stands. Calls do not wait that long: they are misses until then.
const CONNECT: Duration = Duration::from_secs(2);

/// From the seal all keys are derived.
const LEAST_SEAL: usize = 16;

/// Bytes of a header but for the lengths of events, at most. Those are fewer bytes than an event weighs in memory.
const HEADER: usize = 16 << 10;

impl RedisLevel {
    /// A server at `redis://…`, `rediss://…` or `unix://…`. Nothing is sent yet. `seal` is the secret that all instances share;
    /// `max_entry_bytes` is that of [`CacheSettings`](super::settings::CacheSettings). Inside of a Tokio runtime only, which
    /// then keeps the connection up. Fails if the address is none.
    pub fn open(url: &SecretString, seal: &SecretString, max_entry_bytes: u32) -> Result<RedisLevel> {
        // The address has a password in it, so neither it nor the client's own words are repeated.
        let wrong = |_| {
            Error::new(Kind::Config, "the address of the second cache level cannot be used")
                .help("expected `redis://`, `rediss://` or `unix://` and a server")
        };
        let client = Client::open(url.expose_secret()).map_err(wrong)?;
        if seal.expose_secret().len() < LEAST_SEAL {
            return Err(Error::new(Kind::Config, format!("the seal has fewer than {LEAST_SEAL} bytes"))
                .help("make one that nobody can guess, the same for all instances: `openssl rand -hex 32`"));
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            // Who asks has its own, shorter limit; this one frees what a dead server holds.
            .set_response_timeout(Some(CONNECT))
            .set_number_of_retries(1);
        Ok(RedisLevel {
            connection: ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)?,
            sealer: Sealer::of(seal.expose_secret().as_bytes()),
            max_value_bytes: FRAME + HEADER + max_entry_bytes as usize,
        })
    }
}

impl SecondLevel for RedisLevel {
    fn get<'a>(&'a self, key: BodyKey, partition: &'a Partition) -> BoxFuture<'a, Result<Option<Kept>>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            // As much as a value may have and a byte: what is longer is told without being fetched.
            let mut value: Vec<u8> = cmd("GETRANGE")
                .arg(self.sealer.name(key))
                .arg(0)
                .arg(self.max_value_bytes)
                .query_async(&mut connection)
                .await
                .map_err(|cause| unreachable(&cause))?;
            if value.is_empty() || value.len() > self.max_value_bytes {
                return Ok(None);
            }
            // What somebody else wrote there is as good as nothing, and no failure of the server.
            Ok(self.sealer.open(key, partition, &mut value).ok())
        })
    }

    fn put<'a>(
        &'a self,
        key: BodyKey,
        partition: &'a Partition,
        kept: &'a Kept,
        keep: Duration,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let value = self.sealer.seal(key, partition, kept)?;
            let keep_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX).min(LONGEST_MS);
            if value.len() > self.max_value_bytes || keep_ms == 0 {
                return Ok(());
            }
            let mut connection = self.connection.clone();
            cmd("SET")
                .arg(self.sealer.name(key))
                .arg(value)
                .arg("PX")
                .arg(keep_ms)
                .query_async::<()>(&mut connection)
                .await
                .map_err(|cause| unreachable(&cause))
        })
    }
}

/// Servers refuse times that overflow; nobody needs an answer for longer than a year.
const LONGEST_MS: u64 = 365 * 24 * 3600 * 1000;

/// The client's words may hold the address; its kind does not.
fn unreachable(cause: &::redis::RedisError) -> Error {
    Error::new(Kind::Unreachable, format!("the second cache level failed: {}", cause.category()))
}

impl fmt::Debug for RedisLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLevel").field("max_value_bytes", &self.max_value_bytes).finish_non_exhaustive()
    }
}
