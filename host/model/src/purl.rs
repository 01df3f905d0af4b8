//! Package URLs.

use std::fmt;

mod canonical;

pub use canonical::Parts;

/// A valid package URL.
///
/// It remembers the text it was made from: an SBOM's purls are published again exactly as they stood there, and
/// the parts used for matching are taken from the decoded form. Two purls are equal when their texts are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    text: String,
    parts: Parts,
}

/// The text is not a package URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a package URL: {reason}")]
pub struct PurlError {
    text: String,
    reason: String,
}

/// Longest purl the host reads, in bytes. Real ones stay under 300; beyond this it is an attack on whoever prints it.
pub const PURL_BYTES_MAX: usize = 4096;

impl Purl {
    /// Parses a package URL and keeps its text.
    ///
    /// Namespace and name are kept in the case in which they were written, also where the purl specification lower-cases
    /// them: old npm packages and Go modules have capitals, and advisories name them so. [`Self::canonical`] has its form.
    /// [`crate::ecosystem::Ecosystem::canonical_name`] is what decides about equality of names.
    ///
    /// # Errors
    /// When the text does not follow the purl specification or is longer than [`PURL_BYTES_MAX`].
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        let shown = || text.chars().take(200).collect::<String>();
        if text.len() > PURL_BYTES_MAX {
            return Err(PurlError { text: shown(), reason: format!("longer than {PURL_BYTES_MAX} bytes") });
        }
        if text.chars().any(char::is_control) {
            return Err(PurlError {
                text: shown().escape_default().to_string(),
                reason: "it holds a control character".to_owned(),
            });
        }
        let parts = Parts::parse(text).map_err(|reason| PurlError { text: shown(), reason: reason.to_owned() })?;
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The parts as the type spells them: with its case, in its order.
    #[must_use]
    pub fn canonical(&self) -> Parts {
        self.parts.clone().canonical()
    }

