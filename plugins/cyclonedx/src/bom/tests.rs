//! Documents in, inventories out.

use chiron_sdk::Digest;
use chiron_sdk::fake::FakeBlob;
use chiron_sdk::sbom::{Coverage, License};
use serde_json::{Value, json};

use super::*;

fn read_text(text: &str) -> Inventory {
    read(&FakeBlob::new(text), stream::document).unwrap()
}

/// A 1.6 document with these members.
fn bom(members: Value) -> Inventory {
    let mut document = json!({"bomFormat": "CycloneDX", "specVersion": "1.6"});
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    read_text(&document.to_string())
}

fn outcome(inventory: &Inventory) -> (Coverage, u64, u64, &str) {
    let file = &inventory.files[0];
    (file.coverage, file.entries_read, file.entries_dropped, file.reason.as_deref().unwrap_or(""))
}

#[test]
fn a_component_keeps_what_the_document_says() {
    let inventory = bom(json!({"components": [{
        "bom-ref": "r", "type": "library", "group": "@angular", "name": "core", "version": "12.0.0",
        "purl": "pkg:npm/%40angular/core@12.0.0", "scope": "optional",
        "hashes": [{"alg": "SHA-256", "content": "AB".repeat(32)}, {"alg": "SHA3-256", "content": "ab".repeat(32)}],
        "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "Own"}}],
        "properties": [{"name": "syft:layer", "value": "1"}, {"name": "chiron:not-covered", "value": "a lie"}]
    }]}));
    let [core] = inventory.components.as_slice() else { panic!() };
    assert_eq!((core.id.as_str(), core.kind.as_str(), core.name.as_str()), ("r", "library", "@angular/core"));
    assert_eq!(core.purl.as_deref(), Some("pkg:npm/%40angular/core@12.0.0"));
    assert_eq!((core.version.as_deref(), core.scope.as_str()), (Some("12.0.0"), "optional"));
    assert_eq!(core.digests, [Digest { algorithm: "sha256".to_owned(), value: "ab".repeat(32) }]);
    assert_eq!(core.licenses, [License::Expression("MIT".to_owned()), License::Text("Own".to_owned()),]);
    assert_eq!(core.properties, [("syft:layer".to_owned(), "1".to_owned())]);
    assert_eq!(outcome(&inventory), (Coverage::Read, 1, 0, ""));
}

#[test]
fn nesting_dependencies_and_the_root_become_relations() {
    let inventory = bom(json!({
        "metadata": {"component": {"bom-ref": "app", "type": "application", "name": "app"}},
        "components": [
            {"type": "library", "bom-ref": "a", "name": "a", "purl": "pkg:npm/a@1", "components": [{"type": "library", "name": "inner", "purl": "pkg:npm/i@1"}]},
            {"bom-ref": "app", "type": "application", "name": "app"}
        ],
        "dependencies": [{"ref": "app", "dependsOn": ["a", "a-service"]}, {"ref": "a"}]
    }));
    let ids: Vec<&str> = inventory.components.iter().map(|component| component.id.as_str()).collect();
    assert_eq!(ids, ["a", "component-1", "app"]);
    assert!(inventory.components[2].properties.contains(&("chiron:sbom-root".to_owned(), "true".to_owned())));
    let relations: Vec<String> =
        inventory.relations.iter().map(|r| format!("{} {} {}", r.source, r.kind, r.target)).collect();
    assert_eq!(relations, ["a contains component-1", "app depends-on a"]);
    assert_eq!(outcome(&inventory), (Coverage::Read, 3, 0, ""));
}

#[test]
fn a_bom_ref_used_twice_keeps_both_components_and_counts_the_loss() {
    let inventory = bom(json!({"components": [
        {"type": "library", "bom-ref": "x", "name": "a", "purl": "pkg:npm/a@1"},
        {"type": "library", "bom-ref": "x", "name": "b", "purl": "pkg:npm/b@1"},
        {"type": "library", "bom-ref": "component-1", "name": "c", "purl": "pkg:npm/c@1"}
    ]}));
    let ids: Vec<&str> = inventory.components.iter().map(|component| component.id.as_str()).collect();
    assert_eq!(ids, ["x", "component-2", "component-1"]);
    assert_eq!(outcome(&inventory), (Coverage::Partly, 3, 1, "not unique: the reference `x`"));
}

