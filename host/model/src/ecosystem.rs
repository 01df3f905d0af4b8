//! The package ecosystems whose names and version orders the advisory engine knows.

mod distribution;
mod release;

use std::fmt;

pub use self::distribution::Installed;
pub use self::release::Release;
use crate::purl::Purl;

/// An ecosystem with a version order. Adding one is a variant here and an arm in `advisories/src/version.rs`, with a file
/// beside it where the order is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// Python packages; names by PEP 503, versions by PEP 440.
    PyPi,
    /// JavaScript packages; names as written (old ones have capitals), versions by SemVer 2.0.
    Npm,
    /// Rust crates from the public registry; versions by SemVer 2.0.
    CratesIo,
    /// Go modules; names without regard to case, because package URLs lower them; versions by SemVer 2.0.
    Go,
    /// Maven artifacts, `group:artifact`; versions by Maven's version order.
    Maven,
    /// Ruby gems; versions by `Gem::Version`.
    RubyGems,
    /// .NET packages; names without regard to case, versions by NuGet's order.
    NuGet,
    /// PHP packages, `vendor/name`, without regard to case; versions by Composer's order.
    Packagist,
    /// Debian; source packages, versions by dpkg.
    Debian,
    /// Ubuntu; source packages, versions by dpkg.
    Ubuntu,
    /// Alpine Linux; source packages, versions by apk-tools.
    Alpine,
    /// Wolfi, which has no releases; source packages, versions by apk-tools.
    Wolfi,
    /// Chainguard's packages, which have no releases; source packages, versions by apk-tools.
    Chainguard,
    /// Red Hat's products; binary packages, versions by RPM.
    RedHat,
    /// Rocky Linux; binary packages, versions by RPM.
    RockyLinux,
    /// AlmaLinux; binary packages, versions by RPM.
    AlmaLinux,
    /// SUSE Linux Enterprise; source packages, versions by RPM.
    Suse,
    /// openSUSE; source packages, versions by RPM.
    OpenSuse,
    /// openEuler; source packages, versions by RPM.
    OpenEuler,
    /// Mageia; source packages, versions by RPM.
    Mageia,
    /// Azure Linux, once CBL-Mariner; source packages, versions by RPM.
    AzureLinux,
}

impl Ecosystem {
    /// Every ecosystem, in the order in which documentation lists them.
    pub const ALL: [Self; 21] = [
        Self::PyPi,
        Self::Npm,
        Self::CratesIo,
        Self::Go,
        Self::Maven,
        Self::RubyGems,
        Self::NuGet,
        Self::Packagist,
        Self::Debian,
        Self::Ubuntu,
        Self::Alpine,
        Self::Wolfi,
        Self::Chainguard,
        Self::RedHat,
        Self::RockyLinux,
        Self::AlmaLinux,
        Self::Suse,
        Self::OpenSuse,
        Self::OpenEuler,
        Self::Mageia,
        Self::AzureLinux,
    ];

    /// The name in OSV records (OSV schema, `affected[].package.ecosystem`), without a release.
    #[must_use]
    pub const fn osv_name(self) -> &'static str {
        match self {
            Self::PyPi => "PyPI",
            Self::Npm => "npm",
            Self::CratesIo => "crates.io",
            Self::Go => "Go",
            Self::Maven => "Maven",
            Self::RubyGems => "RubyGems",
            Self::NuGet => "NuGet",
            Self::Packagist => "Packagist",
            Self::Debian => "Debian",
            Self::Ubuntu => "Ubuntu",
            Self::Alpine => "Alpine",
            Self::Wolfi => "Wolfi",
            Self::Chainguard => "Chainguard",
            Self::RedHat => "Red Hat",
            Self::RockyLinux => "Rocky Linux",
            Self::AlmaLinux => "AlmaLinux",
            Self::Suse => "SUSE",
            Self::OpenSuse => "openSUSE",
            Self::OpenEuler => "openEuler",
            Self::Mageia => "Mageia",
            Self::AzureLinux => "Azure Linux",
        }
    }

    /// The package type in purls (purl specification, `types/`).
    #[must_use]
    pub const fn purl_type(self) -> &'static str {
        match self {
            Self::PyPi => "pypi",
            Self::Npm => "npm",
            Self::CratesIo => "cargo",
            Self::Go => "golang",
            Self::Maven => "maven",
            Self::RubyGems => "gem",
            Self::NuGet => "nuget",
            Self::Packagist => "composer",
            Self::Debian | Self::Ubuntu => "deb",
            Self::Alpine | Self::Wolfi | Self::Chainguard => "apk",
            Self::RedHat
            | Self::RockyLinux
            | Self::AlmaLinux
            | Self::Suse
            | Self::OpenSuse
            | Self::OpenEuler
            | Self::Mageia
            | Self::AzureLinux => "rpm",
        }
    }

    /// Whether its packages are those of a distribution, whose purls name it by namespace or by the qualifier `distro`.
    #[must_use]
    pub fn is_distribution(self) -> bool {
        matches!(self.purl_type(), "deb" | "apk" | "rpm")
    }

    /// Whether its advisories hold for one release of it (OSV: `Debian:12`).
    #[must_use]
    pub fn has_releases(self) -> bool {
        self.is_distribution() && !matches!(self, Self::Wolfi | Self::Chainguard)
    }

    /// Whether its advisories name source packages. Red Hat's and its rebuilds' name binary ones.
    #[must_use]
    pub fn goes_by_source(self) -> bool {
        self.is_distribution() && !matches!(self, Self::RedHat | Self::RockyLinux | Self::AlmaLinux)
    }

    /// Finds an ecosystem by the name OSV gives it, with a release behind a colon where it has releases. `Maven:` with a
    /// repository behind it is another place than Maven's own, and none that is known here.
    #[must_use]
    pub fn from_osv_name(name: &str) -> Option<Self> {
        let (base, release) = name.split_once(':').map_or((name, None), |(base, release)| (base, Some(release)));
        let found = Self::ALL.into_iter().find(|ecosystem| ecosystem.osv_name() == base)?;
        (release.is_none() || found.has_releases()).then_some(found)
    }

    /// Finds the ecosystem of a purl by its type; for packages of distributions by namespace, or without one by the
    /// qualifier `distro`.
    #[must_use]
    pub fn of(purl: &Purl) -> Option<Self> {
        match purl.kind() {
            "deb" | "apk" | "rpm" => Installed::of(purl).map(|installed| installed.ecosystem),
            kind => Self::ALL.into_iter().find(|ecosystem| ecosystem.purl_type() == kind),
        }
    }

    /// The package's name as advisories are keyed by it, from the name in a record or a purl's full name.
    ///
    /// PyPI: PEP 503 (runs of `-`, `_` and `.` become one `-`, lower case), with extras such as `[redis]` cut off.
    /// Go, NuGet, Packagist: lower case; Go's standard library is `stdlib`. Maven: `group:artifact`. Others: exact.
    #[must_use]
    pub fn canonical_name(self, name: &str) -> String {
        match self {
            Self::PyPi => pep503(name.split('[').next().unwrap_or(name)),
            Self::Go if name == "std" => "stdlib".to_owned(),
            Self::Go | Self::NuGet | Self::Packagist => name.to_lowercase(),
            Self::Maven => name.replace('/', ":"),
            Self::Npm
            | Self::CratesIo
            | Self::RubyGems
            | Self::Debian
            | Self::Ubuntu
            | Self::Alpine
            | Self::Wolfi
            | Self::Chainguard
            | Self::RedHat
            | Self::RockyLinux
            | Self::AlmaLinux
            | Self::Suse
            | Self::OpenSuse
            | Self::OpenEuler
            | Self::Mageia
            | Self::AzureLinux => name.to_owned(),
        }
    }
}

