//! Selection to an exact token budget around what the request asks.