#[test]
fn a_component_without_a_usable_purl_is_kept_and_says_so() {
    let inventory = bom(
        json!({"components": [{"type": "library", "name": "a", "purl": "not a purl"}, {"type": "library", "name": "b"}]}),
    );
    assert!(inventory.components.iter().all(|component| component.purl.is_none()));
    assert_eq!(inventory.components[0].properties, [("chiron:unreadable-purl".to_owned(), "not a purl".to_owned())]);
    assert_eq!(inventory.components[1].properties[0].0, "chiron:note");
}

#[test]
fn a_component_with_an_empty_name_is_dropped_and_counted_but_not_its_children() {
    let inventory = bom(json!({"components": [
        {"type": "library", "name": "", "components": [{"type": "library", "name": "child"}]},
        {"type": "library", "name": "ok"}
    ]}));
    let names: Vec<&str> = inventory.components.iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["child", "ok"]);
    assert_eq!(outcome(&inventory), (Coverage::Partly, 2, 1, "a component has no name"));
}

#[test]
fn other_documents_are_unsupported_and_other_versions_fail_by_name() {
    let told = |text: &str, coverage: Coverage| {
        let inventory = read_text(text);
        assert_eq!(inventory.files[0].coverage, coverage, "{text}");
        inventory.files[0].reason.clone().unwrap()
    };
    for version in ["\"2.0\"", "\"1.8\"", "\"1.1\"", "\"banana\"", "\"\"", "1.6", "\"1.06\"", "null"] {
        let text = format!(r#"{{"bomFormat": "CycloneDX", "specVersion": {version}}}"#);
        let reason = told(&text, Coverage::Failed);
        assert!(reason.contains(version.trim_matches('"')) && reason.contains("1.2 to 1.7 are"), "{reason}");
    }
    assert!(told(r#"{"bomFormat": "CycloneDX"}"#, Coverage::Failed).contains("without a specVersion"));
    assert!(told(r#"{"spdxVersion": "SPDX-2.3"}"#, Coverage::Unsupported).contains("no bomFormat"));
    let package = r#"{"name": "x", "dependencies": {"a": "^1"}, "components": 7}"#;
    assert!(told(package, Coverage::Unsupported).contains("no bomFormat"));
    assert!(told("[]", Coverage::Unsupported).contains("no bomFormat"));
}

#[test]
fn every_known_version_is_read() {
    for version in ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] {
        let text = format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "{version}", "components": null}}"#);
        assert_eq!(read_text(&text).files[0].coverage, Coverage::Read, "{version}");
    }
}

#[test]
fn what_is_no_whole_json_document_fails_with_its_reason() {
    let failed = |text: &str| {
        let inventory = read_text(text);
        assert_eq!(inventory.files[0].coverage, Coverage::Failed, "{text}");
        inventory.files[0].reason.clone().unwrap()
    };
    let whole = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "library", "name": "a"}]}"#;
    assert!(failed(&whole[..whole.len() - 5]).contains("ends too early"));
    assert!(failed(&format!("{whole} x")).contains("not well-formed"));
    assert!(failed(&"[".repeat(100_000)).contains("ends too early"));
    assert!(failed(&format!(r#"{{"components": {}"#, "[".repeat(100_000))).contains("recursion limit"));
    assert!(failed("").contains("ends too early"));
    let broken = r#"{"components": {}, "bomFormat": "CycloneDX", "specVersion": "1.5"}"#;
    assert_eq!(failed(broken), "`components` is not an array");
    assert_eq!(read_text(&format!("\u{feff}{whole}")).files[0].coverage, Coverage::Read);
}

#[test]
fn components_nested_too_deep_fail_by_words() {
    let mut nested = json!({"type": "library", "name": "innermost"});
    for _ in 0..70 {
        nested = json!({"type": "library", "name": "n", "components": [nested]});
    }
    let inventory = bom(json!({"components": [nested]}));
    assert!(matches!(inventory.files[0].coverage, Coverage::Failed | Coverage::Partly));
}

#[test]
fn twenty_thousand_components_are_read() {
    let components: Vec<Value> = (0..20_000)
        .map(|n| json!({"type": "library", "name": format!("p{n}"), "purl": format!("pkg:npm/p{n}@1")}))
        .collect();
    assert_eq!(outcome(&bom(json!({"components": components}))), (Coverage::Read, 20_000, 0, ""));
}
