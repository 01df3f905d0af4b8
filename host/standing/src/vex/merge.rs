//! Several documents made one.

use std::collections::HashSet;

use super::{Document, Statement};

/// All statements of all documents, each once, the oldest first: whoever reads the result hears the newest last, and a reader
/// that goes by time hears what the documents said together.
///
/// What ranges of versions or hashes a document names is not carried: a statement that has them is left out and counted.
#[must_use]
pub fn merge(documents: &[Document]) -> (Vec<Statement>, u64) {
    let mut all: Vec<Statement> = Vec::new();
    let mut left_out = 0;
    for statement in documents.iter().flat_map(|document| &document.statements) {
        let whole = statement
            .products
            .iter()
            .all(|product| product.identity.is_plain() && product.subcomponents.iter().all(super::Identity::is_plain));
        if whole {
            all.push(statement.clone());
        } else {
            left_out += 1;
        }
    }
    all.sort_by(|a, b| (a.timestamp, &a.vulnerability).cmp(&(b.timestamp, &b.vulnerability)));
    let mut seen = HashSet::new();
    all.retain(|statement| seen.insert(format!("{statement:?}")));
    (all, left_out)
}