/// PEP 503, "Normalized Names". No name begins or ends with a separator or a blank: what does is none, and loses both together, so
/// that a name once normal stays as it is.
fn pep503(name: &str) -> String {
    let is_separator = |c| matches!(c, '-' | '_' | '.');
    let mut normal = String::with_capacity(name.len());
    let mut separator = false;
    for c in name.trim_matches(|c: char| is_separator(c) || c.is_whitespace()).chars() {
        if is_separator(c) {
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
        for name in ["Z ..", ". Z", " z-", "z [x]"] {
            assert_eq!(Ecosystem::PyPi.canonical_name(name), "z", "{name}");
        }
    }

    #[test]
    fn names_follow_the_rule_of_their_ecosystem() {
        for (ecosystem, name, expected) in [
            (Ecosystem::Go, "github.com/Masterminds/goutils", "github.com/masterminds/goutils"),
            (Ecosystem::Go, "std", "stdlib"),
            (Ecosystem::Maven, "org.apache.logging.log4j/log4j-core", "org.apache.logging.log4j:log4j-core"),
            (Ecosystem::Maven, "org.apache.logging.log4j:log4j-core", "org.apache.logging.log4j:log4j-core"),
            (Ecosystem::NuGet, "Newtonsoft.Json", "newtonsoft.json"),
            (Ecosystem::Packagist, "Symfony/HTTP-Kernel", "symfony/http-kernel"),
            (Ecosystem::RubyGems, "RedCloth", "RedCloth"),
        ] {
            assert_eq!(ecosystem.canonical_name(name), expected);
        }
    }

    #[test]
    fn an_ecosystem_is_found_by_its_name_with_or_without_a_release() {
        for ecosystem in Ecosystem::ALL {
            let (name, released) = (ecosystem.osv_name(), format!("{}:12", ecosystem.osv_name()));
            assert_eq!(Ecosystem::from_osv_name(name), Some(ecosystem));
            assert_eq!(Ecosystem::from_osv_name(&released), ecosystem.has_releases().then_some(ecosystem));
        }
        assert_eq!(Ecosystem::from_osv_name("Debian GNU"), None);
    }

    #[test]
    fn a_purl_says_its_ecosystem_by_type_and_distribution() {
        for (purl, expected) in [
            ("pkg:golang/golang.org/x/net@v0.1.0", Some(Ecosystem::Go)),
            ("pkg:maven/a/b@1", Some(Ecosystem::Maven)),
            ("pkg:composer/a/b@1", Some(Ecosystem::Packagist)),
            ("pkg:deb/debian/a@1", Some(Ecosystem::Debian)),
            ("pkg:deb/a@1?distro=ubuntu-22.04", Some(Ecosystem::Ubuntu)),
            ("pkg:deb/raspbian/a@1?distro=debian-12", None),
            ("pkg:deb/a@1", None),
            ("pkg:rpm/redhat/a@1", Some(Ecosystem::RedHat)),
            ("pkg:rpm/debian/a@1", None),
            ("pkg:apk/wolfi/a@1", Some(Ecosystem::Wolfi)),
            ("pkg:hackage/a@1", None),
        ] {
            assert_eq!(Ecosystem::of(&Purl::parse(purl).unwrap()), expected, "{purl}");
        }
    }

    #[test]
    fn javascript_and_rust_names_are_exact() {
        assert_eq!(Ecosystem::Npm.canonical_name("Morris.js"), "Morris.js");
        assert_eq!(Ecosystem::CratesIo.canonical_name("Inflector"), "Inflector");
    }
}
