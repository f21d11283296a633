//! The life of one request, top to bottom. Each line calls down and gets a value; what a caller sees is at the end of it.
//!
//! ```text
//! prepare   read the request                  → an error that names the field
//! admit     limits and queue                  → wait, or refuse with retry-after
//! plan      cost rules, health, context fit   → ordered targets, each with a cost ceiling
//! lookup    response cache, for each target   → hit: zero cost; under way: join
//! lead      a task of its own from here on    → whoever waits may go away
//!   optimize  transforms within the guarantee
//!   reserve   budget, worst case              → refuse with the arithmetic
//!   send      targets in order                → retry budget, breakers
//!   settle    budget, ledger, cache, health   → always reached: the reservation is a guard
//! ```
//!
//! The plan stands before the lookup: answers are kept under the model that gave them, and which models may answer is what the plan
//! says.

