//! What a repository is called on this machine.

use std::fmt;

use super::Known;

/// Longest name, in bytes: with its ending it has to be a file's.
const NAME_BYTES_MAX: usize = 64;

/// The name of a repository, and of its store: small letters, digits, dots and hyphens, with a letter or digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepositoryName(String);

/// A text that names no repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names no TUF repository: names are small letters, digits, `.` and `-`, at most 64, and begin with a letter or digit"
)]
pub struct NameError {
    /// As it was given, cut and on one line.
    pub text: String,
}

impl RepositoryName {
    /// Reads a name.
    ///
    /// # Errors
    /// Another character than those above; a text that is empty or too long.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins = text.bytes().next().is_some_and(plain);
        let rest = text.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'-'));
        if begins && rest && text.len() <= NAME_BYTES_MAX {
            return Ok(Self(text.to_owned()));
        }
        let text = chiron_model::text::cut(&chiron_model::text::one_line(text), 80).into_owned();
        Err(NameError { text })
    }

    /// The name that is taken from a mirror's address where none is given: `https://tuf.acme.example/prod/` is `tuf.acme.example-prod`.
    #[must_use]
    pub fn of_mirror(address: &str) -> Option<Self> {
        let below = address.split_once("://").map_or(address, |(_, below)| below);
        let mut name = String::new();
        for c in below.chars().map(|c| c.to_ascii_lowercase()) {
            match c {
                'a'..='z' | '0'..='9' | '.' => name.push(c),
                _ if name.is_empty() || name.ends_with('-') => {}
                _ => name.push('-'),
            }
        }
        let name = name.trim_matches(['-', '.']);
        // Of a long one the end tells it from others.
        let from = name.len().saturating_sub(NAME_BYTES_MAX);
        Self::parse(name[from..].trim_start_matches(['-', '.'])).ok()
    }

    /// As a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Known> for RepositoryName {
    fn from(known: Known) -> Self {
        Self(known.word().to_owned())
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_files_and_nothing_else() {
        for good in ["sigstore", "a", "tuf.acme.example-8080", "0"] {
            assert_eq!(RepositoryName::parse(good).unwrap().to_string(), good);
        }
        for wrong in ["", ".", "..", "-a", ".a", "a/b", "A", "a b", "ä", "a\n", "../a", &"a".repeat(65)] {
            assert!(RepositoryName::parse(wrong).is_err(), "{wrong:?}");
        }
        for known in Known::ALL {
            assert_eq!(Known::of(&RepositoryName::from(known)), Some(known));
            assert!(RepositoryName::parse(known.word()).is_ok());
        }
    }

    #[test]
    fn a_mirror_names_itself() {
        let name = |address: &str| RepositoryName::of_mirror(address).map(|name| name.to_string());
        assert_eq!(name("https://tuf.acme.example/").as_deref(), Some("tuf.acme.example"));
        assert_eq!(name("http://127.0.0.1:8080/Prod/").as_deref(), Some("127.0.0.1-8080-prod"));
        assert_eq!(name("file:///srv/tuf").as_deref(), Some("srv-tuf"));
        assert_eq!(name("file:///"), None);
        assert_eq!(name(&format!("file:///{}/end", "a".repeat(90))).unwrap().len(), 64);
    }
}
