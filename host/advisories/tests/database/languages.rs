//! Packages of Go, Maven, RubyGems, NuGet and Packagist: records in the shape of the Go vulnerability database and of GitHub's
//! advisories, shortened to what matters here.

use chiron_model::property;

use crate::scratch::{database, hits, record, the_match};

fn range(kind: &str, introduced: &str, fixed: &str) -> String {
    format!(r#""ranges": [{{"type": "{kind}", "events": [{{"introduced": "{introduced}"}}, {{"fixed": "{fixed}"}}]}}]"#)
}

fn expect(database: &chiron_advisories::Database, table: &[(&str, bool)]) {
    for (purl, affected) in table {
        assert_eq!(!hits(database, purl).is_empty(), *affected, "{purl}");
    }
}

#[test]
fn go_modules_are_matched_without_regard_to_case_and_with_their_imports() {
    let imports =
        r#", "ecosystem_specific": {"imports": [{"path": "golang.org/x/net/http2", "symbols": ["Server.ServeConn"]}]}"#;
    let (_scratch, db) = database(&[
        &record("GO-2023-2102", "Go", "golang.org/x/net", &(range("SEMVER", "0", "0.17.0") + imports)),
        &record("GHSA-1", "Go", "github.com/Masterminds/goutils", &range("SEMVER", "0", "1.1.1")),
        &record("GO-2", "Go", "github.com/docker/docker", &range("SEMVER", "0", "20.10.24+incompatible")),
        &record("GO-3", "Go", "stdlib", &range("SEMVER", "1.21.0-0", "1.21.3")),
    ]);
    expect(
        &db,
        &[
            ("pkg:golang/golang.org/x/net@v0.16.0", true),
            ("pkg:golang/golang.org/x/net@0.17.0", false),
            ("pkg:golang/golang.org/x/net@v0.0.0-20230101000000-abcdef123456", true),
            ("pkg:golang/github.com/masterminds/goutils@v1.1.0", true),
            ("pkg:golang/github.com/Masterminds/goutils@v1.1.1", false),
            ("pkg:golang/github.com/docker/docker@v20.10.23%2Bincompatible", true),
            ("pkg:golang/github.com/docker/docker@v20.10.24%2Bincompatible", false),
            ("pkg:golang/stdlib@1.21.2", true),
            ("pkg:golang/stdlib@go1.21rc2", true),
            ("pkg:golang/std@1.21.3", false),
            ("pkg:golang/stdlib@1.20.9", false),
        ],
    );
    let (candidate, _) = the_match(&db, "pkg:golang/golang.org/x/net@v0.16.0");
    let imports = property(&candidate.properties, "chiron:affected-imports");
    assert_eq!(imports, Some("golang.org/x/net/http2 (Server.ServeConn)"));
}

#[test]
fn maven_gems_nuget_and_composer_packages_follow_their_own_rules() {
    let (_scratch, db) = database(&[
        &record("GHSA-M", "Maven", "org.apache.logging.log4j:log4j-core", &range("ECOSYSTEM", "2.0-beta9", "2.15.0")),
        &record("GHSA-R", "RubyGems", "rails", &range("ECOSYSTEM", "6.0.0", "6.0.3.1")),
        &record("GHSA-N", "NuGet", "Newtonsoft.Json", &range("ECOSYSTEM", "0", "13.0.1")),
        &record("GHSA-C", "Packagist", "symfony/http-kernel", &range("ECOSYSTEM", "2.0.0", "4.4.50")),
    ]);
    expect(
        &db,
        &[
            ("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", true),
            ("pkg:maven/org.apache.logging.log4j/log4j-core@2.0-rc1", true),
            ("pkg:maven/org.apache.logging.log4j/log4j-core@2.0-beta8", false),
            ("pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0", false),
            ("pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0-rc1", true),
            ("pkg:gem/rails@6.0.3", true),
            ("pkg:gem/rails@6.0.0.rc1", false),
            ("pkg:gem/rails@6.0.3.1", false),
            ("pkg:nuget/newtonsoft.json@12.0.3", true),
            ("pkg:nuget/Newtonsoft.Json@13.0.1-beta2", true),
            ("pkg:nuget/Newtonsoft.Json@13.0.1.0", false),
            ("pkg:composer/symfony/http-kernel@v4.4.49", true),
            ("pkg:composer/Symfony/HTTP-Kernel@4.4.50-RC1", true),
            ("pkg:composer/symfony/http-kernel@v4.4.50.0", false),
        ],
    );
}

#[test]
fn a_branch_of_composer_is_unknown() {
    let (_scratch, db) = database(&[&record("GHSA-C", "Packagist", "a/b", &range("ECOSYSTEM", "1.0", "2.0"))]);
    let evaluations = crate::scratch::evaluations(&db, "pkg:composer/a/b@dev-main");
    assert!(format!("{evaluations:?}").contains("`dev-main` is not a version of Packagist"), "{evaluations:?}");
}
