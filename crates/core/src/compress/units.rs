//! A text cut into typed units with byte ranges.