    /// The package type, e.g. `pypi`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.parts.kind
    }

    /// The namespace, decoded, e.g. `@babel`.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.parts.namespace.as_deref()
    }

    /// The name, decoded, as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// Namespace and name as package managers write them, e.g. `@babel/core`.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.parts.namespace {
            Some(namespace) => format!("{namespace}/{}", self.parts.name),
            None => self.parts.name.clone(),
        }
    }

    /// The version, decoded.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.parts.version.as_deref()
    }

    /// The same package in another version. Qualifiers stay, the subpath goes.
    ///
    /// # Errors
    /// As [`Purl::parse`], when the version makes the text too long.
    pub fn at(&self, version: &str) -> Result<Self, PurlError> {
        let whole = self.as_str().split('#').next().unwrap_or_default();
        let (package, qualifiers) = whole.split_once('?').map_or((whole, None), |(p, q)| (p, Some(q)));
        // The name begins behind the last slash; an `@` before that belongs to a scope.
        let name = package.rfind('/').map_or(0, |slash| slash + 1);
        let end = package[name..].find('@').map_or(package.len(), |at| name + at);
        let mut text = format!("{}@", &package[..end]);
        for byte in version.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => text.push(char::from(byte)),
                other => text.push_str(&format!("%{other:02X}")),
            }
        }
        if let Some(qualifiers) = qualifiers {
            text.push('?');
            text.push_str(qualifiers);
        }
        Self::parse(&text)
    }

    /// The value of a qualifier, e.g. `distro`.
    #[must_use]
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.parts.qualifier(key)
    }

    /// Every qualifier, sorted by key.
    #[must_use]
    pub fn qualifiers(&self) -> &[(String, String)] {
        &self.parts.qualifiers
    }

    /// The subpath, decoded.
    #[must_use]
    pub fn subpath(&self) -> Option<&str> {
        self.parts.subpath.as_deref()
    }

    /// The same purl with one more qualifier, or as it is where it has that already; None where the result would be no purl,
    /// or too long.
    #[must_use]
    pub fn with_qualifier(&self, key: &str, value: &str) -> Option<Self> {
        if self.qualifier(key).is_some() {
            return Some(self.clone());
        }
        let Parts { kind, namespace, name, version, mut qualifiers, subpath } = self.parts.clone();
        qualifiers.push((key.to_owned(), value.to_owned()));
        let (namespace, subpath) = (namespace.unwrap_or_default(), subpath.unwrap_or_default());
        let parts = Parts::new(&kind, &namespace, &name, version.as_deref(), qualifiers, &subpath).ok()?;
        Self::parse(&parts.to_string()).ok()
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_text_and_decodes_parts() {
        let purl = Purl::parse("pkg:npm/%40babel/core@7.11.0+build.5").unwrap();
        assert_eq!(purl.full_name(), "@babel/core");
        assert_eq!(purl.version(), Some("7.11.0+build.5"));
        assert_eq!(purl.to_string(), "pkg:npm/%40babel/core@7.11.0+build.5");
    }

    #[test]
    fn keeps_the_case_of_names() {
        assert_eq!(Purl::parse("pkg:npm/Morris.js@0.5.0").unwrap().name(), "Morris.js");
        assert_eq!(Purl::parse("pkg:pypi/Django@1.0").unwrap().name(), "Django");
        assert_eq!(Purl::parse("pkg:npm/%40Scope/Name").unwrap().full_name(), "@Scope/Name");
        assert_eq!(Purl::parse("pkg:npm/@scope/name").unwrap().full_name(), "@scope/name");
    }

    #[test]
    fn epochs_and_extras_survive() {
        let purl = Purl::parse("pkg:pypi/ait-core%5Bsecurity%5D@1%212.2.0").unwrap();
        assert_eq!(purl.name(), "ait-core[security]");
        assert_eq!(purl.version(), Some("1!2.2.0"));
    }

    #[test]
    fn a_qualifier_can_be_added_but_not_replaced() {
        let purl = Purl::parse("pkg:deb/debian/a@1?arch=amd64#x").unwrap();
        let named = purl.with_qualifier("upstream", "b@1+2").unwrap();
        assert_eq!(named.as_str(), "pkg:deb/debian/a@1?arch=amd64&upstream=b%401%2B2#x");
        assert_eq!(named.qualifier("upstream"), Some("b@1+2"));
        assert_eq!(named.with_qualifier("upstream", "c"), Some(named.clone()));
    }

    #[test]
    fn another_version_of_the_same_package() {
        for (purl, version, other) in [
            ("pkg:npm/@scope/name@1", "2.0.0+b", "pkg:npm/@scope/name@2.0.0%2Bb"),
            ("pkg:npm/%40scope/name", "2", "pkg:npm/%40scope/name@2"),
            ("pkg:deb/debian/a@1%3A2?distro=debian-12#x", "1:3~x", "pkg:deb/debian/a@1%3A3~x?distro=debian-12"),
        ] {
            let found = Purl::parse(purl).unwrap().at(version).unwrap();
            assert_eq!((found.as_str(), found.version()), (other, Some(version)));
        }
    }

    #[test]
    fn a_qualifier_is_added_in_its_place_and_encoded() {
        let purl = Purl::parse("pkg:deb/debian/mount@2.38.1?arch=amd64&epoch=1#usr/bin").unwrap();
        let purl =
            purl.with_qualifier("distro", "debian-12").and_then(|purl| purl.with_qualifier("upstream", "u@1:2+b1"));
        let expected = "pkg:deb/debian/mount@2.38.1?arch=amd64&distro=debian-12&epoch=1&upstream=u%401:2%2Bb1#usr/bin";
        assert_eq!(purl.as_ref().unwrap().as_str(), expected);
        assert_eq!(purl.unwrap().qualifier("upstream"), Some("u@1:2+b1"));
        assert_eq!(Purl::parse("pkg:npm/a").unwrap().with_qualifier("a b", "x"), None);
    }

    #[test]
    fn refuses_what_is_no_purl() {
        for text in ["", "django", "pkg:", "pkg:pypi", "pkg:pypi/", "pkg:pypi/a\u{1b}[31mb"] {
            assert!(Purl::parse(text).is_err(), "{text}");
        }
    }
}
