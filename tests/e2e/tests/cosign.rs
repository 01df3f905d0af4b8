//! The real cosign: it accepts what our keys sign, and we accept what its keys sign. `tests/fixtures/cosign/build` makes it.

use chiron_e2e::cosign::{PASSWORD, ask, program as cosign};
use chiron_e2e::{Folder, keys, osv, pipeline, wheel};

const FILE: &str = "dist/demo-2.0-py3-none-any.whl";

/// A file that our run signed, with a statement about it, and a key that has a password.
fn signed_by_us(algorithm: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write(FILE, wheel::of("demo", "2.0"));
    let password = "password = { env = \"COSIGN_PASSWORD\" }";
    work.write("pipeline.toml", pipeline::signed_with("file = \"release.key\"", password));
    let given = [("COSIGN_PASSWORD", PASSWORD)];
    let _ = work.chiron_with(&given, &["key", "generate", "release", "--algorithm", algorithm]).with_code(0);
    let _ = work.chiron_with(&given, &["run"]).with_code(0);
    work
}

#[test]
fn cosign_accepts_what_our_keys_sign_and_refuses_what_was_changed() {
    let Some(cosign) = cosign() else { return };
    let work = signed_by_us("p256");
    let bundle = format!("{FILE}.sigstore.json");
    let blob = ["verify-blob", "--key", "release.pub", "--bundle", &bundle, "--insecure-ignore-tlog", FILE];
    ask(&work, &cosign, &blob).with_code(0).says(&["Verified OK"]);
    let statement = "attestations/scan.intoto.sigstore.json";
    let attested = |kind: &str| {
        let all = ["verify-blob-attestation", "--key", "release.pub", "--bundle", statement, "--insecure-ignore-tlog"];
        ask(&work, &cosign, &[&all[..], &["--type", kind, FILE]].concat())
    };
    attested("https://chiron.dev/attestation/scan/v0.1").with_code(0).says(&["Verified OK"]);
    assert_ne!(attested("cyclonedx").code, 0);
    // Our encrypted key is cosign's: it opens it, and signs with it what we accept.
    let by_theirs = ["sign-blob", "--key", "release.key", "--bundle", "again.json", "--use-signing-config=false"];
    let _ = ask(&work, &cosign, &[&by_theirs[..], &["--tlog-upload=false", "-y", FILE]].concat()).with_code(0);
    let _ = work.chiron(&["verify", FILE, "--bundle", "again.json", "--key", "release.pub"]).with_code(0);
    work.write(FILE, "changed");
    assert_ne!(ask(&work, &cosign, &blob).code, 0);
    let _ = work.chiron(&["verify", FILE, "--key", "release.pub"]).with_code(4);
}

#[test]
fn we_accept_what_cosigns_keys_sign_and_refuse_what_was_changed() {
    let Some(cosign) = cosign() else { return };
    let work = Folder::new();
    work.write("app.tar", "a release").write("other.tar", "another").write("predicate.json", "{\"a\":1}");
    let _ = ask(&work, &cosign, &["generate-key-pair", "--output-key-prefix", "theirs"]).with_code(0);
    let plain = ["--key", "theirs.key", "--use-signing-config=false", "--tlog-upload=false", "-y"];
    let blob = [&["sign-blob", "--bundle", "app.tar.sigstore.json"], &plain[..], &["app.tar"]].concat();
    let _ = ask(&work, &cosign, &blob).with_code(0);
    let kind = "https://example.com/checked/v1";
    let statement =
        ["attest-blob", "--bundle", "app.att.sigstore.json", "--predicate", "predicate.json", "--type", kind];
    // It has no flag against a signing configuration here; one that names no service is none.
    work.write(
        "none.json",
        r#"{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}"#,
    );
    let key = ["--key", "theirs.key", "--signing-config", "none.json", "-y", "app.tar"];
    let _ = ask(&work, &cosign, &[&statement[..], &key].concat()).with_code(0);
    work.chiron(&["verify", "app.tar", "--key", "theirs.pub", "-v"]).with_code(0).shows(&["signed by the key"]);
    let attested = ["verify", "--bundle", "app.att.sigstore.json", "--type", kind, "--key", "theirs.pub"];
    let _ = work.chiron(&[&attested[..], &["app.tar"]].concat()).with_code(0);
    work.chiron(&[&attested[..], &["other.tar"]].concat()).with_code(4).shows(&["not about this file"]);
    // Their encrypted key is one of ours.
    let shown = work.chiron_with(&[("COSIGN_PASSWORD", PASSWORD)], &["key", "public", "theirs.key"]).with_code(0);
    assert_eq!(shown.stdout.trim(), work.read("theirs.pub").trim());
    work.chiron_with(&[("COSIGN_PASSWORD", "guess")], &["key", "public", "theirs.key"])
        .with_code(2)
        .says(&["the password is wrong"]);
    keys::close(&work.path("theirs.key"));
    work.write(FILE, wheel::of("demo", "2.0")).database(&[osv::demo()]);
    let text = pipeline::signed_with("file = \"release.key\"", "password = { env = \"COSIGN_PASSWORD\" }");
    work.write("pipeline.toml", text.replace("release.key", "theirs.key"));
    let _ = work.chiron_with(&[("COSIGN_PASSWORD", PASSWORD)], &["run"]).with_code(0);
    let bundle = format!("{FILE}.sigstore.json");
    let checked = ["verify-blob", "--key", "theirs.pub", "--bundle", &bundle, "--insecure-ignore-tlog", FILE];
    let _ = ask(&work, &cosign, &checked).with_code(0);
    work.write("app.tar", "changed");
    work.chiron(&["verify", "app.tar", "--key", "theirs.pub"]).with_code(4).shows(&["FAILED"]);
}
