//! The order of versions, one ecosystem after the other.
//!
//! An ecosystem's order is a file in `version/` and an arm in [`Version::parse`].

mod apk;
mod composer;
mod dpkg;
mod gem;
mod go;
#[cfg(test)]
mod judged;
mod maven;
mod nuget;
mod number;
mod pypi;
mod rpm;
mod semver;

use std::cmp::Ordering;

use chiron_model::ecosystem::Ecosystem;

use self::semver::SemVer;

/// Why versions could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// No ecosystem of that name has a version order here.
    #[error("no version order is known for the ecosystem `{name}`")]
    UnknownEcosystem {
        /// As it was asked for, e.g. `Hackage`.
        name: String,
    },
    /// The text is not a version of the ecosystem.
    #[error("`{text}` is not a version of {ecosystem}")]
    NotAVersion {
        /// Whose order was asked for.
        ecosystem: Ecosystem,
        /// The text, cut after 100 characters.
        text: String,
    },
}

impl VersionError {
    pub(crate) fn not_a_version(ecosystem: Ecosystem, text: &str) -> Self {
        Self::NotAVersion { ecosystem, text: text.chars().take(100).collect() }
    }
}

/// The ecosystem with this OSV name (OSV schema, `affected[].package.ecosystem`), e.g. `npm` or `Debian:12`.
///
/// # Errors
/// [`VersionError::UnknownEcosystem`] where Chiron has no version order for it.
pub fn ecosystem_named(name: &str) -> Result<Ecosystem, VersionError> {
    Ecosystem::from_osv_name(name).ok_or_else(|| VersionError::UnknownEcosystem { name: name.to_owned() })
}

/// Compares two versions by the ecosystem's order, e.g. PEP 440 for PyPI, SemVer 2.0 for npm, dpkg's for Debian.
///
/// # Errors
/// [`VersionError::NotAVersion`] for the first text that the order does not know, e.g. PyPI's legacy `0.1-bulbasaur`.
pub fn compare(ecosystem: Ecosystem, left: &str, right: &str) -> Result<Ordering, VersionError> {
    Ok(Version::parse(ecosystem, left)?.cmp(&Version::parse(ecosystem, right)?))
}

/// What an ecosystem's order of versions is called.
pub(crate) const fn order_of(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::PyPi => "PEP 440",
        Ecosystem::Npm | Ecosystem::CratesIo => "SemVer 2.0",
        Ecosystem::Go => "Go modules",
        Ecosystem::Maven => "Maven",
        Ecosystem::RubyGems => "RubyGems",
        Ecosystem::NuGet => "NuGet",
        Ecosystem::Packagist => "Composer",
        Ecosystem::Debian | Ecosystem::Ubuntu => "dpkg",
        Ecosystem::Alpine | Ecosystem::Wolfi | Ecosystem::Chainguard => "apk",
        Ecosystem::RedHat
        | Ecosystem::RockyLinux
        | Ecosystem::AlmaLinux
        | Ecosystem::Suse
        | Ecosystem::OpenSuse
        | Ecosystem::OpenEuler
        | Ecosystem::Mageia
        | Ecosystem::AzureLinux => "rpm",
    }
}

/// A version that can be ordered. Versions of different ecosystems are never mixed; were they, the order of the
/// variants would decide, so that the order stays total.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version<'a> {
    /// PEP 440.
    Pypi(pep440_rs::Version),
    /// SemVer 2.0.
    SemVer(SemVer<'a>),
    /// An order of which only the key is needed.
    Keyed(String),
}

impl<'a> Version<'a> {
    pub(crate) fn parse(ecosystem: Ecosystem, text: &'a str) -> Result<Self, VersionError> {
        let parsed = match ecosystem {
            Ecosystem::PyPi => pypi::parse(text).map(Self::Pypi),
            Ecosystem::Npm | Ecosystem::CratesIo => SemVer::parse(text).map(Self::SemVer),
            Ecosystem::Go => go::key(text).map(Self::Keyed),
            Ecosystem::Maven => maven::key(text).map(Self::Keyed),
            Ecosystem::RubyGems => gem::key(text).map(Self::Keyed),
            Ecosystem::NuGet => nuget::key(text).map(Self::Keyed),
            Ecosystem::Packagist => composer::key(text).map(Self::Keyed),
            Ecosystem::Debian | Ecosystem::Ubuntu => dpkg::key(text).map(Self::Keyed),
            Ecosystem::Alpine | Ecosystem::Wolfi | Ecosystem::Chainguard => apk::key(text).map(Self::Keyed),
            Ecosystem::RedHat
            | Ecosystem::RockyLinux
            | Ecosystem::AlmaLinux
            | Ecosystem::Suse
            | Ecosystem::OpenSuse
            | Ecosystem::OpenEuler
            | Ecosystem::Mageia
            | Ecosystem::AzureLinux => rpm::key(text).map(Self::Keyed),
        };
        parsed.ok_or_else(|| VersionError::not_a_version(ecosystem, text))
    }

