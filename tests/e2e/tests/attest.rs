//! `chiron attest -- COMMAND`: what a command was run on and what it made, signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_e2e::services::{Between, IDENTITY, ISSUER, Lie, Services, no_token, services, token};
use chiron_e2e::sigstore::{judges, npm, npm_witnessed, python};
use chiron_e2e::{Ended, Folder};
use serde_json::{Value, json};

fn folder() -> Folder {
    let work = Folder::new();
    work.write("src/a.txt", "a");
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    work
}

fn attest(work: &Folder, more: &[&str], script: &str) -> Ended {
    let fixed = ["attest", "--key", "release.key", "--material", "src", "--product", "dist"];
    work.chiron(&[&fixed[..], more, &["--", "sh", "-c", script]].concat())
}

#[test]
fn what_a_command_made_is_signed_with_what_it_was_made_of() {
    let work = folder();
    let make = "mkdir dist && cp src/a.txt dist/b.txt && echo made";
    attest(&work, &[], make).with_code(0).says(&["signed for 1 files"]);
    let bundle: Value = serde_json::from_str(&work.read("build.link.sigstore.json")).unwrap();
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/link/v0.3");
    assert_eq!(statement["subject"][0]["name"], "dist/b.txt");
    let predicate = &statement["predicate"];
    assert_eq!(predicate["materials"][0]["name"], "src/a.txt");
    assert_eq!(predicate["materials"][0]["digest"]["sha256"], statement["subject"][0]["digest"]["sha256"]);
    assert_eq!(predicate["command"][2], make);
    assert_eq!(predicate["byproducts"]["return-value"], 0);
    assert_eq!(predicate["environment"], serde_json::json!({}));
    let verify = ["verify", "dist/b.txt", "--key", "release.pub", "--bundle", "build.link.sigstore.json"];
    let _ = work.chiron(&[&verify[..], &["--type", "https://in-toto.io/attestation/link/v0.3"]].concat()).with_code(0);
    work.write("dist/b.txt", "changed");
    let _ = work.chiron(&verify).with_code(4);
}

#[test]
fn what_failed_or_made_nothing_is_not_signed() {
    let work = folder();
    let unsigned = |ended: Ended, code: i32, reason: &str| {
        ended.with_code(code).says(&[reason]);
        assert!(!work.has("build.link.sigstore.json"));
    };
    unsigned(attest(&work, &[], "exit 3"), 1, "ended with 3");
    unsigned(attest(&work, &[], "kill -9 $$"), 1, "ended by a signal");
    unsigned(attest(&work, &[], "true"), 74, "failed to read dist");
    unsigned(attest(&work, &[], "mkdir dist"), 5, "made nothing");
    unsigned(attest(&work, &["--dry-run"], "touch dist/x"), 0, "would run sh");
    assert!(!work.has("dist/x"));
    unsigned(
        work.chiron(&["attest", "--key", "release.key", "--product", "dist", "--", "no-such-program"]),
        74,
        "failed to run",
    );
    unsigned(
        work.chiron(&["attest", "--key", "release.pub", "--product", "dist", "--", "true"]),
        2,
        "this is a public key",
    );
}

/// A folder with services, and the flags that reach them.
fn keyless(services: &Services, config: &str) -> (Folder, Vec<&'static str>) {
    let work = Folder::new();
    work.write("src/a.txt", "a").write("signing_config.json", config);
    work.write("trusted_root.json", std::fs::read(services.root()).unwrap());
    let flags = "attest --material src --product dist --signing-config signing_config.json --trusted-root trusted_root.json \
                 --private-addresses --plaintext-unsafe --proxy none";
    (work, flags.split_whitespace().collect())
}

/// Makes `dist/env`: what the command sees of its environment.
const MAKE: [&str; 4] = ["--", "sh", "-c", "mkdir dist && env > dist/env"];
const LINK: &str = "build.link.sigstore.json";

fn verified(work: &Folder, who: &[&str]) -> Ended {
    let fixed = ["verify", "dist/env", "--bundle", LINK, "--trusted-root", "trusted_root.json", "--offline"];
    let kind = ["--type", "https://in-toto.io/attestation/link/v0.3"];
    work.chiron(&[&fixed[..], &kind, who].concat())
}

