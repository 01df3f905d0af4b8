//! Documents in, inventories out, in both forms.

use chiron_sdk::fake::FakeBlob;
use chiron_sdk::sbom::{Component, Coverage};
use serde_json::{Value, json};

use super::*;

fn tags(text: &str) -> Inventory {
    read(&FakeBlob::new(format!("SPDXVersion: SPDX-2.3\n{text}")), tag_value::document).unwrap()
}

fn json_text(text: &str) -> Inventory {
    read(&FakeBlob::new(text), stream::document).unwrap()
}

fn document(members: Value) -> Inventory {
    let mut document = json!({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT"});
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json_text(&document.to_string())
}

fn outcome(inventory: &Inventory) -> (Coverage, u64, u64, &str) {
    let file = &inventory.files[0];
    (file.coverage, file.entries_read, file.entries_dropped, file.reason.as_deref().unwrap_or(""))
}

fn property<'a>(component: &'a Component, key: &str) -> Option<&'a str> {
    component.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

fn relations(inventory: &Inventory) -> Vec<(&str, &str, &str)> {
    inventory.relations.iter().map(|r| (r.source.as_str(), r.kind.as_str(), r.target.as_str())).collect()
}

/// The same document twice: what trivy would say of an image.
const TAGS: &str = "\
SPDXID: SPDXRef-DOCUMENT
# a comment
PackageName: app
SPDXID: SPDXRef-app
PackageLicenseDeclared: LicenseRef-1
PackageComment: <text>two
PackageName: not a package
lines</text>
PackageName: libssl3
SPDXID: SPDXRef-ssl
PackageVersion: 3.0.11-1
PackageSourceInfo: <text>built package from: openssl 3.0.11-1</text>
PackageChecksum: SHA1: e6b1000b94e835ffd37f4c6dcbdad43f4b48a02a
PackageLicenseDeclared: NOASSERTION
PackageLicenseConcluded: Apache-2.0
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libssl3@3.0.11-1?arch=amd64
PackageName: debian
SPDXID: SPDXRef-os
PackageVersion: 12.5
PrimaryPackagePurpose: OPERATING-SYSTEM
FileName: ./a
SPDXID: SPDXRef-File-a
LicenseID: LicenseRef-1
ExtractedText: <text>Ours</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app
Relationship: SPDXRef-app CONTAINS SPDXRef-os
Relationship: SPDXRef-ssl RUNTIME_DEPENDENCY_OF SPDXRef-app
Relationship: SPDXRef-app CONTAINS SPDXRef-File-a
Relationship: SPDXRef-app OTHER SPDXRef-ssl
";

fn same_in_json() -> Inventory {
    let relation =
        |a: &str, kind: &str, b: &str| json!({"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b});
    document(json!({
        "relationships": [
            relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-app"),
            relation("SPDXRef-app", "CONTAINS", "SPDXRef-os"),
            relation("SPDXRef-ssl", "RUNTIME_DEPENDENCY_OF", "SPDXRef-app"),
            relation("SPDXRef-app", "CONTAINS", "SPDXRef-File-a"),
            relation("SPDXRef-app", "OTHER", "SPDXRef-ssl"),
        ],
        "packages": [
            {"SPDXID": "SPDXRef-app", "name": "app", "licenseDeclared": "LicenseRef-1"},
            {"SPDXID": "SPDXRef-ssl", "name": "libssl3", "versionInfo": "3.0.11-1",
             "sourceInfo": "built package from: openssl 3.0.11-1",
             "checksums": [{"algorithm": "SHA1", "checksumValue": "e6b1000b94e835ffd37f4c6dcbdad43f4b48a02a"}],
             "licenseDeclared": "NOASSERTION", "licenseConcluded": "Apache-2.0",
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                               "referenceLocator": "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64"}]},
            {"SPDXID": "SPDXRef-os", "name": "debian", "versionInfo": "12.5", "primaryPackagePurpose": "OPERATING-SYSTEM"},
        ],
        "files": [{"SPDXID": "SPDXRef-File-a"}],
        "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "Ours"}],
    }))
}

#[test]
fn packages_keep_what_the_document_says_in_both_forms() {
    for inventory in [tags(TAGS), same_in_json()] {
        assert_eq!(outcome(&inventory), (Coverage::Read, 3, 0, "1 files and 0 snippets are no packages"));
        let [app, ssl, os] = inventory.components.as_slice() else { panic!("{:?}", inventory.components) };
        assert_eq!((app.name.as_str(), property(app, "chiron:sbom-root")), ("app", Some("true")));
        assert!(matches!(app.licenses.as_slice(), [License::Text(text)] if text == "Ours"));
        assert_eq!(property(app, "chiron:note"), Some("the SBOM gives no purl"));
        assert_eq!((ssl.id.as_str(), ssl.version.as_deref()), ("SPDXRef-ssl", Some("3.0.11-1")));
        assert_eq!(ssl.purl.as_deref(), Some("pkg:deb/debian/libssl3@3.0.11-1?arch=amd64"));
        assert!(matches!(ssl.licenses.as_slice(), [License::Expression(text)] if text == "Apache-2.0"));
        assert_eq!(ssl.digests.len(), 1);
        assert_eq!(property(ssl, "chiron:upstream"), Some("openssl@3.0.11-1"));
        assert_eq!(property(ssl, "chiron:distro"), Some("debian-12.5"));
        assert_eq!(os.kind, "operating-system");
        let expected = [("SPDXRef-app", "contains", "SPDXRef-os"), ("SPDXRef-app", "depends-on", "SPDXRef-ssl")];
        assert_eq!(relations(&inventory), expected);
    }
}

#[test]
fn what_a_purl_says_stays_as_it_is() {
    let purl = "pkg:rpm/rhel/openssl-libs@3.0.7-24.el9?arch=x86_64&distro=rhel-9.2&epoch=1&upstream=openssl-3.0.7-24.el9.src.rpm";
    let inventory = tags(&format!(
        "PackageName: o\nPackageSourceInfo: acquired package info from RPM DB\nExternalRef: PACKAGE_MANAGER purl {purl}\n\
         ExternalRef: PACKAGE_MANAGER purl pkg:generic/o\n"
    ));
    let component = &inventory.components[0];
    assert_eq!(component.purl.as_deref(), Some(purl));
    assert_eq!(property(component, "chiron:upstream"), None);
    assert_eq!(property(component, "chiron:note"), Some("the SBOM gives 2 purls; this is the first"));
}

#[test]
fn other_versions_and_other_documents_are_told_by_name() {
    let reason = |text: &str| {
        let inventory = json_text(text);
        assert!(inventory.components.is_empty(), "{text}");
        (inventory.files[0].coverage, inventory.files[0].reason.clone().unwrap())
    };
    let (coverage, words) = reason(r#"{"spdxVersion": "SPDX-2.1", "packages": []}"#);
    assert_eq!((coverage, words.as_str()), (Coverage::Failed, "`SPDX-2.1` is not read; SPDX 2.2 and 2.3 are"));
    let (coverage, words) = reason(r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}"#);
    assert_eq!((coverage, words.as_str()), (Coverage::Failed, "SPDX 3 (JSON-LD) is not read; SPDX 2.2 and 2.3 are"));
    assert_eq!(reason(r#"{"packages": {}}"#).0, Coverage::Unsupported);
    assert_eq!(reason("[]").0, Coverage::Unsupported);
}

#[test]
fn what_cannot_be_read_fails_or_is_counted() {
    let failed = |inventory: Inventory| {
        assert_eq!(inventory.files[0].coverage, Coverage::Failed);
        inventory.files[0].reason.clone().unwrap()
    };
    assert_eq!(failed(document(json!({"packages": {}}))), "`packages` is not an array");
    assert_eq!(
        failed(json_text(r#"{"spdxVersion": "SPDX-2.3", "packages": [], "packages": []}"#)),
        "`packages` stands twice"
    );
    assert!(failed(json_text(r#"{"spdxVersion": "SPDX-2.3", "packages": ["#)).contains("ends too early"));
    assert_eq!(failed(tags("PackageComment: <text>a\n")), "the text that begins on line 2 does not end");
    assert_eq!(failed(tags("SPDXVersion: SPDX-2.2\n")), "line 2: `SPDXVersion` stands twice");
    assert!(failed(tags(&"x".repeat(2 * 1024 * 1024))).contains("longer than"));
    let odd = tags("no tag here\nPackageName:\nPackageName: a\nRelationship: a\n");
    let reasons = "line 2: not a tag with a value; line 5: a relationship of 1 words; package `` has no name";
    assert_eq!(outcome(&odd), (Coverage::Partly, 1, 3, reasons));
    let odd = document(json!({"packages": [7, {"name": 7}, {"SPDXID": "x"}, {"name": "a"}]}));
    assert_eq!((odd.files[0].entries_read, odd.files[0].entries_dropped), (1, 3));
}

#[test]
fn an_id_that_stands_twice_and_a_circle_lose_nothing_unnamed() {
    let text = "PackageName: a\nSPDXID: SPDXRef-a\nPackageName: b\nSPDXID: SPDXRef-a\nPackageName: c\nSPDXID: SPDXRef-c\n\
                Relationship: SPDXRef-a DEPENDS_ON SPDXRef-c\nRelationship: SPDXRef-c DEPENDS_ON SPDXRef-a\n";
    let inventory = tags(text);
    assert_eq!(outcome(&inventory), (Coverage::Partly, 3, 1, "not unique: the reference `SPDXRef-a`"));
    assert_eq!(inventory.relations.len(), 2);
}
