//! The lock of the accounts, by a name of its own: a test puts another one in its place, which tries the schedules of threads.

pub(super) use std::sync::{Mutex, MutexGuard};
