//! `promptopt.toml`: what a team sets for its prompts, as written, and what follows from it.
