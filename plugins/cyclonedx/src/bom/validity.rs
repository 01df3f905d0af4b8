//! What each version of the specification forbids, one small document for each rule, in both forms.

use chiron_sdk::fake::FakeBlob;
use chiron_sdk::sbom::Coverage;

use super::*;

/// Why a document is refused; nothing where it is read.
fn refused(name: &str, text: &str) -> Option<String> {
    let parse = if name == "xml" { xml::document } else { stream::document };
    let inventory = read(&FakeBlob::new(text), parse).unwrap();
    let [file] = inventory.files.as_slice() else { panic!("{text}") };
    match file.coverage {
        Coverage::Read => None,
        Coverage::Failed if inventory.components.is_empty() => Some(file.reason.clone().unwrap()),
        Coverage::Failed | Coverage::Partly | Coverage::Unsupported => panic!("{:?} of {text}", inventory.files),
    }
}

fn json(minor: u8, members: &str) -> Option<String> {
    refused("json", &format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.{minor}", {members}}}"#))
}

fn xml(minor: u8, content: &str) -> Option<String> {
    refused("xml", &format!(r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.{minor}" version="1">{content}</bom>"#))
}

/// A component with these further members.
fn component(members: &str) -> String {
    format!(r#""components": [{{"type": "library", "name": "a", "version": "1", {members}}}]"#)
}

fn component_xml(content: &str) -> String {
    format!(
        r#"<components><component type="library"><name>a</name><version>1</version>{content}</component></components>"#
    )
}

/// Document, versions that allow it, what the others say.
const JSON: [(&str, std::ops::RangeInclusive<u8>, &str); 22] = [
    (r#""components": [{"name": "a", "version": "1"}]"#, 9..=9, "component `a`: a component has no `type`"),
    (r#""components": [{"type": "library"}]"#, 9..=9, "a component has no `name`"),
    (r#""components": [{"type": "library", "name": "a"}]"#, 4..=7, "component `a`: a component has no `version`"),
    (
        r#""components": [{"type": "foo", "name": "a", "version": "1"}]"#,
        9..=9,
        "component `a`: `type` is `foo`, which is none of its words",
    ),
    (
        r#""components": [{"type": "data", "name": "a", "version": "1"}]"#,
        5..=7,
        "component `a`: `type` is `data`, which came with 1.5",
    ),
    (
        r#""components": [{"type": "cryptographic-asset", "name": "a", "version": "1"}]"#,
        6..=7,
        "component `a`: `type` is `cryptographic-asset`, which came with 1.6",
    ),
    (r#""components": ["a"]"#, 9..=9, "a component is not an object"),
    (
        r#""components": [{"type": "library", "name": "a", "version": 1}]"#,
        9..=9,
        "component `a`: `version` is not a string",
    ),
    (
        r#""components": [{"type": "library", "bom-ref": "", "name": "a", "version": "1"}]"#,
        2..=4,
        "component `a`: an empty `bom-ref`",
    ),
    (
        r#""serialNumber": "urn:uuid:3e671687""#,
        9..=9,
        "`serialNumber` is `urn:uuid:3e671687`, which is no serial number",
    ),
    (r#""metadata": {"timestamp": "2020-04-13"}"#, 9..=9, "`timestamp` is `2020-04-13`, which is no time"),
    (
        r#""metadata": {"licenses": [{"license": {"id": "Apache-2"}}]}"#,
        9..=9,
        "`id` is `Apache-2`, which is no id of the SPDX licence list",
    ),
    (r#""metadata": {"distribution": "x"}"#, 9..=9, "`metadata` has a member `distribution`, which is none of its own"),
    (r#""metadata": {"component": {"type": "library"}}"#, 9..=9, "a component has no `name`"),
    (
        r#""services": [{"name": "s", "data": [{"flow": "bar", "classification": "x"}]}]"#,
        9..=9,
        "`flow` is `bar`, which is none of its words",
    ),
    (r#""services": [{}]"#, 9..=9, "a service has no `name`"),
    (r#""dependencies": [{"dependsOn": []}]"#, 9..=9, "a dependency has no `ref`"),
    (r#""dependencies": [{"ref": ""}]"#, 2..=4, "an empty `ref`"),
    (r#""compositions": [{"aggregate": "all"}]"#, 9..=9, "`aggregate` is `all`, which is none of its words"),
    (r#""properties": [{"value": "x"}]"#, 2..=5, "a property has no `name`"),
    (r#""externalReferences": [{"type": "vcs"}]"#, 9..=9, "a reference has no `url`"),
    (
        r#""citations": [{"timestamp": "2025-05-01T14:00:00Z", "pointers": [], "expressions": [], "process": "p"}]"#,
        9..=9,
        "a citation needs either `pointers` or `expressions`",
    ),
];

/// The same of members of a component, each with the element that says it.
const MEMBERS: [(&str, &str, std::ops::RangeInclusive<u8>, &str); 13] = [
    (r#""scope": "foo""#, "<scope>foo</scope>", 9..=9, "`scope` is `foo`, which is none of its words"),
    (
        r#""hashes": [{"alg": "FOO", "content": "3942447fac867ae5cdb3229b658f4d48"}]"#,
        r#"<hashes><hash alg="FOO">3942447fac867ae5cdb3229b658f4d48</hash></hashes>"#,
        9..=9,
        "`alg` is `FOO`, which is none of its words",
    ),
    (
        r#""hashes": [{"alg": "MD5", "content": "foo"}]"#,
        r#"<hashes><hash alg="MD5">foo</hash></hashes>"#,
        9..=9,
        "`content` is `foo`, which is no digest",
    ),
    (
        r#""licenses": [{"license": {"id": "Apache-2"}}]"#,
        "<licenses><license><id>Apache-2</id></license></licenses>",
        9..=9,
        "`id` is `Apache-2`, which is no id of the SPDX licence list",
    ),
    (
        r#""licenses": [{"license": {}}]"#,
        "<licenses><license/></licenses>",
        9..=9,
        "a license has neither `id` nor `name`",
    ),
    (
        r#""licenses": [{"license": {"id": "MIT", "name": "MIT"}}]"#,
        "<licenses><license><id>MIT</id><name>MIT</name></license></licenses>",
        9..=9,
        "a license has both `id` and `name`",
    ),
    (
        r#""licenses": [{"license": {"id": "MIT", "text": {"encoding": "base85", "content": "x"}}}]"#,
        r#"<licenses><license><id>MIT</id><text encoding="base85">x</text></license></licenses>"#,
        9..=9,
        "`encoding` is `base85`, which is none of its words",
    ),
    (r#""swid": {"name": "a"}"#, r#"<swid name="a"/>"#, 9..=9, "a swid has no `tagId`"),
    (
        r#""pedigree": {"patches": [{"type": "foo"}]}"#,
        r#"<pedigree><patches><patch type="foo"/></patches></pedigree>"#,
        9..=9,
        "`type` is `foo`, which is none of its words",
    ),
    (
        r#""pedigree": {"patches": [{"type": "backport", "resolves": [{"type": "foo"}]}]}"#,
        r#"<pedigree><patches><patch type="backport"><resolves><issue type="foo"/></resolves></patch></patches></pedigree>"#,
        9..=9,
        "`type` is `foo`, which is none of its words",
    ),
    (
        r#""externalReferences": [{"url": "x"}]"#,
        "<externalReferences><reference><url>x</url></reference></externalReferences>",
        9..=9,
        "a reference has no `type`",
    ),
    (
        r#""versionRange": "vers:npm/1", "isExternal": true"#,
        "<versionRange>vers:npm/1</versionRange><isExternal>true</isExternal>",
        2..=6,
        "both `version` and `versionRange`",
    ),
    (
        r#""components": [{"type": "library", "name": "b", "version": "1", "scope": "bar"}]"#,
        r#"<components><component type="library"><name>b</name><version>1</version><scope>bar</scope></component></components>"#,
        9..=9,
        "`scope` is `bar`, which is none of its words",
    ),
];

#[test]
fn what_a_version_forbids_is_refused_by_name_and_what_it_allows_is_read() {
    for (members, allowed, reason) in JSON {
        for minor in 2..=7 {
            let expected = format!("not valid as CycloneDX 1.{minor}: {reason}");
            assert_eq!(json(minor, members), (!allowed.contains(&minor)).then_some(expected), "{members}");
        }
    }
    for (members, content, allowed, reason) in MEMBERS {
        let label = if members.contains("\"b\"") { "b" } else { "a" };
        for minor in 2..=7 {
            let expected = format!("not valid as CycloneDX 1.{minor}: component `{label}`: {reason}");
            let expected = (!allowed.contains(&minor)).then_some(expected);
            assert_eq!(json(minor, &component(members)), expected, "{members}");
            assert_eq!(xml(minor, &component_xml(content)), expected, "{content}");
        }
    }
}

#[test]
fn an_expression_beside_licences_is_for_1_7_alone() {
    let members = component(r#""licenses": [{"license": {"id": "MIT"}}, {"expression": "MIT OR ISC"}]"#);
    let content =
        component_xml("<licenses><license><id>MIT</id></license><expression>MIT OR ISC</expression></licenses>");
    for minor in 2..=7 {
        // What the schemas of JSON say was loose before 1.5.
        assert_eq!(json(minor, &members).is_none(), minor < 5 || minor == 7, "{minor}");
        assert_eq!(xml(minor, &content).is_none(), minor == 7, "{minor}");
    }
    let both = component(r#""licenses": [{"license": {"id": "MIT"}, "expression": "MIT OR ISC"}]"#);
    assert!(json(7, &both).unwrap().contains("in one entry"));
}

#[test]
fn what_stands_twice_is_refused() {
    let entry = r#"{"type": "library", "bom-ref": "x", "name": "a", "version": "1"}"#;
    assert!(json(4, &format!(r#""components": [{entry}, {entry}]"#)).unwrap().contains("`a` is listed twice"));
    assert_eq!(json(4, r#""components": [], "components": []"#).as_deref(), Some("`components` stands twice"));
    let entry = r#"<component type="library" bom-ref="x"><name>a</name><version>1</version></component>"#;
    let inner = format!(
        r#"<component type="library" bom-ref="y"><name>a</name><version>1</version><components>{entry}</components></component>"#
    );
    assert!(
        xml(4, &format!("<components>{entry}{inner}</components>")).unwrap().contains("not unique: the reference `x`")
    );
    assert_eq!(xml(4, "<components/><components/>").as_deref(), Some("`components` stands twice"));
    let two = component_xml("<licenses><license><id>MIT</id><id>MIT</id></license></licenses>");
    assert!(xml(1, &two).unwrap().contains("`id` stands twice in `license`") && xml(0, &two).is_none());
}

#[test]
fn xml_that_is_no_such_document_fails_with_its_reason() {
    let failed = |text: &str| refused("xml", text).unwrap_or_else(|| panic!("{text}"));
    let namespace = "xmlns=\"http://cyclonedx.org/schema/bom/1.6\"";
    let whole = format!("<bom {namespace}><components/></bom>");
    assert_eq!(refused("xml", &whole), None);
    assert_eq!(
        refused("xml", &format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- x -->\n{whole}\n")),
        None
    );
    for (text, reason) in [
        (whole[..whole.len() - 3].to_owned(), "not well-formed XML"),
        (format!("<bom {namespace}><components>"), "2 elements are open"),
        (String::new(), "not XML: it has no element"),
        (whole.replace("1.6", "12"), "CycloneDX 12 is not known; 1.0 to 1.7 are"),
        (whole.replace("1.6", "1.8"), "CycloneDX 1.8 is not known; 1.0 to 1.7 are"),
        ("<bom/>".to_owned(), "its root is `bom` of no namespace"),
        (whole.replace("bom ", "x ").replace("/bom>", "/x>"), "its root is `x` of"),
        (format!("<!DOCTYPE bom [<!ENTITY a \"b\">]>{whole}"), "document type declaration"),
        (whole.replace("<components/>", "<metadata><timestamp>&a;</timestamp></metadata>"), "the entity `a`"),
        (whole.replace("<components/>", "stray"), "`stray` where an element is expected"),
        (format!("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>{whole}"), "its encoding is iso-8859-1"),
        (whole.replace("<components/>", "<components><service/></components>"), "`service` in `components`"),
        (
            whole.replace("<components/>", "<components><component a=\"1\" a=\"2\"/></components>"),
            "not well-formed XML",
        ),
        (format!("<bom {namespace}><components>{}", "<component>".repeat(1000)), "elements nested deeper than"),
        (format!("<bom {namespace} a=\"{}\"/>", "x".repeat(70_000)), "a start tag of"),
        (format!("{whole}{whole}"), "not CycloneDX: its root"),
    ] {
        let told = failed(&text);
        assert!(told.contains(reason), "{told}");
    }
}

#[test]
fn xml_says_what_json_says() {
    let text = r#"<b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.5" xmlns:x="urn:x" serialNumber="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79">
      <b:metadata><b:component type="application" bom-ref="app" x:y="z"><b:name>app</b:name></b:component></b:metadata>
      <b:components>
        <b:component type="library" bom-ref="a">
          <x:name>theirs</x:name><b:group>@angular</b:group><b:name> c&#111;r&amp;e </b:name><b:version><![CDATA[1<2]]></b:version>
          <b:scope>optional</b:scope>
          <b:hashes><b:hash alg="SHA-1">e6b1000b94e835ffd37f4c6dcbdad43f4b48a02a</b:hash></b:hashes>
          <b:licenses><b:expression>MIT OR ISC</b:expression></b:licenses>
          <b:purl>pkg:npm/%40angular/core@1</b:purl>
          <b:components><b:component type="file"><b:name>inner</b:name></b:component></b:components>
          <b:properties><b:property name="k">v</b:property><b:property name="chiron:not-covered">a lie</b:property></b:properties>
        </b:component>
      </b:components>
      <b:dependencies><b:dependency ref="app"><b:dependency ref="a"/></b:dependency></b:dependencies>
    </b:bom>"#;
    let inventory = read(&FakeBlob::new(text), xml::document).unwrap();
    assert_eq!(inventory.files[0].coverage, Coverage::Read, "{:?}", inventory.files);
    let [app, core, inner] = inventory.components.as_slice() else { panic!() };
    assert_eq!((app.id.as_str(), app.kind.as_str()), ("app", "application"));
    assert_eq!((core.name.as_str(), core.version.as_deref()), ("@angular/cor&e", Some("1<2")));
    assert_eq!(core.purl.as_deref(), Some("pkg:npm/%40angular/core@1"));
    assert_eq!((core.scope.as_str(), core.digests.len(), core.licenses.len()), ("optional", 1, 1));
    assert_eq!(core.properties, [("k".to_owned(), "v".to_owned())]);
    assert_eq!(inner.kind, "file");
    let relations: Vec<String> =
        inventory.relations.iter().map(|r| format!("{} {} {}", r.source, r.kind, r.target)).collect();
    assert_eq!(relations, [format!("a contains {}", inner.id), "app depends-on a".to_owned()]);
}
