//! References inside one document.

use std::collections::HashSet;

/// Hands out `bom-ref`s, each once. The host's ids are unique; a document must be valid even where they are not.
#[derive(Default)]
pub(super) struct Refs {
    taken: HashSet<String>,
}

impl Refs {
    /// A reference made from a text: the text itself, or with the first free number behind it.
    pub(super) fn take(&mut self, text: &str) -> String {
        // As both forms keep it: a reader of XML turns line ends into spaces.
        let line = chiron_model::text::one_line(text);
        let text = crate::xml::characters(&line);
        // `urn:cdx:` belongs to links between documents, and an empty reference is invalid.
        let wanted =
            if text.is_empty() || text.starts_with("urn:cdx:") { format!("ref:{text}") } else { text.into_owned() };
        if self.taken.insert(wanted.clone()) {
            return wanted;
        }
        let mut number = 2_u64;
        loop {
            let next = format!("{wanted}#{number}");
            if self.taken.insert(next.clone()) {
                return next;
            }
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reference_is_given_twice() {
        let mut refs = Refs::default();
        let given = ["a", "a", "a#2", "a", "", ""].map(|text| refs.take(text));
        assert_eq!(given, ["a", "a#2", "a#2#2", "a#3", "ref:", "ref:#2"]);
    }
}
