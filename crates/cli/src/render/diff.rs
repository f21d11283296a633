//! placeholder
pub(crate) fn text() {}
pub(crate) fn json() {}
pub(crate) fn markdown() {}
