use super::*;

fn refused(text: &str) -> String {
    read("x.json", text.as_bytes()).unwrap_err().to_string()
}

const OPENVEX: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://a.example/1", "author": "Acme",
    "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [
    {"vulnerability": {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2024-1", "name": "CVE-2024-1", "aliases": ["GHSA-1"]},
     "products": [{"@id": "pkg:pypi/app@1", "subcomponents": [{"@id": "pkg:pypi/lib@2"}, {"identifiers": {"purl": "pkg:pypi/lib@3"}}]}],
     "status": "not_affected", "justification": "vulnerable_code_not_present", "timestamp": "2026-02-01T00:00:00Z"},
    {"vulnerability": {"name": "CVE-2024-2"}, "products": [{"@id": "x", "hashes": {"sha-256": "AA"}}], "status": "under_investigation"}]}"#;

#[test]
fn openvex_is_read() {
    let document = read("x.json", OPENVEX.as_bytes()).unwrap();
    assert_eq!((document.format, document.author.as_deref()), (VexFormat::OpenVex, Some("Acme")));
    let [first, second] = document.statements.as_slice() else { panic!() };
    assert_eq!(
        (first.vulnerability.as_str(), first.aliases.as_slice()),
        ("CVE-2024-1", ["GHSA-1".to_owned()].as_slice())
    );
    assert_eq!(
        (first.status, first.justification),
        (VexStatus::NotAffected, Some(Justification::VulnerableCodeNotPresent))
    );
    assert_eq!(first.timestamp.unwrap().to_string(), "2026-02-01T00:00:00Z");
    assert_eq!(first.products[0].subcomponents.len(), 2);
    assert_eq!(second.timestamp.unwrap().to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn the_first_openvex_is_read() {
    let text = r#"{"@context": "https://openvex.dev/ns", "@id": "x", "author": "A", "timestamp": "2023-01-01T00:00:00Z",
        "version": "1", "statements": [{"vulnerability": "CVE-2023-1", "products": ["pkg:apk/wolfi/git@2"],
        "subcomponents": ["pkg:apk/wolfi/git-doc"], "status": "fixed"}]}"#;
    let document = read("x.json", text.as_bytes()).unwrap();
    assert_eq!(document.statements[0].products[0].subcomponents[0].text, "pkg:apk/wolfi/git-doc");
}

#[test]
fn csaf_is_read_with_products_groups_and_relationships() {
    let text = r#"{"document": {"csaf_version": "2.0", "category": "csaf_vex", "publisher": {"name": "Acme PSIRT"},
        "tracking": {"current_release_date": "2026-01-01T00:00:00Z"}},
      "product_tree": {
        "branches": [{"category": "vendor", "name": "Acme", "branches": [
          {"category": "product_name", "name": "app", "product": {"product_id": "APP", "name": "Acme app",
            "product_identification_helper": {"purl": "pkg:pypi/app@1.0"}}}]}],
        "full_product_names": [{"product_id": "LIB", "name": "lib", "product_identification_helper": {"purl": "pkg:pypi/lib@2"}}],
        "relationships": [{"category": "default_component_of", "product_reference": "LIB", "relates_to_product_reference": "APP",
          "full_product_name": {"product_id": "LIB-IN-APP", "name": "lib in app"}}],
        "product_groups": [{"group_id": "G", "product_ids": ["LIB-IN-APP"]}]},
      "vulnerabilities": [{"cve": "CVE-2024-1", "ids": [{"system_name": "GitHub", "text": "GHSA-1"}],
        "product_status": {"known_not_affected": ["LIB-IN-APP"], "fixed": ["LIB"], "recommended": ["APP"]},
        "flags": [{"label": "vulnerable_code_not_in_execute_path", "group_ids": ["G"], "date": "2026-03-01T00:00:00Z"}],
        "remediations": [{"category": "vendor_fix", "details": "take 2", "product_ids": ["LIB"]}]}]}"#;
    let document = read("x.json", text.as_bytes()).unwrap();
    let [not_affected, fixed] = document.statements.as_slice() else { panic!("{:#?}", document.statements) };
    assert_eq!(not_affected.justification, Some(Justification::VulnerableCodeNotInExecutePath));
    assert_eq!(not_affected.timestamp.unwrap().to_string(), "2026-03-01T00:00:00Z");
    assert_eq!(not_affected.products[0].identity.text, "pkg:pypi/app@1.0");
    assert_eq!(not_affected.products[0].subcomponents[0].text, "pkg:pypi/lib@2");
    assert_eq!((fixed.status, fixed.text.as_deref()), (VexStatus::Fixed, Some("take 2")));
}

