//! The ignore files of other tools, as those tools' documentation writes them, decide here as they do there: case by case.
//!
//! Trivy: guide "Filtering". OSV-Scanner: page "Configuration". Grype: README, "Specifying matches to ignore".
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is the test's own message")]

mod run;

use chiron_model::component::Component;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_standing::Glance;
use chiron_standing::ignore::{self, Rules};
use jiff::Timestamp;

/// One finding of each kind that the cases speak of.
fn findings() -> (Vec<Component>, Vec<Finding>) {
    let mut dev = run::component("pkg:npm/jest@29.0.0", "package-lock.json");
    dev.scope = "development".to_owned();
    let lib = run::component("pkg:npm/lib@1.0.0", "web/package-lock.json");
    let scoped = run::component("pkg:npm/%40acme/lib@1.0.0", "vendor/ui/package-lock.json");
    let flask = run::component("pkg:pypi/Flask@2.0", "usr/local/lib/python3/site-packages/flask");
    let module = run::component("pkg:golang/golang.org/x/net@v0.1.0", "go.mod");
    let system =
        run::component("pkg:deb/debian/libssl3@3.0.1?upstream=openssl&distro=debian-12", "var/lib/dpkg/status");
    let gem = run::component("pkg:gem/rack@2.0", "Gemfile.lock");
    let mut unfixed = run::finding(&["GHSA-gem"], &gem);
    unfixed.fixed_versions.clear();
    let findings = vec![
        run::finding(&["GHSA-dev"], &dev),
        run::finding(&["GHSA-lib", "CVE-2024-1"], &lib),
        run::finding(&["GHSA-lib", "CVE-2024-1"], &scoped),
        run::finding(&["PYSEC-2024-9", "CVE-2024-9"], &flask),
        run::finding(&["GO-2022-0968", "CVE-2021-43565"], &module),
        run::finding(&["CVE-2024-5"], &system),
        unfixed,
    ];
    (vec![dev, lib, scoped, flask, module, system, gem], findings)
}

const NOW: &str = "2026-06-01T12:00:00Z";

/// What a file sets aside: component names, in the order above.
fn set_aside(file: &str, text: &str) -> Vec<String> {
    let rules = ignore::read(file, text.as_bytes()).unwrap_or_else(|wrong| panic!("{file}\n{text}\n{wrong:?}"));
    let (components, mut findings) = findings();
    let subjects = [run::subject("app")];
    let glance = Glance::new(&components, &subjects);
    let _ = Rules::new(rules).apply(&mut findings, &glance, NOW.parse::<Timestamp>().unwrap());
    let name = |finding: &Finding| glance.component(finding).unwrap().purl.as_ref().unwrap().full_name();
    findings.iter().filter(|f| matches!(f.status, FindingStatus::Suppressed(_))).map(name).collect()
}

fn check(file: &str, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(set_aside(file, text), *expected, "{file}:\n{text}");
    }
}

#[test]
fn trivyignore() {
    check(
        ".trivyignore",
        &[
            (
                "# Accept the risk\nCVE-2024-1\n\n# No impact in our settings\nCVE-2024-9\n",
                &["lib", "@acme/lib", "Flask"],
            ),
            ("CVE-2024-9 exp:2027-01-01\n", &["Flask"]),
            ("CVE-2024-9 exp:2023-01-01\n", &[]),
            // It ends with the day's first moment.
            ("CVE-2024-9 exp:2026-06-01\n", &[]),
            ("CVE-2024-9 exp:2026-06-02\n", &["Flask"]),
            // A date that is none: Trivy warns, and passes the line over.
            ("CVE-2024-9 exp:tomorrow\nCVE-2024-5\n", &["debian/libssl3"]),
            ("  CVE-2024-5  \r\n#CVE-2024-9\r\n", &["debian/libssl3"]),
            ("CVE-2024-9 # an inline remark\n", &["Flask"]),
            ("CVE-2024\n*\n", &[]),
            ("", &[]),
        ],
    );
}

