//! Keys that ask services of others, whatever for.

use chiron_trust::judge::TrustRoot;

use super::keyless::{PlannedKeyless, Way};
use super::witness::PlannedWitness;

/// What keys ask services for.
#[derive(Clone, Copy)]
pub(super) struct Services<'a> {
    pub(super) keyless: &'a [PlannedKeyless],
    pub(super) witnesses: &'a [PlannedWitness],
}

impl<'a> Services<'a> {
    pub(super) fn by_key(self) -> impl Iterator<Item = Asking<'a>> {
        let keyless = self.keyless.iter().map(|session| Asking {
            name: &session.name,
            table: "keyless",
            ways: session.ways().collect(),
            root: &session.root,
        });
        let witnesses = self.witnesses.iter().map(|witness| Asking {
            name: &witness.name,
            table: "witness",
            ways: witness.ways().collect(),
            root: &witness.root,
        });
        keyless.chain(witnesses)
    }
}

/// A key that asks services.
pub(super) struct Asking<'a> {
    pub(super) name: &'a str,
    /// The key of its table.
    pub(super) table: &'static str,
    /// That requests may take.
    pub(super) ways: Vec<&'a Way>,
    /// What the answers are held against.
    pub(super) root: &'a TrustRoot,
}
