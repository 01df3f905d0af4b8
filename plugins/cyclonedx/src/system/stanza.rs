//! Paragraphs of `key: value` lines, parted by empty lines: what dpkg and apk keep their packages in.

/// One paragraph: its lines with their numbers, from 1.
pub(super) struct Stanza<'t> {
    pub(super) line: u32,
    lines: Vec<&'t str>,
}

impl<'t> Stanza<'t> {
    /// The value of a field, on one line; the first where it stands twice.
    pub(super) fn value(&self, key: &str) -> Option<&'t str> {
        let mut lines = self.lines.iter().copied();
        let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::trim));
        value.filter(|value| !value.is_empty())
    }

    /// Every line.
    pub(super) fn lines(&self) -> impl Iterator<Item = &'t str> {
        self.lines.iter().copied()
    }
}

/// Paragraphs, in order.
pub(super) fn all(text: &str) -> Vec<Stanza<'_>> {
    let mut stanzas: Vec<Stanza<'_>> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            inside = false;
            continue;
        }
        if !inside {
            let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
            stanzas.push(Stanza { line, lines: Vec::new() });
            inside = true;
        }
        if let Some(stanza) = stanzas.last_mut() {
            stanza.lines.push(line);
        }
    }
    stanzas
}

/// Whether a text ends as its writer ends it: with an empty line after the last paragraph.
pub(super) fn ends_whole(text: &str) -> bool {
    text.is_empty() || text.ends_with("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_have_lines_and_values() {
        let text = "\nPackage: a\nDescription: b\n long\n .\nVersion:1\n\n\nP:b\nEmpty:\n";
        let stanzas = all(text);
        let [first, second] = stanzas.as_slice() else { panic!() };
        assert_eq!((first.line, first.value("Package"), first.value("Version")), (2, Some("a"), Some("1")));
        assert_eq!((second.line, second.value("P"), second.value("Empty")), (9, Some("b"), None));
        assert_eq!(first.value("Pack"), None);
        assert!(!ends_whole(text) && ends_whole("a: b\n\n") && ends_whole(""));
    }
}
