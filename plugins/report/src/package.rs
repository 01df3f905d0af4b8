//! Packages as reports name them, and what makes two names one package.

/// A package that a report speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// As the report says; empty where it says none.
    pub purl: String,
    /// For people.
    pub name: String,
    /// Empty where the report says none.
    pub version: String,
}

impl Package {
    /// "requests 2.31.0".
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} {}", self.name, self.version).trim_end().to_owned()
    }

    /// The purl, or what stands for it.
    pub(crate) fn identity(&self) -> String {
        if self.purl.is_empty() { format!("{}@{}", self.name, self.version) } else { self.purl.clone() }
    }
}

/// Type, namespace, name and version of a purl, each as its type has it, in one text. Qualifiers are left out: they say where
/// a package is for or from, and tools differ about which of them to write. None for what is no purl, or has no version.
pub(crate) fn key(purl: &str) -> Option<String> {
    let rest = purl.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("pkg:")).and(purl.get(4..))?;
    let rest = rest.trim_start_matches('/');
    let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let (path, version) = path.rsplit_once('@').filter(|(_, version)| !version.contains('/'))?;
    let (kind, name) = path.split_once('/')?;
    let kind = kind.to_ascii_lowercase();
    let (name, version) = (decode(name)?, decode(version)?);
    if name.is_empty() || version.is_empty() {
        return None;
    }
    let name = match kind.as_str() {
        "pypi" => python(&name),
        // The specification has these in lower case, and not every tool writes them so.
        "npm" | "golang" | "composer" | "github" | "bitbucket" | "hex" | "nuget" | "deb" | "apk" | "rpm" => {
            name.to_lowercase()
        }
        _ => name,
    };
    let version = match kind.as_str() {
        "golang" => version.strip_prefix('v').unwrap_or(&version).to_owned(),
        "deb" | "rpm" => with_epoch(&version, qualifiers),
        _ => version,
    };
    Some(format!("{kind}/{name}@{version}"))
}

/// PEP 503: runs of `-`, `_` and `.` are one `-`.
fn python(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.extend(c.to_lowercase()),
        }
    }
    normal
}

/// Some tools write the epoch into a qualifier, others before the version. None is 0.
fn with_epoch(version: &str, qualifiers: &str) -> String {
    let said = qualifiers.split('&').find_map(|qualifier| qualifier.strip_prefix("epoch="));
    match (version.strip_prefix("0:"), said) {
        (Some(bare), _) => bare.to_owned(),
        (None, Some(epoch)) if epoch != "0" && !version.contains(':') => format!("{epoch}:{version}"),
        _ => version.to_owned(),
    }
}

/// Percent-decoding; None for what is not UTF-8 then.
fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let hex = |byte: Option<&u8>| {
        byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
    };
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        match (byte, hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_package_are_one() {
        for (one, other) in [
            ("pkg:pypi/Zope.Interface@5.0", "pkg:pypi/zope-interface@5.0"),
            ("pkg:npm/%40babel/core@7.0.0", "pkg:npm/@babel/core@7.0.0"),
            ("pkg:golang/github.com/Masterminds/semver@v1.5.0", "pkg:golang/github.com/masterminds/semver@1.5.0"),
            (
                "pkg:deb/debian/git@1%3A2.39.5-0?arch=amd64&distro=debian-12",
                "pkg:deb/debian/git@2.39.5-0?arch=amd64&epoch=1",
            ),
            ("pkg:deb/debian/a@0:1-1", "pkg:deb/debian/a@1-1?epoch=0"),
            ("pkg:golang/a.b/c@v1.0.0%2Bincompatible#sub", "PKG:golang/a.b/c@v1.0.0+incompatible"),
        ] {
            assert_eq!(key(one).unwrap(), key(other).unwrap());
        }
    }

    #[test]
    fn what_differs_is_another_package_and_what_is_no_purl_is_none() {
        assert_ne!(key("pkg:deb/debian/a@1"), key("pkg:deb/ubuntu/a@1"));
        assert_ne!(key("pkg:maven/a/B@1"), key("pkg:maven/a/b@1"));
        assert_ne!(key("pkg:deb/debian/a@1:1"), key("pkg:deb/debian/a@1"));
        for text in [
            "",
            "pkg",
            "pkg:",
            "pkg:pypi/a",
            "pkg:npm/@scope/name",
            "pkg:pypi/@1",
            "pkg:pypi/a@",
            "http://x@1",
            "pkg:a@1",
            "pkg:pypi/%ff@1",
            "日本語",
        ] {
            assert_eq!(key(text), None, "{text}");
        }
        assert!(key("pkg:pypi/a%4@1").is_some(), "half an escape is a text");
    }
}
