//! Plugins are held against who has to have signed them, whenever they are loaded, and before anything reads them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_e2e::sigstore::recorded;
use chiron_e2e::{Folder, bom, guests, keys, osv};
use serde_json::Value;

const PIPELINE: &str = r#"[pipeline]
name = "held"
subjects = ["app.cdx.json"]
[plugins.mine]
source = "./mine.wasm"
signer = { key = "acme.pub" }
[[step]]
id = "sbom"
uses = "cyclonedx"
[[step]]
id = "scan"
uses = "mine"
[databases.main]
path = "db"
[gate]
fail_on = "never"
unknown = "allow"
"#;

const SIGNER: &str = "signer = { key = \"acme.pub\" }\n";

/// Signs whatever lies in the folder, with Chiron itself.
const SIGNING: &str = r#"[pipeline]
name = "plugins"
subjects = ["mine.wasm"]
on_empty = "pass"
[[step]]
id = "sign"
uses = "cosign"
when = "always"
[step.bind]
keys.signing = "acme"
[keys.acme]
file = "acme.key"
"#;

const IDENTITY: &str = "https://ci.example.test/org/repo/.github/workflows/release.yml@refs/heads/main";
const ISSUER: &str = "https://oidc.example.test";

/// What an operator has to allow for the pipeline, whoever signed.
const POWERS: &str = "[grants]\ncapabilities = [\"content\", \"advisories\"]\n";

