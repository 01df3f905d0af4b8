//! `chiron verify`: by key and by identity, offline, and what it refuses.

use std::path::PathBuf;

use chiron_e2e::{Folder, binary};
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
    for name in ["blob-v1", "blob-v1-tsa", "blob-v2", "provenance-v1", "provenance-v2"] {
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
