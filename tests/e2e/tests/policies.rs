//! A stranger's policy: built with stock cargo outside the workspace, loaded by its path; and what is refused.

use chiron_e2e::{Folder, binary, bom, guests};

const PIPELINE: &str = "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n[[step]]\nid = \"mine\"\nuses = \"./mine.wasm\"\n";

fn folder() -> Folder {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("pipeline.toml", PIPELINE);
    work
}

#[test]
fn the_example_is_built_in_an_empty_folder_and_denies_as_its_readme_says() {
    let work = Folder::new();
    let root = binary::root();
    for part in ["examples/custom-policy", "sdk/rust"] {
        work.copy(&root.join(part), part);
    }
    // Which toolchain has the target is the repository's to say: rustup's default need not be it.
    std::fs::copy(root.join("rust-toolchain.toml"), work.path("rust-toolchain.toml")).unwrap();
    let folder = work.path("examples/custom-policy");
    // A target folder that is kept makes the second run of this test fast.
    let target = binary::target().join("tmp/e2e-stranger");
    let mut cargo = binary::cargo();
    cargo
        .current_dir(&folder)
        .args(["build", "--release", "--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target);
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        cargo.env_remove(variable);
    }
    let built = cargo.output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let module = target.join("wasm32-unknown-unknown/release/banned_packages.wasm");
    let component = folder.join("banned-packages.wasm");
    let ended =
        work.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", component.to_str().unwrap()]).with_code(0);
    ended.says(&["(policy", "imports chiron:telemetry/log@0.1.0"]);
    assert!(!ended.stderr.contains("wasi"), "{}", ended.stderr);
    let denied = work.chiron(&["run", "examples/custom-policy/pipeline.toml", "-o", "json"]).with_code(1);
    let report = denied.json();
    let policy =
        report["verdict"]["policies"].as_array().unwrap().iter().find(|policy| policy["step"] == "banned").unwrap();
    assert_eq!((&policy["decision"], &policy["reasons"][0]["rule_id"]), (&"deny".into(), &"banned-package".into()));
    assert!(policy["reasons"][0]["remedy"].as_str().unwrap().contains("pycryptodome"), "{policy}");
    // The core module itself is told what it lacks.
    work.write("examples/custom-policy/banned-packages.wasm", std::fs::read(&module).unwrap());
    work.chiron(&["run", "examples/custom-policy/pipeline.toml"]).with_code(3).says(&["chiron plugin build"]);
}

#[test]
fn a_plugin_that_wants_more_than_its_kind_gets_is_refused_with_the_line_to_add() {
    let work = folder();
    // A scanner's power, wanted by a policy: the host reads it from the imports and refuses before compiling.
    let text = r#"(component
        (import "chiron:artifact/content@0.1.0" (instance))
        (component $empty)
        (instance $a (instantiate $empty))
        (export "chiron:lifecycle/plugin@0.1.0" (instance $a))
        (export "chiron:policy/check@0.1.0" (instance $a)))"#;
    work.write("mine.wasm", wat::parse_str(text).unwrap());
    let ended = work.chiron(&["run"]).with_code(3);
    ended.says(&["`mine` is refused", "content", "allow = [\"content\"]", "[pipeline.toml:"]);
    let _ = work.chiron(&["run", "--dry-run"]).with_code(3);
    let _ = work.chiron(&["lock"]).with_code(3);
    assert!(!work.has("chiron.lock"));
}

#[test]
fn imports_that_no_host_gives_are_refused_in_words() {
    let work = folder();
    let exports = r#"(component $empty) (instance $a (instantiate $empty))
        (export "chiron:lifecycle/plugin@0.1.0" (instance $a)) (export "chiron:policy/check@0.1.0" (instance $a))"#;
    for (import, words) in [
        ("acme:files/read@0.2.0", "acme:files/read"),
        ("wasi:cli/environment@0.3.0", "wasi:cli/environment"),
        ("chiron:telemetry/log@9.0.0", "chiron:telemetry/log"),
        ("chiron:core/root@0.1.0", "chiron:core/root"),
    ] {
        work.write(
            "mine.wasm",
            wat::parse_str(format!("(component (import \"{import}\" (instance)) {exports})")).unwrap(),
        );
        work.chiron(&["run"]).with_code(3).says(&[words]);
    }
}

#[test]
fn what_is_no_component_is_refused_with_what_to_do() {
    let work = folder();
    let component =
        guests::component(&work, "gate", "gate.wasm").map(|()| std::fs::read(work.path("gate.wasm")).unwrap());
    let mut table = vec![
        ("a core module", wat::parse_str("(module)").unwrap(), "chiron plugin build"),
        ("text", b"this is no plugin".to_vec(), "mine.wasm"),
        ("nothing", Vec::new(), "mine.wasm"),
        ("an empty component", wat::parse_str("(component)").unwrap(), "mine.wasm"),
        ("a header", b"\0asm\x0d\0\x01\0".to_vec(), "mine.wasm"),
    ];
    if let Some(component) = component {
        table.push(("half a component", component[..component.len() / 2].to_vec(), "mine.wasm"));
        table.push(("all but one byte", component[..component.len() - 1].to_vec(), "mine.wasm"));
    }
    for (what, bytes, words) in table {
        work.write("mine.wasm", bytes);
        let ended = work.chiron(&["run"]);
        assert_eq!(ended.code, 3, "{what}: {}", ended.stderr);
        ended.says(&[words]);
    }
}

#[test]
fn a_core_module_that_cannot_become_a_plugin_is_refused_by_build() {
    let work = folder();
    work.write("x.wasm", wat::parse_str("(module (import \"env\" \"f\" (func)))").unwrap());
    let ended = work.chiron(&["plugin", "build", "x.wasm", "-o", "y.wasm"]).with_code(3);
    assert!(ended.stderr.contains("x.wasm"), "{}", ended.stderr);
    assert!(!work.has("y.wasm"));
}