/// A scanner in a file, signed by `acme.key`; None where openssl or the plugin is missing.
fn folder() -> Option<Folder> {
    if !keys::openssl_is_there() {
        return None;
    }
    let work = Folder::new();
    guests::component(&work, "osv", "mine.wasm")?;
    keys::make(&work.path("."), "acme", "P-256");
    keys::make(&work.path("."), "other", "P-256");
    sign(&work);
    work.database(&[osv::demo()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("pipeline.toml", PIPELINE);
    Some(work)
}

fn sign(work: &Folder) {
    work.write("sign.toml", SIGNING);
    let ended = work.chiron(&["run", "sign.toml", "-o", "json"]);
    assert!(work.has("mine.wasm.sigstore.json"), "{ended:?}");
    // A second signature over the same file is a new run's.
    std::fs::remove_dir_all(work.path("attestations")).unwrap();
}

/// A byte more at the end of a component: another plugin to whoever compares, and the same to whoever runs it.
fn change(work: &Folder) {
    let mut bytes = std::fs::read(work.path("mine.wasm")).unwrap();
    // A custom section named `x`.
    bytes.extend([0, 2, 1, b'x']);
    work.write("mine.wasm", bytes);
}

#[test]
fn a_signed_plugin_runs_and_plan_report_and_lock_say_who_signed() {
    let Some(work) = folder() else { return };
    work.chiron(&["run", "--dry-run"]).with_code(0).shows(&["signed   by key "]);
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    let step = report["steps"].as_array().unwrap().iter().find(|step| step["id"] == "scan").unwrap();
    let signer = step["plugin"]["signer"].as_str().unwrap().to_owned();
    assert!(signer.starts_with("key "), "{signer}");
    assert!(!report["notes"].to_string().contains("unsigned-plugin"), "{}", report["notes"]);
    let _ = work.chiron(&["lock"]).with_code(0);
    assert!(work.read("chiron.lock").contains(&format!("signer = \"{signer}\"")), "{}", work.read("chiron.lock"));
    let _ = work.chiron(&["run", "--locked"]).with_code(0);
    // Whoever drops the signer changes what was reviewed.
    work.write("pipeline.toml", PIPELINE.replace(SIGNER, ""));
    work.chiron(&["run", "--locked"]).with_code(3).says(&["has to be signed by nobody", "the lock says key "]);
    work.chiron(&["lock"]).with_code(3).says(&["has to be signed by key", "-> nobody"]);
}

#[test]
fn provenance_says_who_signed_the_plugins() {
    let Some(work) = folder() else { return };
    let attesting = "subjects = [\"app.cdx.json\"]\nattest = [\"provenance\"]\n";
    let signing = "[[step]]\nid = \"sign\"\nuses = \"cosign\"\n[step.bind]\nkeys.signing = \"acme\"\n[keys.acme]\nfile = \"acme.key\"\n";
    let text = PIPELINE.replace("subjects = [\"app.cdx.json\"]\n", attesting) + signing;
    work.write("pipeline.toml", text);
    let _ = work.chiron(&["run"]).with_code(0);
    let bundle = work
        .listing()
        .into_iter()
        .find(|(path, _)| path.starts_with("attestations/") && path.ends_with(".json"))
        .unwrap();
    let bundle: Value = serde_json::from_slice(&bundle.1).unwrap();
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    let all = statement["predicate"]["buildDefinition"]["resolvedDependencies"].as_array().unwrap().clone();
    let scan = all.iter().find(|resource| resource["name"] == "plugin:scan").unwrap();
    assert!(scan["annotations"]["signer"].as_str().unwrap().starts_with("key "), "{scan}");
    let builtin = all.iter().find(|resource| resource["name"] == "plugin:sbom").unwrap();
    assert!(builtin["annotations"].get("signer").is_none(), "{builtin}");
}

#[test]
fn what_its_signer_did_not_release_is_refused_whatever_the_pipeline_allows() {
    let Some(work) = folder() else { return };
    let lax = PIPELINE.replace("[plugins.mine]", "allow_unsigned_plugins_unsafe = true\n[plugins.mine]");
    for pipeline in [PIPELINE, &lax] {
        work.write("pipeline.toml", pipeline);
        let _ = work.chiron(&["run"]).with_code(0);
        // Another key.
        work.write("pipeline.toml", pipeline.replace("acme.pub", "other.pub"));
        let refused = work.chiron(&["run"]).with_code(3);
        refused.says(&["mine.wasm is refused", "signature does not verify", "[pipeline.toml:"]);
        // No key, and no file of that name.
        work.write("pipeline.toml", pipeline.replace("acme.pub", "gone.pub"));
        work.chiron(&["run"]).with_code(3).says(&["signer of the plugin", "cannot be used", "gone.pub"]);
        work.write("pipeline.toml", pipeline);
    }
    // Locking, planning and running load, and loading is what is held.
    let bundle = work.read("mine.wasm.sigstore.json");
    std::fs::remove_file(work.path("mine.wasm.sigstore.json")).unwrap();
    for arguments in [&["run"][..], &["run", "--dry-run"], &["lock"]] {
        work.chiron(arguments).with_code(3).says(&["it is not signed", "mine.wasm.sigstore.json"]);
    }
    work.write("mine.wasm.sigstore.json", bundle);
    change(&work);
    work.chiron(&["run"]).with_code(3).says(&["mine.wasm is refused", "do not run it"]);
    work.chiron(&["lock"]).with_code(3).says(&["mine.wasm is refused"]);
    assert!(!work.has("chiron.lock"));
    // Nothing makes sense of bytes before they are known to be somebody's: this is no component at all.
    work.write("mine.wasm", "no component");
    let refused = work.chiron(&["run"]).with_code(3);
    refused.says(&["mine.wasm is refused"]);
    assert!(!refused.stderr.contains("WebAssembly"), "{}", refused.stderr);
}

#[test]
fn a_plugin_may_be_an_identitys() {
    let work = Folder::new();
    for (from, to) in [
        ("artifact.txt", "mine.wasm"),
        ("blob-v1.sigstore.json", "mine.wasm.sigstore.json"),
        ("trusted_root.json", "root.json"),
    ] {
        work.write(to, std::fs::read(recorded(from)).unwrap());
    }
    let signer = |identity: &str| {
        format!("signer = {{ identity = \"{identity}\", issuer = \"{ISSUER}\", trusted_root = \"root.json\" }}\n")
    };
    work.database(&[osv::demo()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("pipeline.toml", PIPELINE.replace(SIGNER, &signer("else")));
    work.chiron(&["run"]).with_code(3).says(&["mine.wasm is refused", "expected `else`"]);
    // The signature holds; only then is it looked at, and it is no plugin.
    work.write("pipeline.toml", PIPELINE.replace(SIGNER, &signer(IDENTITY)));
    let refused = work.chiron(&["run"]).with_code(3);
    refused.says(&["not a WebAssembly component"]);
    let verify = ["plugin", "verify", "mine.wasm", "--trusted-root", "root.json", "--certificate-oidc-issuer", ISSUER];
    let by = |identity: &'static str| [&verify[..], &["--certificate-identity", identity]].concat();
    work.chiron(&by(IDENTITY)).with_code(0).shows(&["mine.wasm: signed by", IDENTITY, ISSUER]);
    work.chiron(&by("somebody")).with_code(4).says(&["expected `somebody`"]);
    // What somebody says of a plugin does not make it theirs.
    work.write("statement.json", std::fs::read(recorded("provenance-v1.sigstore.json")).unwrap());
    let said = [by(IDENTITY), vec!["--bundle", "statement.json"]].concat();
    work.chiron(&said).with_code(4).says(&["no signature over the plugin"]);
}

#[test]
fn a_file_is_held_against_a_signer_by_hand() {
    let Some(work) = folder() else { return };
    let verify = ["plugin", "verify", "mine.wasm"];
    let with = |more: &[&'static str]| [&verify[..], more].concat();
    work.chiron(&with(&["--key", "acme.pub"])).with_code(0).shows(&["mine.wasm: signed by key "]);
    work.chiron(&with(&["--key", "other.pub"])).with_code(4).says(&["does not verify with this key"]);
    work.chiron(&with(&[])).with_code(2).says(&["who has to have signed?"]);
    work.chiron(&with(&["--key", "acme.pub", "--bundle", "none.json"])).with_code(4).says(&["it is not signed"]);
    work.chiron(&with(&["gone.wasm", "--key", "acme.pub"]))
        .with_code(74)
        .says(&["gone.wasm"])
        .shows(&["signed by key"]);
    change(&work);
    let _ = work.chiron(&with(&["--key", "acme.pub"])).with_code(4);
}

#[test]
fn an_operator_says_whose_plugins_run() {
    let Some(work) = folder() else { return };
    let run = ["run", "--operator", "operator.toml", "-o", "json"];
    let operator = |signers: &str, allow: &str| {
        work.write("operator.toml", format!("{POWERS}{signers}\n[allow]\nunlocked = true\n{allow}\n"));
    };
    let unsigned = PIPELINE.replace(SIGNER, "");
    work.write("pipeline.toml", &unsigned);
    // On a machine without an operator's file it runs, and the report says what it is.
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    assert!(report["notes"].to_string().contains("unsigned-plugin"), "{}", report["notes"]);
    // Unset means none, whoever the pipeline names.
    operator("", "");
    for pipeline in [unsigned.as_str(), PIPELINE] {
        work.write("pipeline.toml", pipeline);
        let refused = work.chiron(&run).with_code(3);
        refused.says(&["mine.wasm is refused", "[grants] plugin_signers", "operator.toml", "nobody may sign plugins"]);
    }
    // One whom it names needs no word in the pipeline.
    operator("plugin_signers = [{ key = \"other.pub\" }, { key = \"acme.pub\" }]", "");
    work.write("pipeline.toml", &unsigned);
    let report = work.chiron(&run).with_code(0).json();
    assert!(report["steps"].to_string().contains("\"signer\":\"key "), "{}", report["steps"]);
    operator("plugin_signers = [{ key = \"other.pub\" }]", "");
    let _ = work.chiron(&run).with_code(3);
    // Whoever the pipeline names, but somebody.
    operator("plugin_signers = \"any\"", "");
    work.chiron(&run).with_code(3).says(&["the pipeline names no signer"]);
    work.write("pipeline.toml", PIPELINE);
    let _ = work.chiron(&run).with_code(0);
    operator("plugin_signers = [{ identity = \"me\" }]", "");
    work.chiron(&run).with_code(2).says(&["[operator.toml:", "an identity proves nothing"]);
}

#[test]
fn only_pipeline_and_operator_together_let_unsigned_plugins_run_and_it_is_written_down() {
    let Some(work) = folder() else { return };
    std::fs::remove_file(work.path("mine.wasm.sigstore.json")).unwrap();
    let run = ["run", "--operator", "operator.toml", "-o", "json"];
    let setting = "allow_unsigned_plugins_unsafe";
    let pipeline = |lax: bool| {
        let line = if lax { format!("{setting} = true\n[plugins.mine]") } else { "[plugins.mine]".to_owned() };
        work.write("pipeline.toml", PIPELINE.replace(SIGNER, "").replace("[plugins.mine]", &line));
    };
    let operator = |lax: bool| {
        let line = if lax { format!("settings = [\"{setting}\"]\n") } else { String::new() };
        work.write("operator.toml", format!("{POWERS}[allow]\nunlocked = true\n{line}"));
    };
    for (by_pipeline, by_operator) in [(false, false), (true, false), (false, true)] {
        pipeline(by_pipeline);
        operator(by_operator);
        work.chiron(&run).with_code(3).says(&["mine.wasm is refused"]);
    }
    pipeline(true);
    operator(true);
    let report = work.chiron(&run).with_code(0).json();
    assert!(report["notes"].to_string().contains("unsigned-plugin"), "{}", report["notes"]);
    let settings = report["settings"].as_array().unwrap();
    assert!(
        settings.iter().any(|it| it["key"] == format!("pipeline.{setting}") && it["value"] == "true"),
        "{settings:?}"
    );
    // The setting is a wish beyond the ceiling also where nothing needs it.
    operator(false);
    work.write("pipeline.toml", work.read("pipeline.toml").replace("uses = \"mine\"", "uses = \"osv\""));
    work.chiron(&run).with_code(3).says(&[setting, "may not be used"]);
}

#[test]
fn a_signer_is_said_once_and_whole_and_not_of_builtins() {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    for (signer, words) in [
        ("signer = {}", "who has to have signed?"),
        ("signer = { identity = \"a\" }", "who vouches"),
        ("signer = { key = \"a\", identity = \"b\", issuer = \"c\" }", "exclude each other"),
        ("signer = { identity = \"a\", identity_regexp = \"b\", issuer = \"c\" }", "say the same thing twice"),
        ("signer = { identity_regexp = \"(\", issuer = \"c\" }", "no regular expression"),
        ("signer = \"acme.pub\"", "signer"),
    ] {
        work.write("pipeline.toml", PIPELINE.replace(SIGNER, &format!("{signer}\n")));
        let refused = work.chiron(&["run"]);
        refused.says(&[words, "[pipeline.toml:"]);
    }
    work.write("pipeline.toml", PIPELINE.replace("./mine.wasm", "builtin:osv"));
    work.chiron(&["run"]).with_code(2).says(&["part of this Chiron", "[pipeline.toml:"]);
}
