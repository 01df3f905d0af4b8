//! Patterns of package URLs: a purl in which `*` stands for anything.

use chiron_model::purl::Purl;

use crate::same;

/// Stands for `*` while the pattern is read as a purl: letters that every type allows in every part.
const STAND_IN: &str = "zchironanyz";

/// A purl, with `*` for any text in type, namespace, name or version. Without a version it means all versions; qualifiers
/// that it does not name may be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurlPattern {
    text: String,
    purl: Purl,
}

/// The text is no pattern of purls.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

impl PurlPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What would be no purl even with text in place of each `*`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let filled = text.replace('*', STAND_IN);
        let purl = Purl::parse(&filled).map_err(|error| PatternError(error.to_string().replace(STAND_IN, "*")))?;
        Ok(Self { text: text.to_owned(), purl })
    }

    /// Whether it means this package.
    #[must_use]
    pub fn matches(&self, found: &Purl) -> bool {
        let version = match self.purl.version() {
            Some(wanted) => found.version().is_some_and(|version| like(wanted, version)),
            None => true,
        };
        like(self.purl.kind(), found.kind())
            && like(&same::full_name(&self.purl), &same::full_name(found))
            && version
            && same::beside(&self.purl, found).is_none()
    }

    /// Whether it names nothing: every package of a type, or of all types.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let rest = self.purl.full_name().replace(STAND_IN, "");
        rest.chars().all(|c| matches!(c, '/' | '@'))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Whether a text is like a pattern, in which the stand-in means any text, also none. Linear: each part is looked for once,
/// from where the one before it ended.
fn like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(STAND_IN);
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, found, expected) in [
            ("pkg:pypi/django", "pkg:pypi/Django@3.2", true),
            ("pkg:pypi/django-*", "pkg:pypi/django_rest@3.2", true),
            ("pkg:pypi/django-*", "pkg:pypi/django@3.2", false),
            ("pkg:npm/%40acme/*", "pkg:npm/%40acme/ui@1", true),
            ("pkg:npm/@acme/*", "pkg:npm/%40acme/ui@1", true),
            ("pkg:npm/%40acme/*", "pkg:npm/%40acmee/ui@1", false),
            ("pkg:pypi/a@1.*", "pkg:pypi/a@1.5", true),
            ("pkg:pypi/a@1.*", "pkg:pypi/a@2.1.5", false),
            ("pkg:pypi/a@1.*", "pkg:pypi/a", false),
            ("pkg:*/left-pad", "pkg:npm/left-pad@1", true),
            ("pkg:deb/debian/lib*?distro=debian-12", "pkg:deb/debian/libc6@2?distro=debian-12&arch=x", true),
            ("pkg:deb/debian/lib*?distro=debian-12", "pkg:deb/debian/libc6@2?distro=debian-11", false),
            ("pkg:npm/*a*b*", "pkg:npm/xxayybzz", true),
            ("pkg:npm/*ab*b", "pkg:npm/ab", false),
        ] {
            let pattern = PurlPattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(&Purl::parse(found).unwrap()), expected, "{} {found}", pattern.as_str());
        }
    }

    #[test]
    fn what_names_nothing_is_known() {
        for (pattern, expected) in [
            ("pkg:pypi/*", true),
            ("pkg:*/*", true),
            ("pkg:npm/*/*", true),
            ("pkg:npm/@*/*", true),
            ("pkg:npm/a*", false),
            ("pkg:npm/@acme/*", false),
        ] {
            assert_eq!(PurlPattern::parse(pattern).unwrap().is_everything(), expected, "{pattern}");
        }
        assert!(PurlPattern::parse("*").is_err() && PurlPattern::parse("django").is_err());
    }
}
