//! Lock files of npm in, inventories out.

use serde_json::{Value, json};

use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

/// A lock file of version 3 with these packages.
fn lock(packages: Value) -> String {
    serde_json::to_string_pretty(&json!({"name": "app", "lockfileVersion": 3, "requires": true, "packages": packages}))
        .unwrap()
}

#[test]
fn an_alias_is_the_package_behind_it_in_every_version_of_the_file() {
    let new = lock(json!({"node_modules/string-width-cjs":
        {"name": "string-width", "version": "4.2.3", "resolved": "https://r.example/string-width/-/string-width-4.2.3.tgz"}}));
    let old = r#"{"lockfileVersion": 1, "dependencies": {
        "string-width-cjs": {"version": "npm:string-width@4.2.3"},
        "core": {"version": "npm:@babel/core@7.0.0", "dev": true}}}"#;
    assert_eq!(listed(&inventory("package-lock.json", new)), ["pkg:npm/string-width@4.2.3 runtime"]);
    let old = inventory("npm-shrinkwrap.json", old);
    assert_eq!(listed(&old), ["pkg:npm/string-width@4.2.3 runtime", "pkg:npm/%40babel/core@7.0.0 development"]);
    assert_eq!(property(&old, "pkg:npm/%40babel/core@7.0.0", "chiron:alias"), ["core"]);
    assert_eq!(old.components[1].name, "@babel/core");
}

#[test]
fn every_installed_copy_is_listed_by_its_path() {
    let inventory = inventory(
        "package-lock.json",
        lock(json!({
            "node_modules/cookie": {"version": "0.5.0", "dev": true},
            "node_modules/a": {"version": "1.0.0", "dependencies": {"cookie": "^0.1"}},
            "node_modules/a/node_modules/cookie": {"version": "0.1.0"},
            "node_modules/b/node_modules/cookie": {"version": "0.1.0", "dev": true},
            "node_modules/b": {"version": "1.0.0", "dependencies": {"a": "1", "cookie": "^0.1"}}
        })),
    );
    let cookies: Vec<_> = listed(&inventory).into_iter().filter(|text| text.contains("cookie")).collect();
    assert_eq!(cookies, ["pkg:npm/cookie@0.1.0 runtime", "pkg:npm/cookie@0.5.0 development"]);
    assert_eq!(
        property(&inventory, "pkg:npm/cookie@0.1.0", "chiron:installed-path"),
        ["node_modules/a/node_modules/cookie", "node_modules/b/node_modules/cookie"]
    );
    assert_eq!(
        needs(&inventory),
        [
            "pkg:npm/a@1.0.0 -> pkg:npm/cookie@0.1.0",
            "pkg:npm/b@1.0.0 -> pkg:npm/a@1.0.0",
            "pkg:npm/b@1.0.0 -> pkg:npm/cookie@0.1.0"
        ]
    );
    assert_eq!(outcome(&inventory), "read 4 0");
}

#[test]
fn flags_become_scopes_and_properties() {
    let inventory = inventory(
        "package-lock.json",
        lock(json!({
            "node_modules/d": {"version": "1.0.0", "dev": true},
            "node_modules/o": {"version": "1.0.0", "optional": true},
            "node_modules/do": {"version": "1.0.0", "devOptional": true},
            "node_modules/both": {"version": "1.0.0", "dev": true, "optional": true},
            "node_modules/p": {"version": "1.0.0", "peer": true, "inBundle": true},
            "node_modules/unpinned": {"optional": true}
        })),
    );
    let mut scopes = listed(&inventory);
    scopes.sort();
    assert_eq!(
        scopes,
        [
            "pkg:npm/both@1.0.0 development",
            "pkg:npm/d@1.0.0 development",
            "pkg:npm/do@1.0.0 optional",
            "pkg:npm/o@1.0.0 optional",
            "pkg:npm/p@1.0.0 runtime",
            "pkg:npm/unpinned optional"
        ]
    );
    assert_eq!(property(&inventory, "pkg:npm/p@1.0.0", "chiron:peer"), ["true"]);
    assert_eq!(property(&inventory, "pkg:npm/p@1.0.0", "chiron:bundled"), ["true"]);
}

#[test]
fn what_comes_from_no_registry_has_no_npm_purl() {
    let inventory = inventory(
        "package-lock.json",
        lock(json!({
            "": {"name": "app", "version": "1.0.0", "dependencies": {"w": "*", "git": "o/git"}, "devDependencies": {"t": "*"}},
            "node_modules/w": {"resolved": "packages/w", "link": true},
            "node_modules/gone": {"resolved": "../gone", "link": true},
            "packages/w": {"version": "2.0.0", "dependencies": {"git": "*"}},
            "node_modules/git": {"version": "3.0.0", "resolved": "git+ssh://git@github.com/o/git.git#abc"},
            "node_modules/t": {"version": "4.0.0", "resolved": "https://github.com/o/t/tarball/master"}
        })),
    );
    assert!(
        inventory.components.iter().all(|component| !component.id.starts_with("pkg:npm/")),
        "{:?}",
        listed(&inventory)
    );
    let git = "pkg:generic/git@3.0.0?vcs_url=git%2Bssh:%2F%2Fgit%40github.com%2Fo%2Fgit.git%40abc";
    let archive = "pkg:generic/t@4.0.0?download_url=https:%2F%2Fgithub.com%2Fo%2Ft%2Ftarball%2Fmaster";
    assert_eq!(property(&inventory, "w@2.0.0", "chiron:source"), ["packages/w"]);
    assert_eq!(property(&inventory, "gone@", "chiron:source"), ["../gone"]);
    assert_eq!(property(&inventory, "app@1.0.0", "chiron:sbom-root"), ["true"]);
    assert_eq!(
        needs(&inventory),
        [
            format!("app@1.0.0 -> {git}"),
            format!("app@1.0.0 -> {archive}"),
            "app@1.0.0 -> w@2.0.0".to_owned(),
            format!("w@2.0.0 -> {git}")
        ]
    );
}

