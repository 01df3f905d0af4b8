//! A report of Chiron's that somebody hands in: a baseline, or what `explain` and `diff` are asked about.

use chiron_formats::diff::{Shown, diff};
use chiron_formats::json;

/// What is read is written as what is read again, and is no different from itself.
pub(super) fn report(bytes: &[u8]) {
    let Some(Ok(report)) = json::read(bytes) else { return };
    let again = json::read(&serde_json::to_vec(&report).unwrap()).unwrap().unwrap();
    assert_eq!(again, report);
    let difference = diff(("old.json", &report), ("new.json", &again));
    assert!(difference.is_empty(), "{difference:?}");
    for shown in Shown::ALL {
        difference.encode(shown).unwrap();
    }
}
