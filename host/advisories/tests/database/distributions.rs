//! Packages of distributions: records in the shape in which Debian, Ubuntu, Alpine, Red Hat, its rebuilds and SUSE are
//! exported, shortened to what matters here (F15 to F18 of the list of known mistakes).

use chiron_advisories::LookupError;
use chiron_model::advisory::Evaluation;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::property;

use crate::scratch::{ALL, database, evaluations, hits, purl, record, the_match};

/// A record with one `affected` entry for each (ecosystem, name, rest of the entry).
fn about(id: &str, entries: &[(&str, &str, &str)]) -> String {
    let entries: Vec<_> = entries
        .iter()
        .map(|(ecosystem, name, rest)| {
            format!(r#"{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}}, {rest}}}"#)
        })
        .collect();
    format!(r#"{{"id": "{id}", "modified": "2026-01-01T00:00:00Z", "affected": [{}]}}"#, entries.join(", "))
}

fn fixed(version: &str) -> String {
    format!(r#""ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{version}"}}]}}]"#)
}

const UNFIXED: &str = r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]"#;

fn is_unknown(database: &chiron_advisories::Database, text: &str) -> Option<String> {
    match evaluations(database, text).pop()? {
        (_, Evaluation::Unknown(reason)) => Some(reason),
        _ => None,
    }
}

#[test]
fn f15_debian_is_asked_by_source_package_and_source_version() {
    let (_scratch, db) = database(&[
        &about("DSA-5764-1", &[("Debian:12", "openssl", &fixed("3.0.14-1~deb12u2"))]),
        &about("DEBIAN-CVE-2024-28085", &[("Debian:12", "util-linux", &fixed("2.38.1-5+deb12u1"))]),
    ]);
    let libssl =
        |version: &str| format!("pkg:deb/debian/libssl3@{version}?arch=amd64&distro=debian-12&upstream=openssl");
    assert_eq!(hits(&db, &libssl("3.0.11-1~deb12u2")), ["DSA-5764-1"]);
    assert!(hits(&db, &libssl("3.0.14-1~deb12u2")).is_empty());
    // A binary package with a version, and an epoch, of its own.
    let bsdutils = |upstream: &str| {
        format!("pkg:deb/debian/bsdutils@1:2.38.1-5%2Bb1?distro=debian-12.5&upstream=util-linux%40{upstream}")
    };
    assert_eq!(hits(&db, &bsdutils("2.38.1-5")), ["DEBIAN-CVE-2024-28085"]);
    assert!(hits(&db, &bsdutils("2.38.1-5%2Bdeb12u1")).is_empty());
    // A rebuild of the binary package alone does not make it newer than its source.
    let mount = "pkg:deb/debian/mount@2.38.1-5%2Bb1?distro=bookworm&upstream=util-linux";
    assert_eq!(hits(&db, mount), ["DEBIAN-CVE-2024-28085"]);
}

#[test]
fn f16_f17_epochs_and_tildes_follow_dpkg() {
    let (_scratch, db) = database(&[
        &about("X-1", &[("Debian:12", "zabbix", &fixed("1:5.0.20"))]),
        &about("X-2", &[("Debian:12", "vlc", &fixed("3.0.15-1"))]),
    ]);
    for (package, affected) in [
        ("zabbix@3.0.31", true),
        ("zabbix@1:5.0.19", true),
        ("zabbix@5.0.19?epoch=1", true),
        ("zabbix@1:5.0.20", false),
        ("zabbix@2:1.0", false),
        ("vlc@3.0.15-1~deb12u1", true),
        ("vlc@3.0.15-1", false),
    ] {
        let join = if package.contains('?') { '&' } else { '?' };
        let found = hits(&db, &format!("pkg:deb/debian/{package}{join}distro=debian-12"));
        assert_eq!(!found.is_empty(), affected, "{package}");
    }
}

#[test]
fn f18_a_release_gets_its_own_answer() {
    let (_scratch, db) = database(&[&about(
        "DEBIAN-CVE-2024-1",
        &[("Debian:11", "curl", &fixed("7.74.0-1.3+deb11u11")), ("Debian:12", "curl", &fixed("7.88.1-10+deb12u5"))],
    )]);
    let curl = |version: &str, distro: &str| format!("pkg:deb/debian/curl@{version}?distro={distro}");
    assert!(hits(&db, &curl("7.74.0-1.3%2Bdeb11u11", "debian-11")).is_empty());
    assert_eq!(hits(&db, &curl("7.74.0-1.3%2Bdeb11u11", "debian-12")), ["DEBIAN-CVE-2024-1"]);
    let (_, matched) = the_match(&db, &curl("7.74.0-1", "debian-11"));
    assert_eq!(matched.fixed, ["7.74.0-1.3+deb11u11"]);
    // A release that no record is about is not clean.
    assert_eq!(
        db.lookup(&purl(&curl("7.88.1-10", "debian-13")), ALL),
        Err(LookupError::ReleaseNotCovered { ecosystem: Ecosystem::Debian, release: "13".to_owned() })
    );
    // No release named, but the version names it.
    assert!(hits(&db, "pkg:deb/debian/curl@7.74.0-1.3%2Bdeb11u11").is_empty());
    assert_eq!(hits(&db, "pkg:deb/debian/curl@7.74.0-1.3%2Bdeb11u10"), ["DEBIAN-CVE-2024-1"]);
}

#[test]
fn f18_without_a_release_on_either_side_nobody_can_tell() {
    let (_scratch, db) = database(&[
        &about("X-1", &[("Debian:11", "a", &fixed("1.0-3")), ("Debian:12", "a", &fixed("1.0-5"))]),
        &about("X-2", &[("Debian", "b", &fixed("1.0-3"))]),
        &about("X-3", &[("Debian:12", "c", &fixed("1.0-3"))]),
    ]);
    let reason = is_unknown(&db, "pkg:deb/debian/a@1.0-4").unwrap();
    assert!(reason.contains("it is affected in Debian 12,"), "{reason}");
    assert!(is_unknown(&db, "pkg:deb/debian/a@1.0-2").unwrap().contains("Debian 11, 12"));
    assert_eq!(is_unknown(&db, "pkg:deb/debian/a@1.0-5"), None);
    let reason = is_unknown(&db, "pkg:deb/debian/b@1.0-2?distro=debian-12").unwrap();
    assert!(reason.contains("names no release of Debian"), "{reason}");
    assert_eq!(is_unknown(&db, "pkg:deb/debian/b@1.0-3?distro=debian-12"), None);
    // Derivatives, and packages of nobody in particular, are nobody's here.
    for (package, distribution) in [("raspbian/c", Some("raspbian")), ("c", None)] {
        let distribution = distribution.map(str::to_owned);
        assert_eq!(
            db.lookup(&purl(&format!("pkg:deb/{package}@1.0-2")), ALL),
            Err(LookupError::UnknownDistribution { kind: "deb".to_owned(), distribution })
        );
    }
}

#[test]
fn f18_states_of_the_tracker_are_read_and_kept() {
    let state = |urgency: &str, rest: &str| format!(r#"{rest}, "ecosystem_specific": {{"urgency": "{urgency}"}}"#);
    let (_scratch, db) = database(&[
        &about("DEBIAN-CVE-2024-3094", &[("Debian:12", "xz-utils", &fixed("0"))]),
        &about("X-NOT", &[("Debian:12", "a", &fixed("<not-affected>"))]),
        &about("X-OPEN", &[("Debian:12", "b", &fixed("<no-dsa>"))]),
        &about("X-JUNK", &[("Debian:12", "c", &fixed("<undetermined>"))]),
        &about("X-MINOR", &[("Debian:12", "d", &state("unimportant", UNFIXED))]),
        &about("X-EOL", &[("Debian:12", "e", &state("end-of-life", UNFIXED))]),
        &about("X-LOW", &[("Debian:12", "f", &state("low**", UNFIXED))]),
    ]);
    let of = |name: &str, version: &str| format!("pkg:deb/debian/{name}@{version}?distro=debian-12");
    for version in ["5.4.1-0.2", "0~git2011-1"] {
        assert!(hits(&db, &of("xz-utils", version)).is_empty(), "{version}");
    }
    assert!(hits(&db, &of("a", "1.0-1")).is_empty());
    let (candidate, matched) = the_match(&db, &of("b", "1.0-1"));
    assert!(matched.fixed.is_empty());
    assert_eq!(property(&candidate.properties, "chiron:distribution-state"), Some("no-dsa"));
    assert!(is_unknown(&db, &of("c", "1.0-1")).unwrap().contains("<undetermined>"));
    assert_eq!(the_match(&db, &of("d", "1.0-1")).0.category, "unimportant");
    let (candidate, _) = the_match(&db, &of("e", "1.0-1"));
    assert_eq!(property(&candidate.properties, "chiron:distribution-state"), Some("end-of-life"));
    let (candidate, _) = the_match(&db, &of("f", "1.0-1"));
    assert_eq!((candidate.scores[0].system.as_str(), candidate.scores[0].vector.as_str()), ("Debian", "low"));
}

#[test]
fn ubuntu_pro_counts_where_it_is_about_the_package() {
    let (_scratch, db) = database(&[
        &about("USN-6663-1", &[("Ubuntu:22.04:LTS", "openssl", &fixed("3.0.2-0ubuntu1.15"))]),
        &about("USN-7000-1", &[("Ubuntu:Pro:16.04:LTS", "vim", &fixed("2:7.4.1689-3ubuntu1.5+esm22"))]),
        &about(
            "UBUNTU-CVE-2024-1",
            &[
                ("Ubuntu:22.04:LTS", "ffmpeg", UNFIXED),
                ("Ubuntu:Pro:22.04:LTS", "ffmpeg", &fixed("7:4.4.2-0ubuntu0.22.04.1+esm4")),
            ],
        ),
        &about("USN-8000-1", &[("Ubuntu:Pro:FIPS-updates:22.04:LTS", "openssl", &fixed("3.0.2-0ubuntu1.10+Fips1"))]),
    ]);
    let of = |package: &str, distro: &str| format!("pkg:deb/ubuntu/{package}?distro={distro}");
    assert_eq!(hits(&db, &of("openssl@3.0.2-0ubuntu1.9", "ubuntu-22.04")), ["USN-6663-1"]);
    assert_eq!(hits(&db, &of("vim@2:7.4.1689-3ubuntu1.5", "xenial")), ["USN-7000-1"]);
    assert_eq!(hits(&db, &of("ffmpeg@7:4.4.2-0ubuntu0.22.04.1", "jammy")), ["UBUNTU-CVE-2024-1"]);
    assert!(hits(&db, &of("ffmpeg@7:4.4.2-0ubuntu0.22.04.1%2Besm4", "jammy")).is_empty());
}

#[test]
fn alpine_is_asked_by_origin_and_branch() {
    let (_scratch, db) = database(&[
        &about(
            "ALPINE-CVE-2023-5363",
            &[("Alpine:v3.17", "openssl", &fixed("3.0.12-r0")), ("Alpine:v3.18", "openssl", &fixed("3.1.4-r0"))],
        ),
        &about("CGA-1", &[("Wolfi", "openssl", &fixed("3.1.4-r0"))]),
    ]);
    let of =
        |version: &str, distro: &str| format!("pkg:apk/alpine/libcrypto3@{version}?distro={distro}&upstream=openssl");
    assert_eq!(hits(&db, &of("3.1.3-r0", "alpine-3.18.4")), ["ALPINE-CVE-2023-5363"]);
    assert!(hits(&db, &of("3.1.4-r0", "alpine-3.18.4")).is_empty());
    assert!(hits(&db, &of("3.0.12-r0", "alpine-3.17.0")).is_empty());
    assert_eq!(hits(&db, "pkg:apk/wolfi/openssl@3.1.3-r0?distro=wolfi-20230201"), ["CGA-1"]);
}

#[test]
fn red_hat_and_its_rebuilds_are_asked_by_binary_package() {
    let (_scratch, db) = database(&[
        &about(
            "RHSA-2024:0310",
            &[("Red Hat:enterprise_linux:8::baseos", "openssl-libs", &fixed("1:1.1.1k-12.el8_9"))],
        ),
        &about("RHSA-2023:1", &[("Red Hat:rhel_eus:8.4::baseos", "openssl-libs", &fixed("1:1.1.1k-7.el8_4.1"))]),
        &about("RHSA-2023:2", &[("Red Hat:openshift:4.10::el8", "podman", &fixed("2:4.2.0-7.rhaos4.10.el8"))]),
        &about("RLSA-2024:0310", &[("Rocky Linux:9", "openssl-libs", &fixed("1:3.0.7-25.el9_3"))]),
        &about("ALSA-2024:0310", &[("AlmaLinux:9", "openssl-libs", &fixed("1:3.0.7-25.el9_3"))]),
    ]);
    let rhel = |package: &str, distro: &str| {
        format!("pkg:rpm/redhat/{package}&distro={distro}&upstream=openssl-1.1.1k-9.el8.src.rpm")
    };
    assert_eq!(hits(&db, &rhel("openssl-libs@1.1.1k-9.el8_7?epoch=1", "rhel-8.7")), ["RHSA-2024:0310"]);
    assert!(hits(&db, &rhel("openssl-libs@1:1.1.1k-12.el8_9?arch=x86_64", "rhel-8.9")).is_empty());
    assert_eq!(hits(&db, &rhel("openssl-libs@1:1.1.1k-6.el8_4?arch=x86_64", "rhel-8.4")).len(), 2);
    let reason = is_unknown(&db, &rhel("podman@2:4.0.0-1.el8?arch=x86_64", "rhel-8.7")).unwrap();
    assert!(reason.contains("openshift:4.10"), "{reason}");
    assert_eq!(hits(&db, "pkg:rpm/rocky/openssl-libs@1:3.0.7-24.el9?distro=rocky-9.3"), ["RLSA-2024:0310"]);
    assert_eq!(hits(&db, "pkg:rpm/almalinux/openssl-libs@1:3.0.7-24.el9"), ["ALSA-2024:0310"]);
}

#[test]
fn suse_is_asked_by_source_package_whose_binaries_its_records_list() {
    let binaries = |version: &str| {
        format!(r#"{}, "ecosystem_specific": {{"binaries": [{{"libopenssl1_1": "{version}"}}]}}"#, fixed(version))
    };
    let module = "SUSE:Linux Enterprise Module for Basesystem 15 SP5";
    let (_scratch, db) = database(&[
        &about("SUSE-SU-2023:2965-1", &[(module, "openssl-1_1", &binaries("1.1.1l-150500.17.9.1"))]),
        &about("SUSE-SU-2020:1-1", &[(module, "openssl", &binaries("1.0.2-1.1"))]),
        &about("openSUSE-SU-2023:1-1", &[("openSUSE:Leap 15.5", "openssl-1_1", &fixed("1.1.1l-150500.17.9.1"))]),
    ]);
    for purl in [
        "pkg:rpm/sles/libopenssl1_1@1.1.1l-150500.17.6.1?distro=sles-15.5",
        "pkg:rpm/suse/libopenssl-1_1-devel@1.1.1l-150500.17.6.1?distro=sles-15.5&upstream=openssl-1_1-1.1.1l-150500.17.6.1.src.rpm",
    ] {
        assert_eq!(hits(&db, purl), ["SUSE-SU-2023:2965-1"], "{purl}");
    }
    assert!(hits(&db, "pkg:rpm/sles/libopenssl1_1@1.1.1l-150500.17.9.1?distro=sles-15.5").is_empty());
    let leap = "pkg:rpm/opensuse/libopenssl1_1@1.1.1l-150500.17.6.1?distro=opensuse-leap-15.5&upstream=openssl-1_1-1.1.1l-150500.17.6.1.src.rpm";
    assert_eq!(hits(&db, leap), ["openSUSE-SU-2023:1-1"]);
}

#[test]
fn an_unorderable_version_of_a_distribution_is_unknown() {
    let (_scratch, db) = database(&[&record("X-1", "Alpine:v3.18", "a", &fixed("1.0-r0"))]);
    let reason = is_unknown(&db, "pkg:apk/alpine/a@unknown?distro=alpine-3.18").unwrap();
    assert_eq!(reason, "`unknown` is not a version of Alpine");
}
