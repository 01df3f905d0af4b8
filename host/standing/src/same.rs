//! When two package URLs mean the same package.

use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;

/// Why a purl that a person wrote does not mean a package that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference<'a> {
    /// Another type, namespace or name.
    Package,
    /// Another version.
    Version,
    /// A qualifier that the found one has otherwise, or not at all.
    Qualifier(&'a str),
    /// Another subpath.
    Subpath,
}

/// Namespace and name as the ecosystem compares them.
pub(crate) fn full_name(purl: &Purl) -> String {
    match Ecosystem::of(purl) {
        // Two distributions have packages of one name: the namespace stays part of it.
        Some(ecosystem) if ecosystem.is_distribution() => canonical(purl),
        Some(ecosystem) => ecosystem.canonical_name(&purl.full_name()),
        None => canonical(purl),
    }
}

fn canonical(purl: &Purl) -> String {
    let parts = purl.canonical();
    match parts.namespace {
        Some(namespace) => format!("{namespace}/{}", parts.name),
        None => parts.name,
    }
}

/// What parts them, if anything does. What `wanted` does not say, holds for all: every version, every qualifier.
pub(crate) fn difference<'a>(wanted: &'a Purl, found: &Purl) -> Option<Difference<'a>> {
    if wanted.kind() != found.kind() || full_name(wanted) != full_name(found) {
        return Some(Difference::Package);
    }
    if wanted.version().is_some_and(|version| found.version() != Some(version)) {
        return Some(Difference::Version);
    }
    beside(wanted, found)
}

/// Qualifiers and subpath.
pub(crate) fn beside<'a>(wanted: &'a Purl, found: &Purl) -> Option<Difference<'a>> {
    let own = found.canonical();
    let differs = |(key, value): &(String, String)| {
        own.qualifier(key) != Some(value.as_str()) && found.qualifier(key) != Some(value)
    };
    if let Some(key) = wanted.qualifiers().iter().find(|pair| differs(pair)).map(|(key, _)| key.as_str()) {
        return Some(Difference::Qualifier(key));
    }
    wanted.subpath().is_some_and(|subpath| found.subpath() != Some(subpath)).then_some(Difference::Subpath)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_holds_for_all() {
        for (wanted, found, expected) in [
            ("pkg:pypi/Foo_Bar", "pkg:pypi/foo-bar@1.0", None),
            ("pkg:pypi/foo-bar@1.0", "pkg:pypi/foo.bar@1.0?x=y", None),
            ("pkg:pypi/foo@1.0", "pkg:pypi/foo@1.1", Some(Difference::Version)),
            ("pkg:pypi/foo@1.0", "pkg:pypi/foo", Some(Difference::Version)),
            ("pkg:npm/foo", "pkg:pypi/foo@1.0", Some(Difference::Package)),
            ("pkg:npm/%40a/foo", "pkg:npm/foo@1", Some(Difference::Package)),
            ("pkg:deb/debian/curl?distro=debian-12", "pkg:deb/debian/curl@8?arch=amd64&distro=debian-12", None),
            (
                "pkg:deb/debian/curl?distro=debian-12",
                "pkg:deb/debian/curl@8?distro=debian-13",
                Some(Difference::Qualifier("distro")),
            ),
            ("pkg:deb/debian/curl?arch=amd64", "pkg:deb/debian/curl@8", Some(Difference::Qualifier("arch"))),
            ("pkg:deb/debian/curl", "pkg:deb/ubuntu/curl@8", Some(Difference::Package)),
            ("pkg:golang/example.com/a#b", "pkg:golang/example.com/a@v1", Some(Difference::Subpath)),
        ] {
            let (wanted, found) = (Purl::parse(wanted).unwrap(), Purl::parse(found).unwrap());
            assert_eq!(difference(&wanted, &found), expected, "{wanted} {found}");
        }
    }
}
