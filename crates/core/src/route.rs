//! Cost rules: which target a call goes to, by effective price, and why.

pub mod settings;