#[test]
fn trivyignore_yaml() {
    check(
        ".trivyignore.yaml",
        &[
            ("vulnerabilities:\n  - id: CVE-2024-1\n", &["lib", "@acme/lib"]),
            ("vulnerabilities:\n  - id: CVE-2024-1\n    paths:\n      - \"vendor/**\"\n", &["@acme/lib"]),
            (
                "vulnerabilities:\n  - id: CVE-2024-1\n    paths: [\"web/package-lock.json\", \"x\"]\n    statement: Accept the risk\n",
                &["lib"],
            ),
            ("vulnerabilities:\n  - id: CVE-2024-1\n    purls:\n      - \"pkg:npm/lib\"\n", &["lib"]),
            ("vulnerabilities:\n  - id: CVE-2024-1\n    purls: [\"pkg:npm/lib@1.0.0\", \"pkg:npm/x\"]\n", &["lib"]),
            ("vulnerabilities:\n  - id: CVE-2024-1\n    purls: [\"pkg:npm/lib@2.0.0\"]\n", &[]),
            ("vulnerabilities:\n  - id: CVE-2024-9\n    expired_at: 2023-09-01\n", &[]),
            ("vulnerabilities:\n  - id: CVE-2024-9\n    expired_at: 2027-09-01\n", &["Flask"]),
            // An id without packages, and packages without an id.
            (
                "vulnerabilities:\n  - purls:\n      - \"pkg:deb/debian/libssl3\"\n    statement: Not run\n",
                &["debian/libssl3"],
            ),
            ("vulnerabilities:\n  - paths:\n      - \"vendor/**\"\n", &["@acme/lib"]),
            ("vulnerabilities:\n  - statement: nothing named\n", &[]),
            // Other sections speak of other findings.
            (
                "misconfigurations:\n  - id: CVE-2024-9\nsecrets:\n  - id: CVE-2024-9\nlicenses:\n  - id: CVE-2024-9\n",
                &[],
            ),
            ("vulnerabilities:\nsecrets:\n", &[]),
        ],
    );
}

#[test]
fn osv_scanner_toml() {
    check(
        "osv-scanner.toml",
        &[
            (
                "[[IgnoredVulns]]\nid = \"GO-2022-0968\"\n# ignoreUntil = 2022-11-09\nreason = \"No ssh servers\"\n",
                &["golang.org/x/net"],
            ),
            // Aliases are ignored too.
            ("[[IgnoredVulns]]\nid = \"CVE-2021-43565\"\n", &["golang.org/x/net"]),
            ("[[IgnoredVulns]]\nid = \"GO-2022-0968\"\nignoreUntil = 2022-11-09\n", &[]),
            ("[[IgnoredVulns]]\nid = \"GO-2022-0968\"\nignoreUntil = 2026-06-01T13:00:00Z\n", &["golang.org/x/net"]),
            ("[[IgnoredVulns]]\nid = \"GO-2022-0968\"\nignoreUntil = 2026-06-01T12:00:00Z\n", &[]),
            // Of two of one id the first is used.
            (
                "[[IgnoredVulns]]\nid = \"GO-2022-0968\"\nignoreUntil = 2022-11-09\n[[IgnoredVulns]]\nid = \"GO-2022-0968\"\n",
                &[],
            ),
            (
                "[[PackageOverrides]]\nname = \"lib\"\nversion = \"1.0.0\"\necosystem = \"npm\"\nignore = true\nreason = \"abc\"\n",
                &["lib"],
            ),
            ("[[PackageOverrides]]\nname = \"lib\"\nversion = \"2.0.0\"\necosystem = \"npm\"\nignore = true\n", &[]),
            ("[[PackageOverrides]]\nname = \"@acme/lib\"\nvulnerability.ignore = true\n", &["@acme/lib"]),
            ("[[PackageOverrides]]\nname = \"lib\"\necosystem = \"Go\"\nignore = true\n", &[]),
            ("[[PackageOverrides]]\nname = \"@acme/.*\"\nnameIsRegex = true\nignore = true\n", &["@acme/lib"]),
            ("[[PackageOverrides]]\nname = \"li\"\nnameIsRegex = true\nignore = true\n", &[]),
            ("[[PackageOverrides]]\nname = \"lib\"\nignore = true\neffectiveUntil = 2022-11-09\n", &[]),
            // The first that matches decides, also where its time is over.
            (
                "[[PackageOverrides]]\nname = \"lib\"\nignore = true\neffectiveUntil = 2022-11-09\n[[PackageOverrides]]\nname = \"lib\"\nignore = true\n",
                &[],
            ),
            ("[[PackageOverrides]]\necosystem = \"npm\"\ngroup = \"dev\"\nignore = true\n", &["jest"]),
            ("[[PackageOverrides]]\necosystem = \"npm\"\nignore = true\n", &["jest", "lib", "@acme/lib"]),
            ("[[PackageOverrides]]\necosystem = \"Debian:12\"\nignore = true\n", &["debian/libssl3"]),
            ("[[PackageOverrides]]\necosystem = \"Debian:11\"\nignore = true\n", &[]),
            // Says something about licences, and nothing about vulnerabilities.
            ("[[PackageOverrides]]\nname = \"lib\"\nlicense.override = [\"MIT\"]\n", &[]),
            ("GoVersionOverride = \"1.22\"\n", &[]),
        ],
    );
}

