//! How scanners get it wrong: each test is one line of the list of known mistakes (F1 to F14).

use chiron_advisories::LookupError;
use chiron_model::advisory::{Evaluation, Which};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::property;

use crate::scratch::{AFFECTED, ALL, database, evaluations, hits, purl, record, the_match};

const FOO: &str = r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]"#;

#[test]
fn f1_a_version_is_affected_by_the_list_or_by_any_range() {
    let affected = r#""versions": ["0.5.0"], "ranges": [
        {"type": "SEMVER", "events": [{"fixed": "3.2.5"}, {"introduced": "3.0.0"}, {"fixed": "1.0.2"}, {"introduced": "1.0.0"}]},
        {"type": "SEMVER", "events": [{"introduced": "7.0.0"}, {"last_affected": "7.1.0"}]},
        {"type": "SEMVER", "events": [{"introduced": "8.0.0"}, {"limit": "8.5.0"}]},
        {"type": "SEMVER", "events": [{"introduced": "9.0.0"}, {"limit": "*"}]}]"#;
    let (_scratch, db) = database(&[&record("X-1", "npm", "a", affected)]);
    for (version, expected) in [
        ("0.5.0", true),
        ("0.5.1", false),
        ("1.0.0-rc.1", false),
        ("1.0.0", true),
        ("1.0.1", true),
        ("1.0.2", false),
        ("2.0.0", false),
        ("3.0.0", true),
        ("3.2.4", true),
        ("3.2.5", false),
        ("7.1.0", true),
        ("7.1.1", false),
        ("8.4.9", true),
        ("8.5.0", false),
        ("9.0.0", true),
        ("99.0.0", true),
    ] {
        assert_eq!(hits(&db, &format!("pkg:npm/a@{version}")).len() == 1, expected, "{version}");
    }
}

#[test]
fn f1_introduced_zero_is_before_everything_and_forbidden_ranges_do_not_decide() {
    let every = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0.0"}]}]"#;
    let both = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}, {"last_affected": "1.0.0"}]}]"#;
    let two = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "0", "fixed": "2.0.0"}]}]"#;
    let (_scratch, db) = database(&[
        &record("EVERY-1", "crates.io", "a", every),
        &record("BOTH-1", "crates.io", "b", both),
        &record("TWO-1", "crates.io", "c", two),
    ]);
    assert_eq!(hits(&db, "pkg:cargo/a@0.0.0-0"), ["EVERY-1"]);
    for name in ["b", "c"] {
        for version in ["0.5.0", "3.0.0"] {
            let evaluations = evaluations(&db, &format!("pkg:cargo/{name}@{version}"));
            assert!(matches!(&evaluations[..], [(_, Evaluation::Unknown(_))]), "{evaluations:?}");
        }
    }
}

#[test]
fn f2_the_fix_shown_belongs_to_the_entry_that_applied() {
    let next = r#"{"id": "GHSA-5f7q-jpqc-wp7h", "modified": "2026-01-01T00:00:00Z", "affected": [
        {"package": {"ecosystem": "npm", "name": "next"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "15.0.0"}, {"fixed": "15.6.1"}]}]},
        {"package": {"ecosystem": "npm", "name": "other"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]},
        {"package": {"ecosystem": "npm", "name": "next"}, "versions": ["16.2.2"],
         "ranges": [{"type": "SEMVER", "events": [{"introduced": "16.0.0"}, {"fixed": "16.1.5"}]}]}]}"#;
    let (_scratch, db) = database(&[next]);
    let (_, found) = the_match(&db, "pkg:npm/next@16.1.0");
    assert_eq!((found.fixed, found.matched_by.as_str()), (vec!["16.1.5".to_owned()], "range affected[2].ranges[0]"));
    let (_, found) = the_match(&db, "pkg:npm/next@15.1.0");
    assert_eq!((found.fixed, found.matched_by.as_str()), (vec!["15.6.1".to_owned()], "range affected[0].ranges[0]"));
    let (_, found) = the_match(&db, "pkg:npm/next@16.2.2");
    assert_eq!((found.fixed, found.matched_by.as_str()), (vec![], "versions affected[2]"));
    assert!(hits(&db, "pkg:npm/next@16.2.1").is_empty());
}

#[test]
fn f3_a_last_affected_version_is_not_a_fix() {
    let affected = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"last_affected": "2.1.214"}]}]"#;
    let (_scratch, db) = database(&[&record("X-1", "npm", "a", affected)]);
    let (_, found) = the_match(&db, "pkg:npm/a@2.1.0");
    assert_eq!((found.fixed.len(), found.last_affected.as_deref()), (0, Some("2.1.214")));
    assert!(hits(&db, "pkg:npm/a@2.1.215").is_empty());
}

