//! One requirement, as PEP 508 and pip's requirements files write it.

use chiron_sdk::Digest;

use super::{from_source, indexed, unresolved, with_archives};
use crate::listing::Package;
use crate::metadata;
use crate::text::one_line;

/// What archives of packages are called.
const ARCHIVES: [&str; 6] = [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"];

/// Longest first, because `==` begins `===`.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// A requirement taken apart: texts as they stand.
#[derive(Debug, PartialEq)]
pub(crate) struct Requirement<'a> {
    pub(crate) name: &'a str,
    /// After `@`: a URL or a path, for one that no index gives.
    pub(crate) location: Option<&'a str>,
    /// `==1.0`, `>=1,<2`, or nothing.
    pub(crate) specifiers: &'a str,
    /// After `;`.
    pub(crate) marker: Option<&'a str>,
}

impl<'a> Requirement<'a> {
    /// Reads `name[extras] (specifiers) ; marker` or `name[extras] @ location ; marker`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let text = text.trim();
        let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !metadata::is_name(name) {
            return Err(format!("`{}` names no package", one_line(text, 60)));
        }
        let rest = without_extras(rest.trim_start())?;
        if let Some(location) = rest.strip_prefix('@') {
            // A URL may hold a semicolon; one that begins a marker has a space before it.
            let (location, marker) = split_marker(location, " ;");
            return Ok(Self { name, location: Some(location), specifiers: "", marker });
        }
        let (specifiers, marker) = split_marker(rest, ";");
        let inner = specifiers.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
        let specifiers = inner.unwrap_or(specifiers).trim();
        check(specifiers)?;
        Ok(Self { name, location: None, specifiers, marker })
    }

    /// The one version it allows: by `==` without a star, or `===`. None where it allows many, or contradicts itself.
    pub(crate) fn version(&self) -> Option<&'a str> {
        let mut exact = clauses(self.specifiers).filter_map(|(operator, version)| {
            (matches!(operator, "==" | "===") && !version.ends_with('*')).then_some(version)
        });
        let version = exact.next()?;
        exact.all(|other| other == version).then_some(version)
    }

    /// The package it asks for.
    pub(crate) fn package(&self) -> Result<Package, String> {
        let package = match (self.location, self.version()) {
            (Some(location), _) => {
                let version = archive_name(location).and_then(|(_, version)| version);
                from_source(self.name, version.as_deref(), location)?
            }
            (None, Some(version)) => indexed(self.name, Some(version))?,
            (None, None) => unresolved(indexed(self.name, None)?, self.specifiers),
        };
        Ok(match self.marker {
            Some(marker) => package.with("chiron:marker", marker),
            None => package,
        })
    }
}

/// A package by where it lies: `git+https://...#egg=name`, `./name-1.0-py3-none-any.whl`, a folder.
pub(crate) fn located(location: &str) -> Result<Package, String> {
    let (location, marker) = split_marker(location, " ;");
    let (name, version) = egg(location)
        .map(|name| (name.to_owned(), None))
        .or_else(|| archive_name(location))
        .ok_or_else(|| format!("`{}` does not say which package it is", one_line(&shown(location), 100)))?;
    let package = from_source(&name, version.as_deref(), location)?;
    Ok(match marker {
        Some(marker) => package.with("chiron:marker", marker),
        None => package,
    })
}

/// Whether a requirement begins with a URL, a path or an archive, not with a name.
pub(crate) fn is_location(text: &str) -> bool {
    let (text, _) = split_marker(text, " ;");
    let name_end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    let rest = text[name_end..].trim_start();
    // `name @ https://...` and `name[extra] @ ...` name their package first.
    let named = name_end > 0 && rest.starts_with(['@', '[']);
    let path = text.starts_with(['.', '/', '~', '\\']) || rest.starts_with(['/', '\\', ':', '+']);
    !named && (path || ARCHIVES.iter().any(|end| text.ends_with(end)))
}

/// Its archives' digests: one is the component's, of several nobody knows which will be installed.
pub(crate) fn with_hashes(mut package: Package, hashes: &[&str]) -> Package {
    match hashes {
        [hash] if package.purl.is_some() => {
            if let Some((algorithm @ ("sha256" | "sha384" | "sha512"), value)) = hash.split_once(':') {
                let value = value.to_ascii_lowercase();
                if value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    package.digests = vec![Digest { algorithm: algorithm.to_owned(), value }];
                }
            }
            package
        }
        many => with_archives(package, many.iter().copied()),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn without_extras(text: &str) -> Result<&str, String> {
    match text.strip_prefix('[') {
        None => Ok(text),
        Some(extras) => match extras.split_once(']') {
            Some((_, rest)) => Ok(rest.trim_start()),
            None => Err(format!("`{}` does not close its extras", one_line(text, 60))),
        },
    }
}

fn split_marker<'a>(text: &'a str, separator: &str) -> (&'a str, Option<&'a str>) {
    match text.split_once(separator) {
        Some((before, marker)) => (before.trim(), Some(marker.trim()).filter(|marker| !marker.is_empty())),
        None => (text.trim(), None),
    }
}

/// Operator and version of each clause; what is neither was refused by [`check`].
fn clauses(specifiers: &str) -> impl Iterator<Item = (&'static str, &str)> {
    specifiers.split(',').map(str::trim).filter_map(|clause| {
        let operator = OPERATORS.into_iter().find(|operator| clause.starts_with(operator))?;
        Some((operator, clause[operator.len()..].trim()))
    })
}

