//! From a purl of a distribution's package to what its advisories are keyed by.
//!
//! Debian, Ubuntu and Alpine publish by source package and its version; Red Hat and its rebuilds by binary package; SUSE and
//! others by source package too, but a component seldom knows more of it than the file name of the source RPM.

use chiron_model::ecosystem::{Ecosystem, Installed};
use chiron_model::purl::Purl;

/// A package as it is installed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) installed: Installed,
    /// Names under which advisories may stand, each with the version to ask for.
    pub(crate) names: Vec<(String, Option<String>)>,
}

impl Package {
    /// None where the purl is not of a distribution's package.
    pub(crate) fn of(purl: &Purl) -> Option<Self> {
        let installed = Installed::of(purl)?;
        let ecosystem = installed.ecosystem;
        let version = version_with_epoch(purl);
        let own = (purl.name().to_owned(), version.clone());
        let source = purl.qualifier("upstream").filter(|upstream| !upstream.is_empty() && ecosystem.goes_by_source());
        let names = match ecosystem.purl_type() {
            "rpm" => {
                let source = source.map(|upstream| source_rpm(upstream, version.as_deref()));
                [Some(own), source].into_iter().flatten().collect()
            }
            _ => vec![source_package(ecosystem, own, source)],
        };
        Some(Self { installed, names })
    }
}

/// An epoch stands in the version, or, as some write it, in a qualifier.
fn version_with_epoch(purl: &Purl) -> Option<String> {
    let version = purl.version()?;
    match purl.qualifier("epoch") {
        Some(epoch) if !version.contains(':') => Some(format!("{epoch}:{version}")),
        _ => Some(version.to_owned()),
    }
}

/// `upstream` is `name` or `name@version`, and absent where the source has the package's name and version.
fn source_package(
    ecosystem: Ecosystem,
    (name, version): (String, Option<String>),
    upstream: Option<&str>,
) -> (String, Option<String>) {
    let (source, source_version) = match upstream.map(|text| text.split_once('@').unwrap_or((text, ""))) {
        Some((source, version)) => (source.to_owned(), Some(version).filter(|version| !version.is_empty())),
        None => (name, None),
    };
    let version = match source_version {
        Some(version) => Some(version.to_owned()),
        None if ecosystem.purl_type() == "deb" => version.map(|version| without_rebuild(&version).to_owned()),
        None => version,
    };
    (source, version)
}

/// Rebuilds of a binary package only (`+b1`) are of the same source (Debian Developer's Reference, 5.10.2.1).
fn without_rebuild(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((source, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => source,
        _ => version,
    }
}

/// `openssl-1.1.1k-9.el8.src.rpm`, or a name. A file name has no epoch: a source has that of its packages.
fn source_rpm(upstream: &str, version: Option<&str>) -> (String, Option<String>) {
    let file = [".src.rpm", ".nosrc.rpm"].into_iter().find_map(|end| upstream.strip_suffix(end));
    let mut parts = file.unwrap_or_default().rsplitn(3, '-');
    if let (Some(release), Some(of_source), Some(name)) = (parts.next(), parts.next(), parts.next()) {
        let epoch = version.and_then(|version| version.split_once(':')).map(|(epoch, _)| format!("{epoch}:"));
        return (name.to_owned(), Some(format!("{}{of_source}-{release}", epoch.unwrap_or_default())));
    }
    let (name, of_source) = upstream.split_once('@').unwrap_or((upstream, ""));
    let of_source = Some(of_source).filter(|version| !version.is_empty()).or(version);
    (name.to_owned(), of_source.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(purl: &str) -> Vec<String> {
        let package = Package::of(&Purl::parse(purl).unwrap()).unwrap();
        package.names.into_iter().map(|(name, version)| format!("{name} {}", version.unwrap_or_default())).collect()
    }

    #[test]
    fn a_package_is_asked_for_as_its_distribution_publishes() {
        for (purl, expected) in [
            (
                "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?upstream=openssl%403.0.11-1~deb12u1",
                vec!["openssl 3.0.11-1~deb12u1"],
            ),
            ("pkg:deb/debian/mount@2.38.1-5%2Bb1?upstream=util-linux", vec!["util-linux 2.38.1-5"]),
            ("pkg:deb/debian/bsdutils@1:2.38.1-5%2Bb1?upstream=util-linux%402.38.1-5", vec!["util-linux 2.38.1-5"]),
            ("pkg:deb/debian/git@1:2.39.5-0%2Bdeb12u1", vec!["git 1:2.39.5-0+deb12u1"]),
            ("pkg:deb/debian/git@2.39.5-0%2Bdeb12u1?epoch=1", vec!["git 1:2.39.5-0+deb12u1"]),
            ("pkg:deb/debian/a@1.0%2Bbeta", vec!["a 1.0+beta"]),
            ("pkg:apk/alpine/libcrypto3@3.1.4-r5?upstream=openssl", vec!["openssl 3.1.4-r5"]),
            (
                "pkg:rpm/redhat/openssl-libs@1.1.1k-9.el8?epoch=1&upstream=openssl-1.1.1k-9.el8.src.rpm",
                vec!["openssl-libs 1:1.1.1k-9.el8"],
            ),
            (
                "pkg:rpm/suse/libopenssl1_1@1.1.1l-1.2?upstream=openssl-1_1-1.1.1l-1.1.src.rpm",
                vec!["libopenssl1_1 1.1.1l-1.2", "openssl-1_1 1.1.1l-1.1"],
            ),
        ] {
            assert_eq!(names(purl), expected, "{purl}");
        }
    }
}