#[test]
fn grype_yaml() {
    check(
        ".grype.yaml",
        &[
            // By the id of the record alone, or with its aliases.
            ("ignore:\n  - vulnerability: GHSA-lib\n", &["lib", "@acme/lib"]),
            ("ignore:\n  - vulnerability: CVE-2024-1\n", &[]),
            ("ignore:\n  - vulnerability: CVE-2024-1\n    include-aliases: true\n", &["lib", "@acme/lib"]),
            ("ignore:\n  - package:\n      type: gem\n", &["rack"]),
            ("ignore:\n  - package:\n      type: cargo\n", &[]),
            ("ignore:\n  - package:\n      language: python\n", &["Flask"]),
            ("ignore:\n  - package: {name: lib, version: 1.0.0, type: npm}\n", &["lib"]),
            ("ignore:\n  - package:\n      name: \"@acme/.*\"\n", &["@acme/lib"]),
            ("ignore:\n  - package:\n      location: \"/usr/local/lib/**\"\n", &["Flask"]),
            ("ignore:\n  - package:\n      location: \"/usr/local/*\"\n", &[]),
            ("ignore:\n  - package:\n      upstream-name: openssl\n", &["debian/libssl3"]),
            ("ignore:\n  - fix-state: not-fixed\n", &["rack"]),
            ("ignore:\n  - vulnerability: GHSA-lib\n    fix-state: not-fixed\n", &[]),
            ("ignore:\n  - vulnerability: GHSA-lib\n    fix-state: fixed\n    reason: known\n", &["lib", "@acme/lib"]),
            // All criteria must hold.
            ("ignore:\n  - vulnerability: GHSA-lib\n    package:\n      type: gem\n", &[]),
            // What only Grype knows sets nothing aside; nor does a rule without criteria, nor one about VEX.
            ("ignore:\n  - vulnerability: GHSA-lib\n    namespace: github:language:javascript\n", &[]),
            ("ignore:\n  - vulnerability: GHSA-lib\n    match-type: exact-direct-match\n", &[]),
            ("ignore:\n  - vulnerability: GHSA-lib\n    fix-state: wont-fix\n", &[]),
            ("ignore:\n  - reason: none\n", &[]),
            ("ignore:\n  - vulnerability: GHSA-lib\n    vex-status: not_affected\n", &[]),
            ("fail-on-severity: high\nignore: []\n", &[]),
        ],
    );
}