    /// A text that stands for the version's place in the order: of two versions of one ecosystem, the keys compare byte
    /// by byte as the versions do, and are equal exactly when the order calls the versions equal. The index keeps keys,
    /// so that a lookup parses one version, the one that was asked for. Keys begin with a capital letter.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Pypi(version) => pypi::key(version),
            Self::SemVer(version) => version.key(),
            Self::Keyed(key) => key.clone(),
        }
    }

    /// The version without its local label (PEP 440 "Local version identifiers"); None where it has none.
    pub(crate) fn without_local_label(&self) -> Option<Self> {
        match self {
            Self::Pypi(version) => pypi::without_local_label(version).map(Self::Pypi),
            Self::SemVer(_) | Self::Keyed(_) => None,
        }
    }
}

/// The key under which a version stands in a stored `versions` list. A text that has no order keeps its exact
/// spelling, behind a mark with which no key of an ordered version begins.
pub(crate) fn list_key(ecosystem: Ecosystem, text: &str) -> String {
    match Version::parse(ecosystem, text) {
        Ok(version) => version.key(),
        Err(_) => format!("={text}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ascending(ecosystem: Ecosystem, versions: &[&str]) {
        for (i, left) in versions.iter().enumerate() {
            for (j, right) in versions.iter().enumerate() {
                assert_eq!(compare(ecosystem, left, right), Ok(i.cmp(&j)), "{ecosystem}: {left} and {right}");
            }
        }
    }

    #[test]
    fn semver_orders_by_its_own_example() {
        // SemVer 2.0, section 11.
        let versions = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
        ];
        ascending(Ecosystem::Npm, &versions);
        ascending(Ecosystem::CratesIo, &versions);
    }

    #[test]
    fn pep_440_orders_by_its_own_summary() {
        let versions = [
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1!0.5",
        ];
        ascending(Ecosystem::PyPi, &versions);
    }

    #[test]
    fn an_unknown_ecosystem_is_named() {
        assert_eq!(ecosystem_named("Hackage"), Err(VersionError::UnknownEcosystem { name: "Hackage".to_owned() }));
        assert_eq!(ecosystem_named("PyPI"), Ok(Ecosystem::PyPi));
    }

    fn any_version() -> impl Strategy<Value = String> {
        prop_oneof![
            "v?[0-9]{1,3}(\\.[0-9]{1,2}){0,3}(-?(a|b|rc|alpha|beta)\\.?[0-9]{0,2})?(\\.(post|dev)[0-9]{0,2})?(\\+[a-z0-9]{1,3}(\\.[0-9]{1,2})?)?",
            "([0-9]!)?[01](\\.[01]){0,3}((a|b|rc)[01])?(\\.?(post|dev)[01])?(\\+[ab01])?",
            "[0-9]{1,25}\\.[0-9]{1,25}\\.[0-9]{1,25}(-[0-9a-z]{1,22}){0,2}",
            // Distributions' and what else has words in its versions.
            "([0-2]:)?[01](\\.[01]|[~^+.][a-z01]){0,3}(-[01](\\.el8|~b|\\+deb1u1)?)?",
            "[01](\\.[01]){0,2}[ab]?(_(alpha|rc|p|git)[01]?){0,2}(-r[01])?",
            "[01]([.-]?(0|1|a|b|rc|sp|final|x|alpha|dev|patch|snapshot)){0,5}",
        ]
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(left in "\\PC{0,24}", right in any::<String>(), number in 0..Ecosystem::ALL.len()) {
            let ecosystem = Ecosystem::ALL[number];
            let _ = compare(ecosystem, &left, &right);
            let _ = list_key(ecosystem, &left);
        }

        #[test]
        fn the_order_is_total(texts in prop::array::uniform3(any_version()), number in 0..Ecosystem::ALL.len()) {
            let ecosystem = Ecosystem::ALL[number];
            let [Ok(a), Ok(b), Ok(c)] = texts.each_ref().map(|text| Version::parse(ecosystem, text)) else {
                return Ok(());
            };
            prop_assert_eq!(a.cmp(&a), Ordering::Equal);
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
            if a == b {
                prop_assert_eq!(a.cmp(&c), b.cmp(&c));
            }
            prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        }

        #[test]
        fn keys_compare_as_their_versions_do(left in any_version(), right in any_version(), number in 0..Ecosystem::ALL.len()) {
            let ecosystem = Ecosystem::ALL[number];
            let [Ok(a), Ok(b)] = [&left, &right].map(|text| Version::parse(ecosystem, text)) else {
                return Ok(());
            };
            prop_assert_eq!(a.cmp(&b), a.key().cmp(&b.key()), "{:?} {:?}", a.key(), b.key());
            prop_assert!(a.key().starts_with(|first: char| first.is_ascii_uppercase()));
        }

        #[test]
        fn a_version_without_order_shares_its_key_with_nothing(text in "\\PC{0,24}", version in any_version(), number in 0..Ecosystem::ALL.len()) {
            let ecosystem = Ecosystem::ALL[number];
            if Version::parse(ecosystem, &text).is_err() && version != text {
                prop_assert_ne!(list_key(ecosystem, &text), list_key(ecosystem, &version));
            }
        }

        #[test]
        fn the_semver_order_is_that_of_the_semver_crate(left in any_version(), right in any_version()) {
            if let (Ok(a), Ok(b)) = (::semver::Version::parse(&left), ::semver::Version::parse(&right)) {
                prop_assert_eq!(compare(Ecosystem::Npm, &left, &right), Ok(a.cmp_precedence(&b)));
            }
        }
    }
}
