//! What the files of Python's tools have in common.

pub(crate) mod conda;
pub(crate) mod direct_url;
pub(crate) mod environment;
mod packages;
pub(crate) mod pdm;
pub(crate) mod pipfile;
pub(crate) mod poetry;
pub(crate) mod pylock;
mod requirement;
pub(crate) mod requirements;
pub(crate) mod sdist;
pub(crate) mod uv;

use std::collections::BTreeMap;

use crate::listing::{Package, SOURCE, UNRESOLVED};
use crate::metadata;
use crate::purl;
use crate::text::{one_line, without_credentials};

/// Digests of a package's archives kept. A package with wheels for every platform has about a hundred.
const ARCHIVES_MAX: usize = 128;

/// Packages of one name that dependencies are looked for in. No real lock file has more than a few; a hostile one would make
/// every dependency mean every package.
pub(crate) const SAME_NAME_MAX: usize = 32;

/// A package from an index. A mirror of PyPI and an index of one's own look alike in these files, and a package that was not
/// judged is worse than one judged by PyPI's records: both get the registry's purl.
pub(crate) fn indexed(name: &str, version: Option<&str>) -> Result<Package, String> {
    let (name, version) = checked(name, version)?;
    Ok(Package::new(name, version, Some(purl::pypi(name, version))))
}

/// A package that no index gave: no registry's advisory is about it, so it has no purl.
pub(crate) fn from_source(name: &str, version: Option<&str>, source: &str) -> Result<Package, String> {
    let (name, version) = checked(name, version)?;
    Ok(Package::new(name, version, None).with(SOURCE, &without_credentials(source)))
}

/// The same package, of which the file pins no version: what it asks for instead.
pub(crate) fn unresolved(package: Package, asked: &str) -> Package {
    let asked = if asked.trim().is_empty() { "any version" } else { asked };
    package.with(UNRESOLVED, asked)
}

/// The digests of its archives, `sha256:...` each. Which of them was installed nobody can tell here, so they are
/// properties, not the component's digests.
pub(crate) fn with_archives<'a>(mut package: Package, digests: impl Iterator<Item = &'a str>) -> Package {
    let is_digest = |text: &&str| {
        let hex = |hex: &str| !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.split_once(':').is_some_and(|(algorithm, value)| !algorithm.is_empty() && hex(value))
    };
    for digest in digests.filter(is_digest).take(ARCHIVES_MAX) {
        package = package.with("chiron:archive-digest", digest);
    }
    package
}

fn checked<'a>(name: &'a str, version: Option<&'a str>) -> Result<(&'a str, Option<&'a str>), String> {
    if !metadata::is_name(name) {
        return Err(format!("`{}` is no name of a package", one_line(name, 60)));
    }
    match version {
        Some(version) if !is_version(version) => Err(format!("`{}` is no version", one_line(version, 60))),
        version => Ok((name, version)),
    }
}

/// The characters of PEP 440, whatever their order: old versions follow no rule.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '!'))
}

/// Packages by name as PEP 503 compares names, to find what a dependency means.
#[derive(Default)]
pub(crate) struct Known {
    by_name: BTreeMap<String, Vec<(Option<String>, String)>>,
}

impl Known {
    /// Remembers a package under its id in the listing.
    pub(crate) fn add(&mut self, name: &str, version: Option<&str>, id: &str) {
        let same = self.by_name.entry(purl::normalized(name)).or_default();
        let package = (version.map(str::to_owned), id.to_owned());
        if same.len() < SAME_NAME_MAX && !same.contains(&package) {
            same.push(package);
        }
    }

    /// Ids of the packages that a dependency on this name can mean. Where markers choose between several versions, it is all.
    pub(crate) fn find(&self, name: &str, version: Option<&str>) -> impl Iterator<Item = &str> {
        let same = self.by_name.get(&purl::normalized(name)).map(Vec::as_slice).unwrap_or_default();
        let fits = move |known: &Option<String>| version.is_none() || known.as_deref() == version;
        same.iter().filter(move |(known, _)| fits(known)).map(|(_, id)| id.as_str())
    }
}
