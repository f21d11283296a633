//! Wrong, odd and hostile input: every mistake is named, nothing panics, nothing is lost.

mod fields;
mod hostile;
mod mutate;
mod samples;
mod streams;
mod survives;
