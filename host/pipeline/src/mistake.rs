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

/// All mistakes of one file, found in one pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} in {name}", count(items.len()))]
pub struct Mistakes {
    /// The file's name as it was given.
    pub name: String,
    /// Its text.
    pub text: String,
    /// At least one, in the order of the file.
    pub items: Vec<Mistake>,
}

fn count(items: usize) -> String {
    if items == 1 { "1 mistake".to_owned() } else { format!("{items} mistakes") }
}

impl Mistakes {
    /// Line (from 1) of a mistake.
    #[must_use]
    pub fn line(&self, mistake: &Mistake) -> usize {
        self.text.bytes().take(mistake.span.start).filter(|&byte| byte == b'\n').count() + 1
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
