//! Releases of distributions: as OSV's ecosystem names carry them, and as purls do.

use super::Ecosystem;

/// What stands behind the colon of an ecosystem's name in an OSV record, e.g. `12` or `enterprise_linux:8::appstream`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The release in the form in which it is asked for, e.g. `12`, `22.04`, `8`, `15.5`; empty where the name has none.
    pub name: String,
    /// What of that release is meant, where it is not simply the release: `Pro`, `rhel_eus:8.4`, `openshift:4.10`.
    pub channel: String,
}

impl Release {
    /// Reads the whole name of an ecosystem in a record (OSV schema, `affected[].package.ecosystem`).
    #[must_use]
    pub fn published(ecosystem: Ecosystem, osv_name: &str) -> Self {
        let suffix = osv_name.split_once(':').map_or("", |(_, suffix)| suffix).trim();
        if suffix.is_empty() {
            return Self::default();
        }
        match ecosystem {
            Ecosystem::Ubuntu => ubuntu(suffix),
            Ecosystem::RedHat => red_hat(suffix),
            Ecosystem::RockyLinux | Ecosystem::AlmaLinux => {
                let (release, channel) = suffix.split_once(':').unwrap_or((suffix, ""));
                Self { name: major(release), channel: channel.to_owned() }
            }
            Ecosystem::Suse => Self { name: suse(suffix), channel: String::new() },
            Ecosystem::Debian
            | Ecosystem::Alpine
            | Ecosystem::OpenSuse
            | Ecosystem::OpenEuler
            | Ecosystem::Mageia
            | Ecosystem::AzureLinux => {
                let name = suffix.to_ascii_lowercase();
                Self { name: installed(ecosystem, &name).unwrap_or(name), channel: String::new() }
            }
            // They have no releases.
            Ecosystem::PyPi
            | Ecosystem::Npm
            | Ecosystem::CratesIo
            | Ecosystem::Go
            | Ecosystem::Maven
            | Ecosystem::RubyGems
            | Ecosystem::NuGet
            | Ecosystem::Packagist
            | Ecosystem::Wolfi
            | Ecosystem::Chainguard => Self::default(),
        }
    }
}

/// `22.04:LTS`, `Pro:16.04:LTS`, `Pro:FIPS-updates:20.04:LTS`: the number is the release, words but `LTS` the channel.
fn ubuntu(suffix: &str) -> Release {
    let mut release = Release::default();
    let mut words = Vec::new();
    for part in suffix.split(':') {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            release.name = part.to_owned();
        } else if part != "LTS" {
            words.push(part);
        }
    }
    release.channel = words.join(":");
    release
}

