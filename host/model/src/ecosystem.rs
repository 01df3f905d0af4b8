//! The package ecosystems whose names and version orders the advisory engine knows.

use std::fmt;

use crate::purl::Purl;

/// An ecosystem with a version order of its own. Adding one is a variant here and a file in `advisories/src/version/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// Python packages; names by PEP 503, versions by PEP 440.
    PyPi,
    /// JavaScript packages; names as written (old ones have capitals), versions by SemVer 2.0.
    Npm,
    /// Rust crates from the public registry; versions by SemVer 2.0.
    CratesIo,
}

impl Ecosystem {
    /// Every ecosystem, in the order in which documentation lists them.
    pub const ALL: [Self; 3] = [Self::PyPi, Self::Npm, Self::CratesIo];

    /// The name in OSV records (OSV schema, `affected[].package.ecosystem`).
    #[must_use]
    pub const fn osv_name(self) -> &'static str {
        match self {
            Self::PyPi => "PyPI",
            Self::Npm => "npm",
            Self::CratesIo => "crates.io",
        }
    }

    /// The package type in purls (purl specification, `types/`).
    #[must_use]
    pub const fn purl_type(self) -> &'static str {
        match self {
            Self::PyPi => "pypi",
            Self::Npm => "npm",
            Self::CratesIo => "cargo",
        }
    }

    /// Finds an ecosystem by the name OSV gives it.
    #[must_use]
    pub fn from_osv_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ecosystem| ecosystem.osv_name() == name)
    }

    /// Finds the ecosystem of a purl by its type.
    #[must_use]
    pub fn of(purl: &Purl) -> Option<Self> {
        Self::ALL.into_iter().find(|ecosystem| ecosystem.purl_type() == purl.kind())
    }

    /// The package's name as advisories are keyed by it.
    ///
    /// PyPI: PEP 503 (runs of `-`, `_` and `.` become one `-`, lower case), with extras such as `[redis]` cut off.
    /// npm: `@scope/name`, exact. crates.io: exact.
    #[must_use]
    pub fn canonical_name(self, name: &str) -> String {
        match self {
            Self::PyPi => pep503(name.split('[').next().unwrap_or(name).trim()),
            Self::Npm | Self::CratesIo => name.to_owned(),
        }
    }
}

/// PEP 503, "Normalized Names".
fn pep503(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    let mut separator = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            separator = true;
            continue;
        }
        if separator && !normal.is_empty() {
            normal.push('-');
        }
        separator = false;
        normal.extend(c.to_lowercase());
    }
    normal
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.osv_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_are_normalised_on_both_sides() {
        for name in ["Ruamel.YAML", "ruamel_yaml", "ruamel--yaml", "ruamel.yaml[jinja2]"] {
            assert_eq!(Ecosystem::PyPi.canonical_name(name), "ruamel-yaml");
        }
    }

    #[test]
    fn javascript_and_rust_names_are_exact() {
        assert_eq!(Ecosystem::Npm.canonical_name("Morris.js"), "Morris.js");
        assert_eq!(Ecosystem::CratesIo.canonical_name("Inflector"), "Inflector");
    }
}