#[test]
fn our_own() {
    check(
        "ignore.toml",
        &[
            ("[[suppress]]\nid = \"CVE-2024-1\"\nreason = \"r\"\n", &["lib", "@acme/lib"]),
            (
                "[[suppress]]\nid = \"GHSA-lib\"\npurl = \"pkg:npm/@acme/*\"\nreason = \"r\"\nowner = \"web team\"\nexpires = 2026-06-01\n",
                &["@acme/lib"],
            ),
            ("[[suppress]]\nid = \"GHSA-lib\"\nreason = \"r\"\nexpires = \"2026-05-31\"\n", &[]),
            ("[[suppress]]\npurl = \"pkg:npm/jest\"\nreason = \"only in tests\"\n", &["jest"]),
            ("[[suppress]]\npath = \"vendor/**\"\nreason = \"r\"\n", &["@acme/lib"]),
            ("[[suppress]]\npath = \"app/vendor/**\"\nreason = \"from where chiron was started\"\n", &["@acme/lib"]),
            ("[[suppress]]\nid = \"GHSA-lib\"\npath = \"*.json\"\nreason = \"a star stays in its folder\"\n", &[]),
        ],
    );
}

#[test]
fn what_is_wrong_is_named_with_file_and_line() {
    let wrong = |file: &str, text: &str| -> String {
        let complaints = ignore::read(file, text.as_bytes()).unwrap_err();
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    for (file, text, expected) in [
        (
            "i.toml",
            "[[suppress]]\nid = \"A\"\nreason = \"r\"\n\n[[suppress]]\nid = \"A\"\nreason = \"s\"\n",
            "i.toml:5: the same as in line 1",
        ),
        (
            "i.toml",
            "[[suppress]]\nid = \"A\"\nreason = \"r\"\nexpires = \"2027-02-30\"\n",
            "i.toml:1: `2027-02-30` is not a date",
        ),
        ("i.toml", "[[suppress]]\nid = \"A\"\nreason = \" \"\n", "i.toml:1: a suppression needs a reason"),
        ("i.toml", "[[suppress]]\nid = \"A\"\n", "missing field `reason`"),
        ("i.toml", "[[suppress]]\nid = \"*\"\nreason = \"r\"\n", "i.toml:1: `*`: an id has no wildcards"),
        ("i.toml", "[[suppress]]\nreason = \"r\"\n", "i.toml:1: it would set everything aside"),
        ("i.toml", "[[suppress]]\npurl = \"pkg:pypi/*\"\nreason = \"r\"\n", "i.toml:1: it would set everything aside"),
        ("i.toml", "[[suppress]]\npath = \"**\"\nreason = \"r\"\n", "i.toml:1: it would set everything aside"),
        ("i.toml", "[[suppress]]\nid = \"A\"\nreason = \"r\"\nexpire = 2027-01-01\n", "unknown field `expire`"),
        ("i.toml", "[[suppress]\n", "i.toml:1: "),
        (
            "osv-scanner.toml",
            "\n[[PackageOverrides]]\nignore = true\n",
            "osv-scanner.toml:2: it would set everything aside",
        ),
        (
            "osv-scanner.toml",
            "[[PackageOverrides]]\nname = \".*\"\nnameIsRegex = true\nignore = true\n",
            "osv-scanner.toml:1: it would set",
        ),
        (
            "osv-scanner.toml",
            "[[PackageOverrides]]\nname = \"(\"\nnameIsRegex = true\nignore = true\n",
            "not a regular expression",
        ),
        ("osv-scanner.toml", "[[IgnoredVulns]]\nid = \"A\"\nignoreUntil = 2022-13-01\n", "osv-scanner.toml:3: "),
        (
            ".trivyignore.yaml",
            "vulnerabilities:\n  - id: A\n  - id: B\n    expired_at: soon\n",
            ".trivyignore.yaml:3: `soon` is not a date",
        ),
        (
            ".trivyignore.yaml",
            "vulnerabilities:\n  - paths:\n      - \"**\"\n",
            ".trivyignore.yaml:2: it would set everything aside",
        ),
        (
            ".trivyignore.yaml",
            "vulnerabilities:\n  - id: A\n    purls: [django]\n",
            ".trivyignore.yaml:3: `django` is not a package URL",
        ),
        (".trivyignore.yaml", "a: &x [1]\nb: *x\n", ".trivyignore.yaml:2: an alias"),
        (".grype.yaml", "ignore:\n  - package:\n      name: \".*\"\n", ".grype.yaml:2: it would set everything aside"),
        ("notes.txt", "CVE-2024-1\n", "its name does not say whose it is"),
    ] {
        let said = wrong(file, text);
        assert!(said.contains(expected), "{file}:\n{text}\n-> {said}");
    }
    assert_eq!(ignore::read("i.toml", b"# \xff").unwrap_err()[0].to_string(), "i.toml:1: not UTF-8");
}

#[test]
fn what_is_over_unused_or_idle_is_noted() {
    let text = "[[suppress]]\nid = \"GHSA-lib\"\nreason = \"r\"\nexpires = 2020-01-01\n[[suppress]]\nid = \"ZZZ\"\nreason = \"r\"\n";
    let mut rules = ignore::read("i.toml", text.as_bytes()).unwrap();
    rules.extend(ignore::read(".grype.yaml", b"ignore:\n  - vulnerability: GHSA-lib\n    namespace: x\n").unwrap());
    let (components, mut findings) = findings();
    let glance = Glance::new(&components, &[]);
    let notes = Rules::new(rules).apply(&mut findings, &glance, NOW.parse().unwrap());
    let said: Vec<_> = notes.iter().map(|note| format!("{}: {}", note.code, note.message)).collect();
    assert_eq!(
        said,
        [
            "suppression-expired: the suppression of GHSA-lib (i.toml:1) expired on 2020-01-01: it no longer holds",
            "suppression-unused: the suppression of ZZZ (i.toml:5) meets no finding",
            "suppression-idle: the suppression of GHSA-lib (.grype.yaml:2) sets nothing aside: `namespace` is Grype's own, and cannot be told here",
        ]
    );
}

#[test]
fn a_finding_in_one_more_place_is_not_set_aside_by_a_path() {
    let lib = run::component("pkg:npm/lib@1.0.0", "vendor/package-lock.json");
    let mut finding = run::finding(&["GHSA-lib"], &lib);
    finding.locations.push(chiron_model::location::Location::file("src/package-lock.json"));
    let rules = ignore::read("i.toml", b"[[suppress]]\npath = \"vendor/**\"\nreason = \"r\"\n").unwrap();
    let components = [lib];
    let mut findings = [finding];
    let _ = Rules::new(rules).apply(&mut findings, &Glance::new(&components, &[]), NOW.parse().unwrap());
    assert_eq!(findings[0].status, FindingStatus::Affected);
}

#[test]
fn a_hundred_thousand_entries_are_read_and_held_against_findings() {
    let mut text = String::new();
    for number in 0..100_000 {
        text.push_str(&format!("[[suppress]]\nid = \"CVE-2024-{number}\"\npurl = \"pkg:npm/lib\"\nreason = \"r\"\n"));
    }
    let rules = ignore::read("i.toml", text.as_bytes()).unwrap();
    assert_eq!((rules.len(), rules[99_999].source.line), (100_000, Some(399_997)));
    let (components, mut findings) = findings();
    let glance = Glance::new(&components, &[]);
    let notes = Rules::new(rules).apply(&mut findings, &glance, NOW.parse().unwrap());
    assert!(notes.len() <= 51, "{}", notes.len());
    assert!(matches!(findings[1].status, FindingStatus::Suppressed(_)));
}