fn check(specifiers: &str) -> Result<(), String> {
    let parts = specifiers.split(',').filter(|part| !part.trim().is_empty()).count();
    let fine = |version: &str| {
        let of_version = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '!' | '*');
        !version.is_empty() && version.chars().all(of_version)
    };
    if clauses(specifiers).filter(|(_, version)| fine(version)).count() == parts {
        return Ok(());
    }
    Err(format!("`{}` is no version specifier", one_line(specifiers, 60)))
}

/// `#egg=name`, `#egg=name[extra]&subdirectory=...`.
fn egg(location: &str) -> Option<&str> {
    let (_, fragment) = location.split_once('#')?;
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="))?;
    let end = egg.find(|c: char| !is_of_name(c)).unwrap_or(egg.len());
    Some(&egg[..end]).filter(|name| metadata::is_name(name))
}

/// Name and version by an archive's name: PEP 427 for wheels; for sdists, what is before and after the last `-`.
fn archive_name(location: &str) -> Option<(String, Option<String>)> {
    let path = location.split(['?', '#']).next()?;
    let file = path.rsplit(['/', '\\']).next()?.replace("%2B", "+").replace("%2b", "+");
    let (stem, end) = ARCHIVES.iter().find_map(|end| Some((file.strip_suffix(end)?, *end)))?;
    let (name, version) = match end {
        ".whl" => stem.split_once('-').map(|(name, rest)| (name, rest.split('-').next().unwrap_or_default())),
        _ => stem.rsplit_once('-'),
    }?;
    let starts = version.starts_with(|c: char| c.is_ascii_digit());
    (metadata::is_name(name) && starts).then(|| (name.to_owned(), Some(version.to_owned())))
}

fn shown(location: &str) -> String {
    crate::text::without_credentials(location)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::{SOURCE, UNRESOLVED};

    fn property(package: &Package, key: &str) -> Option<String> {
        package.properties.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    #[test]
    fn extras_spaces_parentheses_and_markers_do_not_hide_the_version() {
        for text in [
            "celery[redis, pytest]==4.4.7",
            "celery == 4.4.7",
            "celery (==4.4.7)",
            "celery[redis] (== 4.4.7) ; python_version < \"4\"",
            "celery===4.4.7",
            "celery>=4,==4.4.7,!=4.4.6",
            "celery ==4.4.7;sys_platform=='win32'",
        ] {
            let package = Requirement::parse(text).unwrap().package().unwrap();
            assert_eq!(package.purl.as_deref(), Some("pkg:pypi/celery@4.4.7"), "{text}");
        }
    }

    #[test]
    fn what_allows_many_versions_is_unresolved() {
        for (text, asked) in [
            ("flask", "any version"),
            ("flask>=1,<2", ">=1,<2"),
            ("flask==1.*", "==1.*"),
            ("flask==1.0,==2.0", "==1.0,==2.0"),
            ("flask~=1.0 ; python_version < '3'", "~=1.0"),
        ] {
            let package = Requirement::parse(text).unwrap().package().unwrap();
            assert_eq!((package.version.as_deref(), package.purl.as_deref()), (None, Some("pkg:pypi/flask")), "{text}");
            assert_eq!(property(&package, UNRESOLVED).as_deref(), Some(asked), "{text}");
        }
    }

    #[test]
    fn a_direct_reference_has_a_source_and_no_purl() {
        let text = "pip[x] @ https://u:secret@files.example/pip-1.3.1%2Bcpu-py3-none-any.whl;x ; python_version>'3'";
        let package = Requirement::parse(text).unwrap().package().unwrap();
        assert_eq!((package.name.as_str(), package.purl), ("pip", None));
        let property = |key: &str| package.properties.iter().find(|(known, _)| known == key).map(|(_, v)| v.as_str());
        assert_eq!(property(SOURCE), Some("https://files.example/pip-1.3.1%2Bcpu-py3-none-any.whl;x"));
        assert_eq!(property("chiron:marker"), Some("python_version>'3'"));
    }

    #[test]
    fn places_say_which_package_lies_there_or_are_refused() {
        let read = |text: &str| located(text).map(|package| (package.name, package.version.unwrap_or_default()));
        let is = |name: &str, version: &str| Ok((name.to_owned(), version.to_owned()));
        assert_eq!(read("git+https://h.example/a.git@v1#egg=zope.x[y]&subdirectory=z"), is("zope.x", ""));
        assert_eq!(read("./dist/a_b-1.0+cpu-py3-none-any.whl"), is("a_b", "1.0+cpu"));
        assert_eq!(read("https://h.example/zope-x-5.4.tar.gz#sha256=ab"), is("zope-x", "5.4"));
        assert_eq!(read(".").unwrap_err(), "`.` does not say which package it is");
        assert!(!read("git+https://t0ken@h.example/a.git").unwrap_err().contains("t0ken"));
        for text in [".", "./a", "../a", "/a", "a/b", "https://x.example/a", "git+ssh://x", "a-1.whl", "C:\\a"] {
            assert!(is_location(text), "{text}");
        }
        for text in ["a", "a==1", "a @ https://x.example/a.whl", "a[x] @ git+https://x.example/a", "a.b"] {
            assert!(!is_location(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_requirement_is_refused_by_name() {
        for (text, reason) in [
            ("", "`` names no package"),
            ("-1", "`-1` names no package"),
            ("a b", "`b` is no version specifier"),
            ("a==", "`==` is no version specifier"),
            ("a[x==1", "`[x==1` does not close its extras"),
            ("a==1 2", "`==1 2` is no version specifier"),
            ("a==${V}", "`==${V}` is no version specifier"),
            ("<<<<<<< HEAD", "`<<<<<<< HEAD` names no package"),
        ] {
            assert_eq!(Requirement::parse(text).unwrap_err(), reason);
        }
    }
}
