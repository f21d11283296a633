//! The router against an upstream that answers from a closure.
