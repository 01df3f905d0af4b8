//! Things that were built, and what they say about what is in them: through the real host, its archives and its media types.

use chiron_e2e::{Folder, binary};
use serde_json::Value;

/// A seed of the fuzz target `cataloger`, without the line that is its path.
fn seed(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(binary::root().join("tests/fuzz/corpus/cataloger").join(name)).unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes[end + 1..].to_vec()
}

/// Each component as `purl-or-name@version`, sorted.
fn listed(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |part: &Value| match part["purl"].as_str() {
        Some(purl) => purl.to_owned(),
        None => format!("{}@{}", text(&part["name"]), text(&part["version"])),
    };
    let mut listed: Vec<_> = report["components"].as_array().unwrap().iter().map(name).collect();
    listed.sort();
    listed
}

fn outcome(report: &Value, path: &str) -> String {
    let file = report["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap();
    format!("{}: {}", file["status"].as_str().unwrap(), file["reason"].as_str().unwrap_or_default())
}

#[test]
fn a_folder_of_built_things_is_listed_and_silent_executables_are_counted_as_unsupported() {
    let work = Folder::new();
    work.write("out/app.jar", seed("nested.jar"))
        .write("out/rust", seed("rust.elf"))
        .write("out/go", seed("go.elf"))
        .write("out/go.exe", seed("go.exe"))
        .write("out/go.mac", seed("go.macho"))
        .write("out/broken.jar", "no zip");
    std::fs::copy("/proc/self/exe", work.path("out/silent")).unwrap();
    let report = work.chiron(&["sbom", "out", "-o", "json"]).with_code(0).json();
    let expected = [
        "a.org/a@",
        "a.org/a@",
        "a.org/a@",
        "a@1.0.0",
        "app@1",
        "b@2.0",
        "pkg:cargo/b@2.0.0",
        // One library in three programs: one component.
        "pkg:golang/c.org/c@v1.1.0",
        "pkg:golang/stdlib@1.22.1",
        "pkg:maven/org.a/a@1.0",
        "pkg:maven/org.c/c@3",
    ];
    assert_eq!(listed(&report), expected);
    assert_eq!(outcome(&report, "app.jar"), "read: ");
    assert!(outcome(&report, "silent").starts_with("unsupported: an executable that does not say"));
    assert!(outcome(&report, "broken.jar").starts_with("failed: "), "{}", outcome(&report, "broken.jar"));
    let stdlib = report["components"].as_array().unwrap().iter().find(|part| part["name"] == "stdlib").unwrap();
    assert_eq!(stdlib["locations"].as_array().unwrap().len(), 3);
}

#[test]
fn a_lock_file_and_what_it_installed_are_one_component_each() {
    let work = Folder::new();
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"name": "app", "version": "1.0.0", "dependencies": {"a": "1"}},
        "node_modules/a": {"version": "1.0.0", "resolved": "https://registry.npmjs.example/a/-/a-1.0.0.tgz"}}}"#;
    work.write("app/package-lock.json", lock)
        .write("app/node_modules/a/package.json", r#"{"name": "a", "version": "1.0.0", "license": "MIT"}"#);
    let report = work.chiron(&["sbom", "app", "--no-ignore", "-o", "json"]).with_code(0).json();
    assert_eq!(listed(&report), ["app@1.0.0", "pkg:npm/a@1.0.0"]);
    let a = report["components"].as_array().unwrap().iter().find(|part| part["name"] == "a").unwrap();
    assert_eq!(a["locations"].as_array().unwrap().len(), 2, "{a}");
}
