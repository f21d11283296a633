//! The life of one request, top to bottom: admit, lookup, optimize, plan, reserve, send, settle.
