//! Where rules put their findings.

use super::diagnostic::Finding;

/// Takes findings of one rule.
#[derive(Debug)]
pub struct Sink<'a> {
    found: &'a mut Vec<Finding>,
}

impl<'a> Sink<'a> {
    /// Puts findings into a list.
    pub fn new(found: &'a mut Vec<Finding>) -> Sink<'a> {
        Sink { found }
    }

    /// Takes a finding.
    pub fn report(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    /// How many there are so far.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}