#[test]
fn f4_only_commit_ranges_are_unknown_and_beside_others_they_do_not_count() {
    let git = r#"{"type": "GIT", "repo": "https://x.example", "events": [{"introduced": "0"}, {"fixed": "0a"}]}"#;
    let only = format!(r#""ranges": [{git}]"#);
    let first =
        format!(r#""ranges": [{git}, {{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "2.0"}}]}}]"#);
    let listed = format!(r#""ranges": [{git}], "versions": ["1.0"]"#);
    let (_scratch, db) = database(&[
        &record("ONLY-1", "PyPI", "only", &only),
        &record("FIRST-1", "PyPI", "first", &first),
        &record("LISTED-1", "PyPI", "listed", &listed),
    ]);
    let (id, evaluation) = evaluations(&db, "pkg:pypi/only@1.0").remove(0);
    assert!(matches!(evaluation, Evaluation::Unknown(reason) if reason.contains("only commit ranges")), "{id}");
    for name in ["first", "listed"] {
        assert_eq!(hits(&db, &format!("pkg:pypi/{name}@1.0")).len(), 1, "{name}");
        let clear = evaluations(&db, &format!("pkg:pypi/{name}@2.0")).remove(0).1;
        assert_eq!(clear, Evaluation::Unaffected { note: None }, "{name}");
    }
}

#[test]
fn f5_withdrawn_records_are_shown_only_when_asked_for() {
    let gone = r#"{"id": "MAL-2026-3654", "modified": "2026-01-01T00:00:00Z", "withdrawn": "2026-01-02T00:00:00Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1.0"]}]}"#;
    let (_scratch, db) = database(&[gone, &record("X-1", "PyPI", "a", FOO)]);
    assert_eq!(hits(&db, "pkg:pypi/a@1.0"), ["X-1"]);
    let withdrawn = Which { withdrawn: true, ..AFFECTED };
    let candidates = db.lookup(&purl("pkg:pypi/a@1.0"), withdrawn).unwrap();
    let seen: Vec<_> = candidates.iter().map(|c| (c.id.as_str(), c.withdrawn, c.category.as_str())).collect();
    assert_eq!(seen, [("MAL-2026-3654", true, "malicious"), ("X-1", false, "vulnerability")]);
}

#[test]
fn f6_aliases_merge_and_related_and_upstream_do_not() {
    let with = |id: &str, fields: &str| {
        format!(
            r#"{{"id": "{id}", "modified": "2026-01-01T00:00:00Z", {fields},
                "affected": [{{"package": {{"ecosystem": "PyPI", "name": "a"}}, {FOO}}}]}}"#
        )
    };
    let (_scratch, db) = database(&[
        &with("PYSEC-1", r#""aliases": ["CVE-1"]"#),
        &with("GHSA-1", r#""aliases": ["CVE-1", "CVE-2"]"#),
        &with("SNYK-1", r#""aliases": ["CVE-2"]"#),
        &with("DSA-1", r#""upstream": ["CVE-1", "CVE-3"], "related": ["PYSEC-1"]"#),
    ]);
    let group = ["CVE-1", "CVE-2", "GHSA-1", "PYSEC-1", "SNYK-1"];
    for id in group {
        assert_eq!(db.alias_group(id).unwrap(), group);
    }
    assert_eq!(db.alias_group("DSA-1").unwrap(), ["DSA-1"]);
    assert_eq!(db.alias_group("CVE-3").unwrap(), ["CVE-3"]);
    // Who asserted an alias stays visible.
    let candidates = db.lookup(&purl("pkg:pypi/a@1.0"), ALL).unwrap();
    let own: Vec<_> = candidates.iter().map(|c| (c.id.as_str(), c.aliases.len())).collect();
    assert_eq!(own, [("DSA-1", 0), ("GHSA-1", 2), ("PYSEC-1", 1), ("SNYK-1", 1)]);
}

#[test]
fn f7_every_rating_survives_and_none_is_none() {
    let rated = r#"{"id": "X-1", "modified": "2026-01-01T00:00:00Z",
        "severity": [{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"},
                     {"type": "CVSS_V3", "score": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
                     {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H"},
                     {"type": "CVSS_V3", "score": "CVSS:3.1/AV:?"}],
        "database_specific": {"severity": "MODERATE"},
        "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]}"#;
    let (_scratch, db) = database(&[rated, &record("X-2", "npm", "b", r#""severity": null, "versions": ["1.0.0"]"#)]);
    let (candidate, _) = the_match(&db, "pkg:npm/a@1.0.0");
    let values: Vec<_> = candidate.scores.iter().map(|s| (s.system.as_str(), s.value, s.severity().word())).collect();
    assert_eq!(
        values,
        [
            ("CVSS_V2", Some(10.0), "critical"),
            ("CVSS_V3", Some(7.5), "high"),
            ("CVSS_V4", Some(10.0), "critical"),
            ("CVSS_V3", None, "unknown"),
            ("text", None, "medium"),
        ]
    );
    assert_eq!(the_match(&db, "pkg:npm/b@1.0.0").0.scores, []);
}

#[test]
fn f8_malicious_packages_are_found_by_list_and_by_every_version() {
    let (_scratch, db) = database(&[
        &record("MAL-2022-7426", "PyPI", "pymocks", r#""versions": ["0.0.1", "0.0.2"]"#),
        &record("MAL-2022-1", "npm", "evil", r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]"#),
    ]);
    let (candidate, _) = the_match(&db, "pkg:pypi/PyMocks@0.0.1");
    assert_eq!((candidate.id.as_str(), candidate.category.as_str()), ("MAL-2022-7426", "malicious"));
    assert!(hits(&db, "pkg:pypi/pymocks@0.0.3").is_empty());
    assert_eq!(hits(&db, "pkg:npm/evil@0.0.0-0"), ["MAL-2022-1"]);
}

#[test]
fn f9_python_names_are_normalised_on_both_sides() {
    let (_scratch, db) = database(&[
        &record("X-1", "PyPI", "Django", FOO),
        &record("X-2", "PyPI", "zope.interface", FOO),
        &record("X-3", "PyPI", "Appium-Python-Client", FOO),
        &record("X-4", "PyPI", "ruamel_yaml", FOO),
    ]);
    for (name, id) in [
        ("django", "X-1"),
        ("DJANGO", "X-1"),
        ("zope-interface", "X-2"),
        ("Zope_.Interface", "X-2"),
        ("appium_python_client", "X-3"),
        ("ruamel.yaml", "X-4"),
    ] {
        assert_eq!(hits(&db, &format!("pkg:pypi/{name}@1.0")), [id], "{name}");
    }
    assert!(hits(&db, "pkg:pypi/appium-python@1.0").is_empty());
}

#[test]
fn f10_extras_are_no_part_of_a_name_and_no_version_is_unknown() {
    let (_scratch, db) = database(&[&record("GHSA-q4xr-rc97-m4xx", "PyPI", "celery", FOO)]);
    assert_eq!(hits(&db, "pkg:pypi/celery%5Bredis%2C%20pytest%5D@1.4.7"), ["GHSA-q4xr-rc97-m4xx"]);
    assert_eq!(
        evaluations(&db, "pkg:pypi/celery"),
        [("GHSA-q4xr-rc97-m4xx".to_owned(), Evaluation::Unknown("no version".to_owned()))]
    );
}

#[test]
fn f11_python_versions_follow_pep_440() {
    let range = |introduced: &str, fixed: &str| {
        format!(
            r#""ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "{introduced}"}}, {{"fixed": "{fixed}"}}]}}]"#
        )
    };
    let last = r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "2.2.0"}]}], "versions": ["1.0-1", "0.1-bulbasaur"]"#;
    let (_scratch, db) = database(&[
        &record("X-1", "PyPI", "certifi", &range("2015.4.28", "2024.07.04")),
        &record("X-2", "PyPI", "neutron", &range("0", "17.1.3")),
        &record("X-3", "PyPI", "epoch", &range("1!1.0", "1!2.0")),
        &record("X-4", "PyPI", "torch", last),
    ]);
    for (package, expected) in [
        ("certifi@2024.7.4", false),
        ("certifi@2024.07.03", true),
        ("certifi@2024.7.4rc1", true),
        ("neutron@17.1.3.dev3", true),
        ("neutron@17.1.3", false),
        ("neutron@2014.2.4", false),
        ("epoch@1.5", false),
        ("epoch@1!1.5", true),
        ("epoch@1!1.0.post1", true),
        ("epoch@1!1.0a1", false),
        ("torch@2.2.0", true),
        ("torch@v2.2.0", true),
        ("torch@2.2.0%2Bcu118", false),
        ("torch@2.2.0.post1", false),
        ("torch@0.1-bulbasaur", true),
    ] {
        assert_eq!(!hits(&db, &format!("pkg:pypi/{package}")).is_empty(), expected, "{package}");
    }
    let (_, evaluation) = evaluations(&db, "pkg:pypi/torch@2.2.0%2Bcu118").remove(0);
    assert!(matches!(evaluation, Evaluation::Unaffected { note: Some(note) } if note.contains("local version label")));
    let (_, evaluation) = evaluations(&db, "pkg:pypi/torch@0.2-ivysaur").remove(0);
    assert!(matches!(evaluation, Evaluation::Unknown(_)));
}

#[test]
fn f13_npm_names_are_exact_and_versions_follow_semver() {
    let range = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "16.0.0-beta.0"}, {"fixed": "16.1.5"}]}]"#;
    let (_scratch, db) =
        database(&[&record("X-1", "npm", "@babel/core", range), &record("X-2", "npm", "Morris.js", range)]);
    assert_eq!(hits(&db, "pkg:npm/%40babel/core@16.0.0"), ["X-1"]);
    assert_eq!(hits(&db, "pkg:npm/Morris.js@16.0.0"), ["X-2"]);
    assert!(hits(&db, "pkg:npm/morris.js@16.0.0").is_empty());
    assert!(hits(&db, "pkg:npm/core@16.0.0").is_empty());
    for (version, expected) in [
        ("16.0.0-alpha.9", false),
        ("16.0.0-beta.0", true),
        ("16.0.0-beta.11", true),
        ("16.1.5-rc.1", true),
        ("16.1.5%2Bbuild", false),
        ("16.1.4%2Bbuild", true),
        ("99999999999999999999999.0.0", false),
    ] {
        let found = hits(&db, &format!("pkg:npm/%40babel/core@{version}"));
        assert_eq!(!found.is_empty(), expected, "{version}");
    }
}

#[test]
fn f14_informational_rust_records_are_no_vulnerabilities() {
    let crate_record = |id: &str, informational: &str| {
        let affected = format!(
            r#""database_specific": {{"informational": {informational}, "categories": [], "cvss": null}},
               "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0.0.0-0"}}]}}]"#
        );
        record(id, "crates.io", "a", &affected)
    };
    let (_scratch, db) = database(&[
        &crate_record("RUSTSEC-1", r#""unmaintained""#),
        &crate_record("RUSTSEC-2", r#""unsound""#),
        &crate_record("RUSTSEC-3", r#""notice""#),
        &crate_record("RUSTSEC-4", "null"),
    ]);
    let candidates = db.lookup(&purl("pkg:cargo/a@0.0.0-0"), AFFECTED).unwrap();
    let categories: Vec<_> = candidates.iter().map(|c| c.category.as_str()).collect();
    assert_eq!(categories, ["unmaintained", "unsound", "notice", "vulnerability"]);
}

#[test]
fn what_is_not_covered_is_never_clean() {
    let (_scratch, db) = database(&[&record("X-1", "npm", "a", r#""versions": ["1.0.0"]"#)]);
    assert_eq!(
        db.lookup(&purl("pkg:hackage/y@1.0"), ALL),
        Err(LookupError::UnknownEcosystem { kind: "hackage".to_owned() })
    );
    assert_eq!(
        db.lookup(&purl("pkg:pypi/django@1.0"), ALL),
        Err(LookupError::NotCovered { ecosystem: Ecosystem::PyPi })
    );
    assert_eq!(db.lookup(&purl("pkg:npm/absent@1.0"), ALL), Ok(Vec::new()));
    assert_eq!(db.ecosystems(), [(Ecosystem::Npm, 1)]);
}

#[test]
fn a_candidate_says_where_it_comes_from() {
    let text = r#"{"id": "X-1", "modified": "2026-01-01T00:00:00Z", "published": "2025-01-01T00:00:00Z", "summary": "Bad",
        "references": [{"type": "WEB", "url": "https://w.example"}, {"type": "ADVISORY", "url": "https://a.example"}],
        "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]}"#;
    let (_scratch, db) = database(&[text]);
    let (candidate, _) = the_match(&db, "pkg:npm/a@1.0.0");
    assert_eq!((candidate.database.as_str(), candidate.summary.as_str()), ("test", "Bad"));
    assert_eq!(property(&candidate.properties, "published"), Some("2025-01-01T00:00:00Z"));
    assert_eq!(property(&candidate.properties, "chiron:url"), Some("https://a.example"));
    assert_eq!(db.raw("X-1").unwrap().as_deref(), Some(text.as_bytes()));
    assert_eq!(db.raw("X-2").unwrap(), None);
}