/// The tail of a CPE: product, version, update, edition. `enterprise_linux:8::appstream` is RHEL 8 itself;
/// `openshift:4.10::el8` is another product, built for it.
fn red_hat(suffix: &str) -> Release {
    let mut parts = suffix.split(':');
    let (product, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let edition = parts.nth(1).unwrap_or_default();
    if product == "enterprise_linux" {
        let channel = if version.contains('.') { format!("{product}:{version}") } else { String::new() };
        return Release { name: major(version), channel };
    }
    let name = match product {
        // Extended support of one minor release of RHEL.
        "rhel_eus" | "rhel_aus" | "rhel_tus" | "rhel_e4s" | "rhel_eus_long_life" | "rhel_els" => major(version),
        _ => edition.strip_prefix("el").map(major).unwrap_or_default(),
    };
    Release { name, channel: format!("{product}:{version}") }
}

/// `Linux Enterprise Module for Basesystem 15 SP5`: all modules of a service pack, and its long-term support, are one
/// release. Anything else keeps its words.
fn suse(suffix: &str) -> String {
    let words = suffix.to_ascii_lowercase();
    let words = words.strip_prefix("suse ").unwrap_or(&words);
    if let Some((_, version)) = words.split_once("micro ") {
        return format!("micro {}", version.split('-').next().unwrap_or(version));
    }
    let Some(product) = words.strip_prefix("linux enterprise ") else { return words.to_owned() };
    let first_digit = product.find(|c: char| c.is_ascii_digit());
    let Some(tail) = first_digit.map(|at| &product[at..]) else { return words.to_owned() };
    let version = tail.split('-').next().unwrap_or(tail);
    match version.split_once(" sp") {
        Some((release, pack)) => format!("{}.{}", release.trim(), pack.trim()),
        None => version.trim().to_owned(),
    }
}

/// The release in the form of [`Release::name`], from what a purl says of it, in lower case; None where that is none.
pub(super) fn installed(ecosystem: Ecosystem, text: &str) -> Option<String> {
    let numbered = text.starts_with(|c: char| c.is_ascii_digit());
    match ecosystem {
        Ecosystem::Debian => match codenamed(text) {
            Some((Ecosystem::Debian, release)) => Some(release.to_owned()),
            _ => numbered.then(|| major(text)),
        },
        Ecosystem::Ubuntu => match codenamed(text) {
            Some((Ecosystem::Ubuntu, release)) => Some(release.to_owned()),
            _ => numbered.then(|| first_two(text)),
        },
        Ecosystem::Alpine if text.contains("edge") || text.contains("alpha") => Some("edge".to_owned()),
        Ecosystem::Alpine => {
            let text = text.trim_start_matches('v');
            text.starts_with(|c: char| c.is_ascii_digit()).then(|| first_two(text))
        }
        Ecosystem::RedHat
        | Ecosystem::RockyLinux
        | Ecosystem::AlmaLinux
        | Ecosystem::Mageia
        | Ecosystem::AzureLinux => numbered.then(|| major(text)),
        Ecosystem::Suse => (numbered || text.starts_with("micro ")).then(|| text.trim_end_matches(".0").to_owned()),
        Ecosystem::OpenSuse if numbered => Some(format!("leap {text}")),
        Ecosystem::OpenSuse | Ecosystem::OpenEuler => (!text.is_empty()).then(|| text.to_owned()),
        Ecosystem::PyPi
        | Ecosystem::Npm
        | Ecosystem::CratesIo
        | Ecosystem::Go
        | Ecosystem::Maven
        | Ecosystem::RubyGems
        | Ecosystem::NuGet
        | Ecosystem::Packagist
        | Ecosystem::Wolfi
        | Ecosystem::Chainguard => None,
    }
}

/// The release for which a version says that it was built: Debian's stable updates (`+deb12u5`, Developer's Reference
/// 5.8.5.4), the distribution tag of RHEL and its rebuilds (`.el8_9`).
pub(super) fn built_for(ecosystem: Ecosystem, version: &str) -> Option<String> {
    let tagged = [
        (Ecosystem::Debian, "deb"),
        (Ecosystem::RedHat, "el"),
        (Ecosystem::RockyLinux, "el"),
        (Ecosystem::AlmaLinux, "el"),
    ];
    let (_, tag) = tagged.into_iter().find(|(of, _)| *of == ecosystem)?;
    version.match_indices(tag).find_map(|(at, _)| {
        let begins = at > 0 && !version.as_bytes()[at - 1].is_ascii_alphanumeric();
        let rest = &version[at + tag.len()..];
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let ends = tag != "deb" || rest[digits.len()..].starts_with('u');
        (begins && ends && matches!(digits.len(), 1 | 2)).then_some(digits)
    })
}

/// Codenames of the releases that have, or had, advisories.
pub(super) fn codenamed(name: &str) -> Option<(Ecosystem, &'static str)> {
    let debian = |release| Some((Ecosystem::Debian, release));
    let ubuntu = |release| Some((Ecosystem::Ubuntu, release));
    match name {
        "squeeze" => debian("6"),
        "wheezy" => debian("7"),
        "jessie" => debian("8"),
        "stretch" => debian("9"),
        "buster" => debian("10"),
        "bullseye" => debian("11"),
        "bookworm" => debian("12"),
        "trixie" => debian("13"),
        "forky" => debian("14"),
        "trusty" => ubuntu("14.04"),
        "xenial" => ubuntu("16.04"),
        "bionic" => ubuntu("18.04"),
        "focal" => ubuntu("20.04"),
        "jammy" => ubuntu("22.04"),
        "lunar" => ubuntu("23.04"),
        "mantic" => ubuntu("23.10"),
        "noble" => ubuntu("24.04"),
        "oracular" => ubuntu("24.10"),
        "plucky" => ubuntu("25.04"),
        "questing" => ubuntu("25.10"),
        _ => None,
    }
}

/// `12` of `12.5`.
fn major(text: &str) -> String {
    text.split(['.', '-']).next().unwrap_or(text).to_owned()
}

/// `3.18` of `3.18.4`.
fn first_two(text: &str) -> String {
    let end = text.match_indices('.').nth(1).map_or(text.len(), |(at, _)| at);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn osv_names_are_read_to_the_release_that_purls_ask_for() {
        for (name, release, channel) in [
            ("Debian", "", ""),
            ("Debian:12", "12", ""),
            ("Debian:bookworm", "12", ""),
            ("Ubuntu:22.04:LTS", "22.04", ""),
            ("Ubuntu:23.10", "23.10", ""),
            ("Ubuntu:Pro:16.04:LTS", "16.04", "Pro"),
            ("Ubuntu:Pro:FIPS-updates:20.04:LTS", "20.04", "Pro:FIPS-updates"),
            ("Ubuntu:Pro:22.04:LTS:Realtime:Kernel", "22.04", "Pro:Realtime:Kernel"),
            ("Alpine:v3.18", "3.18", ""),
            ("Alpine:edge", "edge", ""),
            ("Red Hat:enterprise_linux:8::appstream", "8", ""),
            ("Red Hat:enterprise_linux:9.2::baseos", "9", "enterprise_linux:9.2"),
            ("Red Hat:rhel_eus:8.4::baseos", "8", "rhel_eus:8.4"),
            ("Red Hat:openshift:4.10::el8", "8", "openshift:4.10"),
            ("Red Hat:openshift:4", "", "openshift:4"),
            ("Rocky Linux:8", "8", ""),
            ("Rocky Linux:8:sig-cloud", "8", "sig-cloud"),
            ("AlmaLinux:9", "9", ""),
            ("SUSE:Linux Enterprise Server 15 SP5", "15.5", ""),
            ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "15.5", ""),
            ("SUSE:Linux Enterprise Server 12 SP5-LTSS", "12.5", ""),
            ("SUSE:Linux Enterprise Server 15-LTSS", "15", ""),
            ("SUSE:Linux Enterprise Micro 5.5", "micro 5.5", ""),
            ("SUSE:Linux Micro 6.0", "micro 6.0", ""),
            ("SUSE:Manager Server Module 4.3", "manager server module 4.3", ""),
            ("openSUSE:Leap 15.5", "leap 15.5", ""),
            ("openSUSE:Tumbleweed", "tumbleweed", ""),
            ("openEuler:22.03-LTS-SP3", "22.03-lts-sp3", ""),
            ("Mageia:9", "9", ""),
            ("Azure Linux:3", "3", ""),
        ] {
            let ecosystem = Ecosystem::from_osv_name(name).unwrap();
            let expected = Release { name: release.to_owned(), channel: channel.to_owned() };
            assert_eq!(Release::published(ecosystem, name), expected, "{name}");
        }
    }
}
