//! `chiron verify`: by key and by identity, offline, and what it refuses.

use std::path::PathBuf;

use chiron_e2e::{Folder, binary, osv, pipeline, wheel};
use serde_json::Value;

const IDENTITY: &str = "https://ci.example.test/org/repo/.github/workflows/release.yml@refs/heads/main";
const ISSUER: &str = "https://oidc.example.test";

fn fixture(name: &str) -> String {
    let path: PathBuf = binary::root().join("tests/fixtures/sigstore").join(name);
    path.to_str().unwrap().to_owned()
}

/// `chiron verify` of the recorded artifact by the identity that signed, with one bundle.
fn keyless(work: &Folder, bundle: &str, more: &[&str]) -> chiron_e2e::Ended {
    let (artifact, bundle, root) = (fixture("artifact.txt"), fixture(bundle), fixture("trusted_root.json"));
    let mut arguments = vec!["verify", &artifact, "--bundle", &bundle, "--trusted-root", &root, "--offline"];
    arguments.extend(["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]);
    arguments.extend(more);
    work.chiron(&arguments)
}

#[test]
fn recorded_bundles_are_accepted_by_identity() {
    let work = Folder::new();
    for name in ["blob-v1", "blob-v1-tsa", "blob-v2", "provenance-v1", "provenance-v2", "provenance-v2-dsse"] {
        let ended = keyless(&work, &format!("{name}.sigstore.json"), &["-v"]).with_code(0);
        ended.shows(&["ok", "signatures  passed", IDENTITY, "verified: 1 of 1"]);
    }
    let report = keyless(&work, "blob-v1.sigstore.json", &["-o", "json"]).with_code(0).json();
    assert_eq!(report["passed"], true);
    let check = &report["subjects"][0]["checks"][0];
    assert_eq!((&check["check"], &check["outcome"]), (&Value::from("signatures"), &Value::from("passed")));
    assert_eq!(check["signer"]["identity"], IDENTITY);
    assert_eq!(check["signer"]["issuer"], ISSUER);
    assert_eq!(check["signer"]["logged"], true);
    let (artifact, bundle) = (fixture("artifact.txt"), fixture("key-logged.sigstore.json"));
    let (root, key) = (fixture("trusted_root.json"), fixture("key.pub"));
    let by_key = ["verify", &artifact, "--bundle", &bundle, "--key", &key, "--trusted-root", &root];
    let _ = work.chiron(&by_key).with_code(0);
    // The embedded root does not know these logs.
    work.chiron(&by_key[..6]).with_code(4).shows(&["FAILED", "transparency log"]);
}

#[test]
fn each_attack_is_refused_with_its_reason() {
    let work = Folder::new();
    for (bundle, more, reason) in [
        ("other-subject.sigstore.json", &[][..], "and not about this file"),
        ("no-subject.sigstore.json", &[], "has no subject"),
        ("repeated-subject.sigstore.json", &[], "stands twice"),
        ("payload-type.sigstore.json", &[], "the payload type is `application/json`"),
        ("denied.sigstore.json", &[], "speaks against the file"),
        ("after-expiry.sigstore.json", &[], "it had expired when it signed"),
        ("before-validity.sigstore.json", &[], "not valid yet"),
        ("in-the-future.sigstore.json", &[], "in the future"),
        ("key-logged.sigstore.json", &[], "the public key is needed"),
        ("provenance-v1.sigstore.json", &["--type", "cyclonedx"], "https://cyclonedx.org/bom` was asked for"),
        ("artifact.txt", &[], "not JSON"),
    ] {
        let ended = keyless(&work, bundle, more).with_code(4);
        ended.shows(&["FAILED", reason, "NOT verified"]);
    }
    // A tampered copy of a good one.
    let good = std::fs::read_to_string(fixture("blob-v1.sigstore.json")).unwrap();
    let at = good.find("\"signedEntryTimestamp\": \"").unwrap() + 60;
    let mut bytes = good.into_bytes();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    work.write("artifact.txt.sigstore.json", bytes).write("artifact.txt", "a wheel\n");
    let root = fixture("trusted_root.json");
    let mut arguments = vec!["verify", "artifact.txt", "--trusted-root", &root];
    arguments.extend(["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]);
    work.chiron(&arguments).with_code(4).shows(&["FAILED", "the transparency log entry is refused"]);
    let other = fixture("other_root.json");
    arguments[3] = &other;
    let _ = work.chiron(&arguments).with_code(4);
}

#[test]
fn who_has_to_have_signed_is_asked_for() {
    let work = Folder::new();
    work.write("a.whl", "a");
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    for (more, reason) in [
        (&[][..], "who has to have signed?"),
        (&["--certificate-identity", "x"], "nothing without who vouches"),
        (&["--certificate-oidc-issuer", "x"], "vouches for anybody"),
        (&["--key", "release.pub", "--certificate-identity", "x"], "exclude each other"),
        (&["--certificate-identity-regexp", "a)|(b", "--certificate-oidc-issuer", "x"], "no regular expression"),
        (&["--certificate-identity", "", "--certificate-oidc-issuer", "x"], "an empty identity"),
        (&["--key", "release.key"], "only the public key belongs here"),
        (&["--key", "env://NO_SUCH_VARIABLE"], "the environment has no NO_SUCH_VARIABLE"),
        (&["--provenance", "--key", "release.pub"], "--builder-id"),
        (&["--key", "release.pub", "--trusted-root", "release.pub"], "the trust root cannot be read"),
    ] {
        work.chiron(&[&["verify", "a.whl"], more].concat()).with_code(2).says(&[reason]);
    }
    let _ = work.chiron(&["verify", "absent.whl", "--key", "release.pub"]).with_code(74);
    let _ = work.chiron(&["verify", "a.whl", "--key", "absent.pub"]).with_code(74);
}

#[test]
fn nothing_to_verify_is_a_failure_unless_asked_otherwise() {
    let work = Folder::new();
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    std::fs::create_dir(work.path("empty")).unwrap();
    work.chiron(&["verify", "empty", "--key", "release.pub"]).with_code(4).shows(&["nothing to verify"]);
    work.write("dist/a.whl", "a");
    work.chiron(&["verify", "dist", "--key", "release.pub"])
        .with_code(4)
        .shows(&["no signature of this file was found"]);
    let all = ["verify", "dist", "--all", "--key", "release.pub", "--builder-id", "b", "--source-uri", "s"];
    let ended = work.chiron(&all).with_code(4);
    ended.shows(&["no signature", "no SBOM", "no provenance", "no list of checksums"]);
    let lenient = ["verify", "dist", "--key", "release.pub", "--allow-missing", "-o", "json"];
    let report = work.chiron(&lenient).with_code(0).json();
    assert_eq!(report["passed"], false);
    assert_eq!(report["subjects"][0]["checks"][0]["outcome"], "skipped");
}

#[test]
fn provenance_is_held_against_builder_source_and_parameters() {
    let work = Folder::new();
    let builder = "https://ci.example.test/builder";
    let source = "https://github.com/acme/app";
    let ask = |more: &[&str]| {
        let all = [&["--provenance"], more].concat();
        keyless(&work, "provenance-v1.sigstore.json", &all)
    };
    let good = ["--builder-id", builder, "--source-uri", source];
    ask(&[&good[..], &["-v"]].concat()).with_code(0).shows(&["provenance  passed"]);
    let _ = ask(&[&good[..], &["--parameter", "workflow.path=release.yml"]].concat()).with_code(0);
    let _ = ask(&["--builder-id", &format!("{builder}@v1"), "--source-uri", &format!("{source}@refs/tags/v1")])
        .with_code(0);
    for (more, reason) in [
        (&["--builder-id", "https://ci.example.test/other", "--source-uri", source][..], "built by"),
        (&["--builder-id", &format!("{builder}@v2"), "--source-uri", source], "built by"),
        (&["--builder-id", builder, "--source-uri", "https://github.com/evil/app"], "built from"),
        (&["--builder-id", builder, "--source-uri", &format!("{source}@refs/tags/v2")], "built from"),
        (&[&good[..], &["--parameter", "workflow.path=evil.yml"]].concat(), "the parameter `workflow.path`"),
    ] {
        ask(more).with_code(4).shows(&["FAILED", reason]);
    }
}

#[test]
fn checksums_and_sboms_need_no_signer() {
    let work = Folder::new();
    // SHA-256 of "a".
    let a = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    work.write("dist/a.whl", "a").write("dist/SHA256SUMS", format!("{a}  a.whl\n"));
    let _ = work.chiron(&["verify", "dist", "--checksums"]).with_code(0);
    let sbom = format!(
        r#"{{"bomFormat":"CycloneDX","metadata":{{"component":{{"hashes":[{{"alg":"SHA-256","content":"{a}"}}]}}}}}}"#
    );
    work.write("dist/a.whl.cdx.json", &sbom);
    work.chiron(&["verify", "dist", "--checksums", "--sbom", "-v"]).with_code(0).shows(&["nobody signed"]);
    work.write("dist/SHA256SUMS", format!("{}  a.whl\n", "0".repeat(64)));
    work.chiron(&["verify", "dist", "--checksums"]).with_code(4).shows(&["and the file has"]);
    work.write("dist/a.whl.cdx.json", sbom.replace(a, &"0".repeat(64)));
    work.chiron(&["verify", "dist", "--sbom"]).with_code(4).shows(&["another digest than this file"]);
}

/// Two signed wheels, and a pipeline that says by whom they have to be.
fn release(table: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    let name = "dist/demo-2.0-py3-none-any.whl";
    work.write(name, wheel::of("demo", "2.0")).write("pipeline.toml", pipeline::SIGNED);
    for key in ["release", "other"] {
        let _ = work.chiron(&["key", "generate", key, "--no-password"]).with_code(0);
    }
    let _ = work.chiron(&["run"]).with_code(0);
    let judged = r#"[pipeline]
name = "judged"
subjects = ["dist/*.whl"]
[[step]]
id = "sbom"
uses = "cyclonedx"
[[step]]
id = "scan"
uses = "osv"
[databases.main]
path = "db"
[verify]
"#;
    work.write("judged.toml", format!("{judged}{table}\n"));
    work
}

#[test]
fn what_has_to_hold_may_stand_in_the_pipeline() {
    let work = release("key = \"release.pub\"");
    let ask = |more: &[&str]| work.chiron(&[&["verify", "-p", "judged.toml"], more].concat());
    ask(&[]).with_code(0).shows(&["ok", "dist/demo-2.0-py3-none-any.whl", "verified: 1 of 1"]);
    ask(&["dist/demo-2.0-py3-none-any.whl"]).with_code(0).shows(&["verified: 1 of 1"]);
    // From wherever it is called: paths are relative to the file.
    let mut elsewhere = work.command(&["verify", "-p"]);
    let elsewhere = elsewhere.arg(work.path("judged.toml")).current_dir("/").output().unwrap();
    assert!(elsewhere.status.success(), "{}", String::from_utf8_lossy(&elsewhere.stderr));
    // A flag takes the place of the key of its name, and says so.
    ask(&["--key", "other.pub"]).with_code(4).says(&["note: --key takes the place of what [verify] says"]);
    ask(&["--certificate-identity", "x"]).with_code(2).says(&["exclude each other", "[verify] of a pipeline"]);
    // A flag adds a check, and takes none away.
    let ended = ask(&["--checksums", "-v"]).with_code(4);
    ended.shows(&["signatures  passed", "no list of checksums was found"]);
    ask(&["--allow-missing", "--checksums", "-o", "json"]).with_code(0).says(&["note: --allow-missing"]);
    let _ = work.chiron(&["pack", "create", "dist", "-o", "x.tar.gz"]).with_code(0);
    let _ = work.chiron(&["pack", "verify", "x.tar.gz", "-p", "judged.toml"]).with_code(0);
    work.chiron(&["verify", "-p", "pipeline.toml"]).with_code(2).says(&["it has no [verify]"]);
    let _ = work.chiron(&["verify", "-p", "absent.toml"]).with_code(74);
    let _ = work.chiron(&["verify"]).with_code(2);
}

#[test]
fn every_mistake_in_what_has_to_hold_is_told_at_its_line() {
    let work =
        release("checks = [\"provenance\"]\ncertificate_identity_regexp = \"(\"\nkey = \"release.pub\"\nsigned = 1");
    for arguments in [&["verify", "-p", "judged.toml"][..], &["run", "judged.toml"]] {
        work.chiron(arguments).with_code(2).says(&[
            "provenance has to be from a builder and a source",
            "builder_id",
            "no regular expression",
            "exclude each other",
            "signed",
            "4 mistakes in judged.toml",
        ]);
    }
}

#[test]
fn a_run_looks_at_nothing_that_does_not_verify() {
    let work = release("key = \"release.pub\"\nbefore_run = true");
    let report = work.chiron(&["run", "judged.toml", "-o", "json"]).with_code(0).json();
    let notes = report["notes"].to_string();
    assert!(notes.contains("subjects-verified") && notes.contains("1 of 1 files were verified"), "{notes}");
    assert!(report["settings"].to_string().contains("verify.before_run"));
    work.chiron(&["run", "judged.toml", "--dry-run"]).with_code(0).shows(&["VERIFY first, or run nothing: signatures"]);
    let wheel = "dist/demo-2.0-py3-none-any.whl";
    let good = std::fs::read(work.path(wheel)).unwrap();
    work.write(wheel, "another wheel");
    let ended = work.chiron(&["run", "judged.toml", "-o", "json=r.json"]).with_code(4);
    ended.says(&["the subjects do not verify, and nothing was run", "demo-2.0-py3-none-any.whl: signatures:"]);
    assert!(!work.has("r.json") && ended.stdout.is_empty());
    work.write(wheel, good).write("dist/unsigned-1.0-py3-none-any.whl", wheel::of("unsigned", "1.0"));
    work.chiron(&["run", "judged.toml"]).with_code(4).says(&["unsigned-1.0", "no signature of this file was found"]);
    std::fs::remove_file(work.path("release.pub")).unwrap();
    work.chiron(&["run", "judged.toml"]).with_code(74).says(&["[verify]", "release.pub"]);
}
