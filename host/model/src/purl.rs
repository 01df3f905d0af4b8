//! Package URLs.

use std::fmt;
use std::str::FromStr;

use packageurl::PackageUrl;

/// A valid package URL.
///
/// It remembers the text it was made from: an SBOM's purls are published again exactly as they stood there, and
/// the parts used for matching are taken from the decoded form. Two purls are equal when their texts are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    text: String,
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: Vec<(String, String)>,
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
    /// The name is kept in the case in which it was written, also where the purl specification lower-cases it: old npm
    /// packages have capitals and advisories name them so. [`crate::ecosystem::Ecosystem::canonical_name`] is what
    /// decides about equality of names.
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
        let parsed =
            PackageUrl::from_str(text).map_err(|error| PurlError { text: shown(), reason: error.to_string() })?;
        let mut qualifiers: Vec<_> =
            parsed.qualifiers().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        qualifiers.sort();
        Ok(Self {
            text: text.to_owned(),
            kind: parsed.ty().to_owned(),
            namespace: parsed.namespace().map(str::to_owned),
            name: name_as_written(text).unwrap_or_else(|| parsed.name().to_owned()),
            version: parsed.version().map(str::to_owned),
            qualifiers,
        })
    }

    /// The package type, e.g. `pypi`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace, decoded, e.g. `@babel`.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name, decoded, as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Namespace and name as package managers write them, e.g. `@babel/core`.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The version, decoded.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
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
        self.qualifiers.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The same with a qualifier, unless it has it already; None where the result would be no purl.
    #[must_use]
    pub fn with_qualifier(&self, key: &str, value: &str) -> Option<Self> {
        if self.qualifier(key).is_some() {
            return Some(self.clone());
        }
        let (body, subpath) = self.text.split_once('#').unwrap_or((&self.text, ""));
        let join = if body.contains('?') { '&' } else { '?' };
        let encoded: String = value.bytes().map(percent_encode).collect();
        let subpath = if subpath.is_empty() { String::new() } else { format!("#{subpath}") };
        Self::parse(&format!("{body}{join}{key}={encoded}{subpath}")).ok()
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The last segment before `@`, decoded: what the author wrote, where the parser applies the type's case rule.
fn name_as_written(text: &str) -> Option<String> {
    let body = text.split('#').next()?.split('?').next()?;
    let (path, version) = body.rsplit_once('@').unwrap_or((body, ""));
    // `pkg:npm/@scope/name` without a version: the `@` belongs to the scope.
    let path = if version.contains('/') { body } else { path };
    let segment = path.trim_end_matches('/').rsplit('/').next()?;
    let segment = segment.strip_prefix("pkg:").unwrap_or(segment);
    let decoded = percent_decode(segment)?;
    (!decoded.is_empty()).then_some(decoded)
}

fn percent_encode(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(&byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (char::from(*rest.next()?).to_digit(16)?, char::from(*rest.next()?).to_digit(16)?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
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
    fn refuses_what_is_no_purl() {
        for text in ["", "django", "pkg:", "pkg:pypi", "pkg:pypi/", "pkg:pypi/a\u{1b}[31mb"] {
            assert!(Purl::parse(text).is_err(), "{text}");
        }
    }
}
