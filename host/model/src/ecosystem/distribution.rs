//! Which distribution a package comes from, by its purl.

use super::{Ecosystem, release};
use crate::purl::Purl;

/// Where a purl says that its package was installed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The distribution.
    pub ecosystem: Ecosystem,
    /// Its release in the form of [`super::Release::name`], e.g. `12` for Debian 12.5; None where the purl names none.
    pub release: Option<String>,
    /// The release as the purl has it where that says more, e.g. `8.4` for Red Hat's `8`.
    pub point_release: Option<String>,
}

impl Installed {
    /// Reads namespace and `distro` (`debian-12`, `rhel-8.7`, `bookworm`). The namespace decides about the distribution;
    /// a `distro` of another one says nothing about its release.
    ///
    /// Where no release is named, a version that carries one as its builders write it (`+deb12u5`, `.el8_9`) does: such a
    /// version was built for that release.
    #[must_use]
    pub fn of(purl: &Purl) -> Option<Self> {
        let distro = purl.qualifier("distro").map(str::to_ascii_lowercase).unwrap_or_default();
        let by_distro = named(&distro);
        let by_namespace = match purl.namespace() {
            Some(namespace) => Some(by_id(&namespace.to_ascii_lowercase())?),
            None => None,
        };
        let ecosystem = by_namespace.or_else(|| by_distro.as_ref().map(|(ecosystem, _)| *ecosystem))?;
        if ecosystem.purl_type() != purl.kind() {
            return None;
        }
        let text = by_distro.filter(|(named, _)| *named == ecosystem).map(|(_, release)| release);
        let release = text.as_deref().and_then(|text| release::installed(ecosystem, text));
        Some(Self {
            ecosystem,
            release: release.or_else(|| release::built_for(ecosystem, purl.version()?)),
            point_release: text.filter(|text| text.contains('.')),
        })
    }
}

/// Distribution and release of a `distro` qualifier in lower case. A codename stands for both.
fn named(distro: &str) -> Option<(Ecosystem, String)> {
    if let Some((ecosystem, release)) = release::codenamed(distro) {
        return Some((ecosystem, release.to_owned()));
    }
    // `opensuse-leap-15.5`: the longest known id that is followed by a hyphen or by nothing.
    let cuts = distro.match_indices('-').map(|(at, _)| at).chain([distro.len()]);
    let longest = cuts.filter_map(|at| Some((by_id(&distro[..at])?, at))).next_back();
    longest.map(|(ecosystem, at)| (ecosystem, whole_release(&distro[..at], distro[at..].trim_start_matches('-'))))
}

/// SUSE's families have several products under several ids, with numbers of their own.
fn whole_release(id: &str, release: &str) -> String {
    match id {
        "opensuse-leap" => format!("leap {release}"),
        "opensuse-leap-micro" => format!("leap micro {release}"),
        "opensuse-tumbleweed" => "tumbleweed".to_owned(),
        "sle-micro" | "sl-micro" => format!("micro {release}"),
        _ => release.to_owned(),
    }
}

/// By the ids of os-release files and the namespaces of purls. Rebuilds and derivatives that have advisories of their
/// own, or none, are not among them: Raspbian is not Debian.
fn by_id(id: &str) -> Option<Ecosystem> {
    Some(match id {
        "debian" => Ecosystem::Debian,
        "ubuntu" => Ecosystem::Ubuntu,
        "alpine" => Ecosystem::Alpine,
        "wolfi" => Ecosystem::Wolfi,
        "chainguard" => Ecosystem::Chainguard,
        "redhat" | "rhel" => Ecosystem::RedHat,
        "rocky" | "rocky-linux" | "rockylinux" => Ecosystem::RockyLinux,
        "alma" | "almalinux" => Ecosystem::AlmaLinux,
        "suse" | "sles" | "sled" | "sles_sap" | "sle_hpc" | "sle-micro" | "sl-micro" => Ecosystem::Suse,
        "opensuse" | "opensuse-leap" | "opensuse-leap-micro" | "opensuse-tumbleweed" => Ecosystem::OpenSuse,
        "openeuler" => Ecosystem::OpenEuler,
        "mageia" => Ecosystem::Mageia,
        "azurelinux" | "azure-linux" | "mariner" => Ecosystem::AzureLinux,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(purl: &str) -> Option<(Ecosystem, Option<String>)> {
        Installed::of(&Purl::parse(purl).unwrap()).map(|installed| (installed.ecosystem, installed.release))
    }

    #[test]
    fn namespace_and_distro_say_distribution_and_release() {
        for (purl, ecosystem, release) in [
            ("pkg:deb/debian/a@1?distro=debian-12", Ecosystem::Debian, Some("12")),
            ("pkg:deb/debian/a@1?distro=debian-12.5", Ecosystem::Debian, Some("12")),
            ("pkg:deb/debian/a@1?distro=bookworm", Ecosystem::Debian, Some("12")),
            ("pkg:deb/debian/a@1?distro=debian-bookworm", Ecosystem::Debian, Some("12")),
            ("pkg:deb/debian/a@1?distro=debian-sid", Ecosystem::Debian, None),
            ("pkg:deb/debian/a@1", Ecosystem::Debian, None),
            ("pkg:deb/debian/a@1?distro=ubuntu-22.04", Ecosystem::Debian, None),
            ("pkg:deb/ubuntu/a@1?distro=ubuntu-22.04", Ecosystem::Ubuntu, Some("22.04")),
            ("pkg:deb/ubuntu/a@1?distro=jammy", Ecosystem::Ubuntu, Some("22.04")),
            ("pkg:apk/alpine/a@1?distro=alpine-3.18.4", Ecosystem::Alpine, Some("3.18")),
            ("pkg:apk/alpine/a@1?distro=alpine-edge", Ecosystem::Alpine, Some("edge")),
            ("pkg:rpm/redhat/a@1?distro=rhel-8.7", Ecosystem::RedHat, Some("8")),
            ("pkg:rpm/rocky/a@1?distro=rocky-9.3", Ecosystem::RockyLinux, Some("9")),
            ("pkg:rpm/almalinux/a@1?distro=almalinux-9", Ecosystem::AlmaLinux, Some("9")),
            ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", Ecosystem::OpenSuse, Some("leap 15.5")),
            ("pkg:rpm/opensuse/a@1?distro=opensuse-tumbleweed-20240101", Ecosystem::OpenSuse, Some("tumbleweed")),
            ("pkg:rpm/sles/a@1?distro=sles-15.5", Ecosystem::Suse, Some("15.5")),
            ("pkg:rpm/suse/a@1?distro=sle-micro-5.5", Ecosystem::Suse, Some("micro 5.5")),
            ("pkg:rpm/mariner/a@1?distro=mariner-2.0.20240101", Ecosystem::AzureLinux, Some("2")),
        ] {
            assert_eq!(read(purl), Some((ecosystem, release.map(str::to_owned))), "{purl}");
        }
    }

    #[test]
    fn a_version_built_for_a_release_names_it() {
        for (purl, release) in [
            ("pkg:deb/debian/a@1.2-3+deb11u5", Some("11")),
            ("pkg:deb/debian/a@1.2-3~deb12u1", Some("12")),
            ("pkg:deb/debian/a@1.2-3+debug", None),
            ("pkg:rpm/redhat/a@1.2-3.el8_9", Some("8")),
            ("pkg:rpm/rocky/a@1.2-3.module+el9.1.0+1+2", Some("9")),
            ("pkg:rpm/redhat/a@1.2-3.elf", None),
        ] {
            assert_eq!(read(purl).unwrap().1.as_deref(), release, "{purl}");
        }
    }
}