#[test]
fn what_a_command_made_is_signed_keyless_and_the_command_does_not_see_the_token() {
    let (Some(services), Some(judges)) = (services(), judges()) else { return };
    for (version, flag, variable) in
        [(1, None, "SIGSTORE_ID_TOKEN"), (2, Some("env://MY_TOKEN"), "MY_TOKEN"), (1, Some("token"), "X")]
    {
        let (work, flags) = keyless(services, &services.config(0, 0, version, Some(0)));
        let secret = token(600, &json!({}));
        work.write("token", format!("{secret}\n"));
        let source: Vec<_> = flag.map(|flag| ["--identity-token", flag]).into_iter().flatten().collect();
        let arguments = [&flags[..], &source, &MAKE].concat();
        let given = if variable == "X" { "none" } else { secret.as_str() };
        let ended = work.chiron_with(&[(variable, given), ("KEPT", "yes")], &arguments).with_code(0);
        ended.says(&["signed for 1 files"]);
        no_token(&work, &ended, &secret, &["token"]);
        let seen = work.read("dist/env");
        assert!(seen.contains("KEPT=yes") && (variable == "X" || !seen.contains(variable)), "{seen}");
        let by = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER];
        let _ = verified(&work, &by).with_code(0);
        let _ = verified(&work, &["--certificate-identity", "me", by[2], by[3]]).with_code(4);
        let (bundle, file, root) = (work.path(LINK), work.path("dist/env"), services.root());
        let (accepted, text) = npm(&judges, &bundle, &file, &root, None);
        assert!(accepted, "{text}");
        let (accepted, text) = python(&judges, &bundle, &file, &root, IDENTITY, ISSUER);
        assert!(accepted, "{text}");
    }
}

#[test]
fn what_cannot_be_signed_is_told_before_the_command_runs() {
    let Some(services) = services() else { return };
    let between = Between::start(services.port, Lie::None);
    let (work, flags) = keyless(services, &services.config(between.port, between.port, 1, Some(between.port)));
    let good = token(600, &json!({}));
    let refused = |secret: &str, more: &[&str], code: i32, says: &[&str]| {
        let before = work.listing();
        let ended = work.chiron_with(&[("SIGSTORE_ID_TOKEN", secret)], &[&flags[..], more, &MAKE].concat());
        no_token(&work, &ended, &good, &[]);
        ended.with_code(code).says(says);
        assert_eq!(work.listing(), before, "the command ran");
    };
    refused(&token(-30, &json!({})), &[], 6, &["nothing was signed: the identity token expired at"]);
    refused(&token(600, &json!({ "aud": "somebody" })), &[], 6, &["meant for `somebody`"]);
    refused("", &[], 6, &["the identity token is malformed"]);
    refused(&good, &["--identity-token", "env://NOT_THERE"], 6, &["the environment has no NOT_THERE"]);
    refused(&good, &["--identity-token", "no-such-file"], 6, &["failed to read the token in no-such-file"]);
    refused(&good, &["--identity-token", &good], 2, &["can be read by every user of the machine"]);
    refused(&good, &["--offline"], 6, &["--offline makes no connection"]);
    refused(&good, &["--key", "release.key", "--identity-token", "token"], 2, &["cannot be used with"]);
    work.write("operator.toml", "[allow]\nsettings = [\"plaintext_unsafe\"]\n");
    refused(
        &good,
        &["--operator", "operator.toml"],
        2,
        &["no request may go to", &format!("http://127.0.0.1:{}", between.port)],
    );
    let shown = work.chiron_with(&[("SIGSTORE_ID_TOKEN", &good)], &[&flags[..], &["--dry-run"], &MAKE].concat());
    shown.with_code(0).says(&["would run sh", &format!("ask http://127.0.0.1:{}", between.port)]);
    assert!(between.seen().is_empty() && !work.has("dist"), "{:?}", between.seen());
}

#[test]
fn a_service_that_fails_after_the_command_leaves_no_bundle() {
    let Some(services) = services() else { return };
    for (lie, says) in [
        (Lie::Broken, "status 500 (asked 3 times)"),
        (Lie::OtherPromise, "does not hold against the trust root"),
        (Lie::Page, "the answer cannot be read"),
    ] {
        let between = Between::start(services.port, lie);
        let (work, flags) = keyless(services, &services.config(0, between.port, 1, Some(0)));
        let secret = token(600, &json!({}));
        let ended = work.chiron_with(&[("SIGSTORE_ID_TOKEN", &secret)], &[&flags[..], &MAKE].concat());
        no_token(&work, &ended, &secret, &[]);
        ended.with_code(6).says(&["nothing was signed", says]);
        assert!(work.has("dist/env") && !work.has(LINK), "{lie:?}");
    }
}

#[test]
fn a_key_that_signs_for_a_command_may_be_witnessed_and_its_password_is_not_the_commands() {
    let (Some(services), Some(judges)) = (services(), judges()) else { return };
    let (work, flags) = keyless(services, &services.witnesses(Some((0, 1)), Some(0)));
    let password = [("RELEASE_PASSWORD", "correct horse battery")];
    let made = ["key", "generate", "release", "--password-env", "RELEASE_PASSWORD"];
    let _ = work.chiron_with(&password, &made).with_code(0);
    let key = ["--key", "release.key", "--password-env", "RELEASE_PASSWORD"];
    let _ = work.chiron_with(&password, &[&flags[..], &key, &MAKE].concat()).with_code(0);
    assert!(!work.read("dist/env").contains("correct horse"));
    let _ = verified(&work, &["--key", "release.pub"]).with_code(0);
    let (bundle, file, key) = (work.path(LINK), work.path("dist/env"), work.path("release.pub"));
    let accepted = npm_witnessed(&judges, &bundle, &file, &services.root(), &key, (1, 2));
    assert!(accepted.0, "{}", accepted.1);
}