#[test]
fn cyclonedx_is_read_by_reference_link_and_purl() {
    let text = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
      "metadata": {"timestamp": "2026-01-01T00:00:00Z", "component": {"bom-ref": "app", "name": "app", "purl": "pkg:pypi/app@1"}},
      "components": [{"bom-ref": "lib", "type": "library", "name": "lib", "purl": "pkg:pypi/lib@2"}],
      "vulnerabilities": [
        {"id": "CVE-2024-1", "analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "no path"},
         "affects": [{"ref": "lib"}, {"ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:pypi/other@3"}]},
        {"id": "CVE-2024-2", "analysis": {"state": "not_affected", "justification": "requires_environment"},
         "affects": [{"ref": "app", "versions": [{"version": "1"}, {"range": "vers:pypi/<1"}]}]},
        {"id": "CVE-2024-3", "affects": [{"ref": "lib"}]}]}"#;
    let document = read("x.json", text.as_bytes()).unwrap();
    let [first, second] = document.statements.as_slice() else { panic!("{:#?}", document.statements) };
    let products: Vec<_> = first.products.iter().map(|product| product.identity.text.as_str()).collect();
    assert_eq!(products, ["pkg:pypi/lib@2", "pkg:pypi/other@3"]);
    assert_eq!((second.justification, second.text.as_deref()), (None, Some("requires_environment")));
}

#[test]
fn what_is_half_foreign_or_unknown_is_refused_in_words() {
    let with = |from: &str, to: &str| OPENVEX.replace(from, to);
    for (text, expected) in [
        (OPENVEX[..OPENVEX.len() / 2].to_owned(), "no whole JSON"),
        (String::new(), "no whole JSON"),
        ("[]".to_owned(), "no VEX document"),
        ("{}".to_owned(), "no VEX document"),
        ("{\"@context\": \"https://w3id.org/ro/crate\"}".to_owned(), "no VEX document"),
        (with("ns/v0.2.0", "ns/v9.0.0"), "OpenVEX of the version `v9.0.0`"),
        (with("\"not_affected\"", "\"fine\""), "statement 1: `fine` is not a status"),
        (with("\"vulnerable_code_not_present\"", "\"trust_me\""), "statement 1: `trust_me` is not a justification"),
        (with("\"justification\": \"vulnerable_code_not_present\", ", ""), "neither justification nor impact"),
        (with("\"2026-02-01T00:00:00Z\"", "\"last week\""), "statement 1: `last week` is not a time"),
        (with("{\"name\": \"CVE-2024-2\"}", "{\"name\": \"\"}"), "statement 2: it names no vulnerability"),
        (with("[{\"@id\": \"x\", \"hashes\": {\"sha-256\": \"AA\"}}]", "[]"), "statement 2: it names no product"),
        (r#"{"@context": "https://openvex.dev/ns/v0.2.0", "author": "A"}"#.to_owned(), "it has no statements"),
        (r#"{"document": {"title": "something else"}}"#.to_owned(), "no VEX document"),
        (r#"{"document": {"csaf_version": "3.0"}}"#.to_owned(), "CSAF of the version `3.0`"),
        (r#"{"document": {"csaf_version": "2.0"}}"#.to_owned(), "it names no vulnerability"),
        (
            r#"{"document": {"csaf_version": "2.0"}, "vulnerabilities": [{"cve": "C", "product_status": {"fixed": ["X"]}}]}"#
                .to_owned(),
            "the product `X`, which it does not describe",
        ),
        (r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}"#.to_owned(), "no VEX document"),
        (r#"{"bomFormat": "CycloneDX", "specVersion": "2.0"}"#.to_owned(), "CycloneDX of the version `2.0`"),
        (
            r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": [{"id": "C", "analysis": {"state": "ok"}}]}"#
                .to_owned(),
            "vulnerability 1: `ok` is not a state",
        ),
    ] {
        let said = refused(&text);
        assert!(said.contains(expected), "{text}\n-> {said}");
    }
    assert_eq!(read("x", &vec![b' '; DOCUMENT_BYTES_MAX + 1]).unwrap_err(), VexError::TooLarge);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&format!("{{\"document\": {deep}}}")).contains("no whole JSON"));
}

#[test]
fn what_is_written_is_read_as_it_was() {
    let document = read("x.json", OPENVEX.replace(", \"hashes\": {\"sha-256\": \"AA\"}", "").as_bytes()).unwrap();
    let (statements, left_out) = merge(std::slice::from_ref(&document));
    assert_eq!(left_out, 0);
    let said = statements.iter().map(write::Said::of).collect();
    let time = "2026-04-01T00:00:00Z".parse().unwrap();
    let written = write::OpenVex::new("urn:x".to_owned(), "Acme".to_owned(), time, "t".to_owned(), said);
    let again = read("y.json", &written.encode().unwrap()).unwrap();
    let mut expected = document.statements;
    expected.sort_by_key(|statement| statement.timestamp);
    assert_eq!(again.statements, expected);
}
