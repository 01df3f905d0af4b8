//! What the lock files of npm, Yarn, pnpm and Bun share: packages of npm's registry, and how they came from elsewhere.

pub(crate) mod bun;
pub(crate) mod installed;
mod integrity;
mod origin;
pub(crate) mod package_lock;
pub(crate) mod pnpm;
mod reach;
pub(crate) mod yarn;

use self::origin::Origin;
use crate::listing::Package;
use crate::purl;

/// Longest name or version that is taken for one, in bytes. npm's names end at 214.
const WORD_BYTES_MAX: usize = 1024;

/// One package as one of the lock files has it.
struct Locked<'a> {
    /// Its own name, not that of an alias.
    name: &'a str,
    /// The name it is installed under, where that is another.
    alias: Option<&'a str>,
    version: Option<&'a str>,
    origin: Origin,
    /// Subresource Integrity of its archive.
    integrity: Option<&'a str>,
    line: Option<u32>,
}

impl Locked<'_> {
    /// The package, or why it is none.
    fn package(&self) -> Result<Package, String> {
        let words = [Some(self.name), self.version].into_iter().flatten();
        if let Some(word) = words.into_iter().find(|word| !is_word(word)) {
            return Err(format!("`{word}` is no name or version"));
        }
        let mut package = Package::new(self.name, self.version, self.origin.purl(self.name, self.version));
        package.line = self.line;
        package.digests = self.integrity.map(integrity::digests).unwrap_or_default();
        let mut add = |key: &str, value: &str| package.properties.push((key.to_owned(), value.to_owned()));
        if let Some(source) = self.origin.source() {
            add("chiron:source", source);
        }
        if let Some(alias) = self.alias.filter(|alias| *alias != self.name) {
            add("chiron:alias", alias);
        }
        Ok(package)
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.len() <= WORD_BYTES_MAX && !word.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// `name@rest` of any package, scoped or not: the `@` that is not the scope's.
fn split(text: &str) -> Option<(&str, &str)> {
    let skipped = usize::from(text.starts_with('@'));
    let at = text.get(skipped..)?.find('@')? + skipped;
    (at > 0).then(|| (&text[..at], &text[at + 1..]))
}

/// The package behind `npm:name@range`, or nothing where the text is only a range.
fn aliased(range: &str) -> Option<(&str, &str)> {
    let target = range.strip_prefix("npm:")?;
    // `npm:^1.0.0` is a plain range in Yarn's words, and `npm:name` one without a version.
    split(target).filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@' || c == '_'))
}

/// `pkg:npm/...`. Names keep their case: old packages have capitals, and advisories name them so.
fn registry_purl(name: &str, version: Option<&str>) -> String {
    let (scope, base) = name.rsplit_once('/').unwrap_or(("", name));
    purl::of("npm", scope, base, version, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_the_last_at_that_is_not_the_scopes() {
        assert_eq!(split("@babel/core@^7"), Some(("@babel/core", "^7")));
        assert_eq!(split("a@npm:@b/c@1"), Some(("a", "npm:@b/c@1")));
        assert_eq!((split("a"), split("@a/b"), split(""), split("@")), (None, None, None, None));
        assert_eq!(aliased("npm:@b/c@^1.0"), Some(("@b/c", "^1.0")));
        assert_eq!(aliased("npm:string-width@4.2.3"), Some(("string-width", "4.2.3")));
        assert_eq!((aliased("npm:^4.2.3"), aliased("^4.2.3")), (None, None));
    }

    #[test]
    fn scopes_are_encoded_and_capitals_kept() {
        assert_eq!(registry_purl("@Babel/core", Some("7.0.0")), "pkg:npm/%40Babel/core@7.0.0");
        assert_eq!(registry_purl("JSONStream", None), "pkg:npm/JSONStream");
    }
}
