//! The door to the providers: requests go out and answers come in as bytes. reqwest here, scripted in tests.

pub mod settings;
