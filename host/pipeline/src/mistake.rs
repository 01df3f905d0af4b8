//! What is wrong with a file that a person wrote, and where.

use std::ops::Range;

/// One mistake, with its place and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Whether the file or a plugin is at fault: it decides the exit code.
    pub class: MistakeClass,
    /// One sentence, lower case.
    pub message: String,
    /// Bytes of the text that are meant; empty at the end of the file where nothing is there to point at.
    pub span: Range<usize>,
    /// What stands under the underlined text.
    pub label: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MistakeClass {
    /// The file.
    Config,
    /// A plugin that it names: it cannot be loaded, wants more than it was granted, or is not what the lock says.
    Plugin,
}

/// A further file whose text lies in that of all mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file's name.
    pub name: String,
    /// Where its text begins, in bytes.
    pub start: usize,
}

/// All mistakes of one file and of those it extends, found in one pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} in {name}", count(items.len()))]
pub struct Mistakes {
    /// The file's name as it was given.
    pub name: String,
    /// Its text, and behind it those of the files it extends.
    pub text: String,
    /// Where those begin.
    pub parts: Vec<Part>,
    /// At least one, in the order of the file.
    pub items: Vec<Mistake>,
}

fn count(items: usize) -> String {
    if items == 1 { "1 mistake".to_owned() } else { format!("{items} mistakes") }
}

impl Mistakes {
    /// The file that a mistake is in: its name, its text, and the mistake's bytes there.
    #[must_use]
    pub fn place(&self, mistake: &Mistake) -> (&str, &str, Range<usize>) {
        let at = mistake.span.start;
        let inside = self.parts.iter().rev().find(|part| part.start <= at);
        let (name, start) = inside.map_or((self.name.as_str(), 0), |part| (part.name.as_str(), part.start));
        let next = self.parts.iter().map(|part| part.start).find(|&next| next > at);
        // The line feed before a further text belongs to none.
        let end = next.map_or(self.text.len(), |next| next.saturating_sub(1));
        let text = self.text.get(start..end).unwrap_or_default();
        (name, text, at.saturating_sub(start)..mistake.span.end.saturating_sub(start).min(text.len()))
    }

    /// Line (from 1) of a mistake, in its file.
    #[must_use]
    pub fn line(&self, mistake: &Mistake) -> usize {
        let (_, text, span) = self.place(mistake);
        text.bytes().take(span.start).filter(|&byte| byte == b'\n').count() + 1
    }
}

/// The name in `known` that was probably meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate));
    let (distance, candidate) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + name.chars().count() / 3).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("subject", ["name", "subjects"]), Some("subjects"));
        assert_eq!(nearest("zzz", ["name", "subjects"]), None);
    }
}
