//! Bun's lock files in, inventories out.

use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

const LOCK: &str = r#"{
  // Bun's own comment
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": { "@s/a": "^1.0.0", "lib": "workspace:*", },
      "devDependencies": { "string-width-cjs": "npm:string-width@^4.2.0", "g": "github:o/g", },
    },
    "packages/lib": { "name": "lib", "version": "2.0.0", "dependencies": { "b": "^2", }, },
  },
  "packages": {
    "@s/a": ["@s/a@1.0.0", "", { "dependencies": { "b": "^1", }, "optionalDependencies": { "o": "1", "gone": "1" } }, "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA="],

    "@s/a/b": ["b@1.0.0", "https://r.example/b/-/b-1.0.0.tgz", {}, "sha512-x"],
    "@s/b": ["@s/b@9.0.0", "", {}, ""],
    "b": ["b@2.0.0", "", {}, ""],
    "g": ["g@github:o/g#01", {}, "o-g-01"],
    "lib": ["lib@workspace:packages/lib"],
    "o": ["o@1.0.0", "", { "os": "linux" }, ""],
    "string-width-cjs": ["string-width@4.2.3", "", {}, ""],
  },
}
"#;

#[test]
fn packages_workspaces_and_aliases_are_listed() {
    let inventory = inventory("bun.lock", LOCK);
    let git = "pkg:generic/g?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fg%4001";
    assert_eq!(outcome(&inventory), "read 9 0");
    assert_eq!(
        listed(&inventory),
        [
            "pkg:npm/%40s/a@1.0.0 runtime",
            "pkg:npm/b@1.0.0 runtime",
            "pkg:npm/%40s/b@9.0.0 runtime",
            "pkg:npm/b@2.0.0 runtime",
            &format!("{git} development"),
            "lib@2.0.0 runtime",
            "pkg:npm/o@1.0.0 optional",
            "pkg:npm/string-width@4.2.3 development",
            "app@ runtime"
        ]
    );
    assert_eq!(
        needs(&inventory),
        [
            "app@ -> lib@2.0.0",
            &format!("app@ -> {git}"),
            "app@ -> pkg:npm/%40s/a@1.0.0",
            "app@ -> pkg:npm/string-width@4.2.3",
            "lib@2.0.0 -> pkg:npm/b@2.0.0",
            "pkg:npm/%40s/a@1.0.0 -> pkg:npm/b@1.0.0",
            "pkg:npm/%40s/a@1.0.0 -> pkg:npm/o@1.0.0"
        ]
    );
    assert_eq!(property(&inventory, "pkg:npm/string-width@4.2.3", "chiron:alias"), ["string-width-cjs"]);
    assert_eq!(property(&inventory, "app@", "chiron:sbom-root"), ["true"]);
    assert_eq!(inventory.components[1].locations[0].line, Some(15));
    assert_eq!(inventory.components[0].digests[0].value, "0".repeat(40));
}

#[test]
fn what_is_malformed_is_named_and_counted() {
    outcomes(
        "bun.lock",
        &[
            ("", "failed 0 0: the document ends too early"),
            ("{\"lockfileVersion\": 1, \"packages\": {\"a\": [", "the document ends too early"),
            ("{/* \"lockfileVersion\": 1}", "failed 0 0: the document ends too early"),
            ("{}", "failed 0 0: no lockfileVersion"),
            ("{\"lockfileVersion\": 2}", "failed 0 0: lockfileVersion 2 is not known; 0 and 1 are"),
            ("{\"lockfileVersion\": 1, \"packages\": []}", "failed 0 0: `packages` is not an object"),
            ("{\"lockfileVersion\": 1, \"packages\": {\"a\": {}}}", "partly 0 1: line 1: `a`: invalid type"),
            ("{\"lockfileVersion\": 1, \"packages\": {\"a\": [{}]}}", "partly 0 1: line 1: `a`: names no package"),
            ("{\"lockfileVersion\": 1, \"packages\": {\"a\": [\"a\"]}}", "`a`: names no package"),
            (
                "{\"lockfileVersion\": 1, \"workspaces\": {\"\": {\"dependencies\": {\"a\": \"1\"}}}}",
                "`a` is asked for, and not listed",
            ),
        ],
    );
}