#[test]
fn version_one_nests_and_takes_addresses_for_versions() {
    let inventory = inventory(
        "package-lock.json",
        r#"{"name": "app", "version": "1.0.0", "lockfileVersion": 1, "requires": true, "dependencies": {
            "a": {"version": "1.0.0", "requires": {"b": "^1", "c": "*"}, "dependencies": {"b": {"version": "1.0.0", "bundled": true}}},
            "b": {"version": "2.0.0", "optional": true, "requires": true},
            "c": {"version": "github:o/c#abc", "from": "github:o/c"},
            "d": {"version": "file:../d"},
            "e": {"version": "https://r.example/e/-/e-1.0.0.tgz"},
            "f": {}}}"#,
    );
    let git = "pkg:generic/c?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fc%40abc";
    let mut ids: Vec<_> = inventory.components.iter().map(|component| component.id.as_str()).collect();
    ids.sort_unstable();
    let expected =
        ["app@1.0.0", "d@", git, "pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0", "pkg:npm/b@2.0.0", "pkg:npm/e", "pkg:npm/f"];
    assert_eq!(ids, expected);
    assert_eq!(
        needs(&inventory),
        [format!("pkg:npm/a@1.0.0 -> {git}"), "pkg:npm/a@1.0.0 -> pkg:npm/b@1.0.0".to_owned()]
    );
    assert_eq!(inventory.components.iter().find(|c| c.id == "pkg:npm/b@1.0.0").unwrap().locations[0].line, Some(2));
}

#[test]
fn integrity_and_lines_are_kept() {
    let text = "{\"lockfileVersion\": 3, \"packages\": {\n\n\"node_modules/a\": {\"version\": \"1.0.0\",\n\"integrity\": \"sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}}}";
    let inventory = inventory("package-lock.json", text);
    assert_eq!(inventory.components[0].locations[0].line, Some(3));
    assert_eq!(inventory.components[0].digests[0].value, "0".repeat(40));
}

#[test]
fn what_is_malformed_is_named_and_counted() {
    outcomes(
        "package-lock.json",
        &[
            ("", "failed 0 0: the document ends too early"),
            ("[]", "failed 0 0: not a JSON object"),
            (
                "{\"lockfileVersion\": 3, \"packages\": {\"node_modules/a\": {\"version\": \"1\"",
                "the document ends too early",
            ),
            ("{\"lockfileVersion\": 4, \"packages\": {}}", "lockfileVersion 4 is not known; 1 to 3 are"),
            ("{\"lockfileVersion\": \"3\"}", "lockfileVersion \"3\" is not known"),
            ("{\"name\": \"x\"}", "not npm's lock file"),
            ("{\"lockfileVersion\": 3}", "read 0 0"),
            ("{\"lockfileVersion\": 3, \"packages\": []}", "failed 0 0: `packages` is not an object"),
            ("\u{feff}{\"lockfileVersion\": 3, \"packages\": {}}", "read 0 0"),
            (
                "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/a\": {\"version\": 1}, \"node_modules/b\": {\"version\": \"1.0.0\"}}}",
                "partly 1 1: line 2: `node_modules/a`: invalid type: integer `1`",
            ),
            (
                "{\"lockfileVersion\": 3, \"packages\": {\"node_modules/a\": 7}}",
                "partly 0 1: line 1: `node_modules/a`: invalid type",
            ),
            (
                "{\"lockfileVersion\": 3, \"packages\": {\"node_modules/a b\": {\"version\": \"1\"}}}",
                "`a b` is no name or version",
            ),
            ("{\"lockfileVersion\": 3, \"packages\": {\"node_modules/a\": {\"link\": true}}}", "is a link to nowhere"),
        ],
    );
    let inventory = inventory("package-lock.json", b"{\"lockfileVersion\": 3, \"name\": \"\xff\"}");
    assert_eq!(outcome(&inventory), "failed 0 0: not UTF-8: byte 32 is wrong");
}

#[test]
fn nesting_long_paths_and_large_files_are_survived() {
    let deep = format!(
        "{{\"lockfileVersion\": 1, \"dependencies\": {}\"version\": \"1\"{}}}",
        "{\"a\": {\"version\": \"1\", \"dependencies\": ".repeat(5000) + "{\"a\": {",
        "}}".repeat(5001)
    );
    assert!(outcome(&inventory("package-lock.json", deep)).contains("nested more than 40 deep"));
    let long = lock(json!({"node_modules/a/".repeat(1000) + "node_modules/b": {"version": "1.0.0"}}));
    assert!(outcome(&inventory("package-lock.json", long)).contains("a path of 15014 bytes"));
    let many: serde_json::Map<String, Value> = (0..20_000)
        .map(|n| {
            (format!("node_modules/p{n}"), json!({"version": "1.0.0", "dependencies": {format!("p{}", n / 2): "*"}}))
        })
        .collect();
    let many = inventory("package-lock.json", lock(many.into()));
    assert_eq!((outcome(&many).as_str(), many.relations.len()), ("read 20000 0", 19_999));
}
