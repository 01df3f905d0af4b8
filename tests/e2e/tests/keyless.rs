//! Keyless signing on loopback: what is signed, others accept; services that are down, slow or lying leave nothing behind.

use chiron_e2e::services::{Between, IDENTITY, ISSUER, Lie, Services, free, no_token, services, token};
use chiron_e2e::sigstore::{judges, npm, python, signed_by_npm, signed_by_python};
use chiron_e2e::{Ended, Folder, osv, wheel};
use serde_json::json;

const WHEEL: &str = "dist/demo-2.0-py3-none-any.whl";
const BUNDLE: &str = "dist/demo-2.0-py3-none-any.whl.sigstore.json";
const STATEMENT: &str = "attestations/scan.intoto.sigstore.json";

/// A pipeline that signs keyless, with more lines for the key.
fn pipeline(more: &str) -> String {
    format!(
        "[pipeline]\nname = \"release\"\nsubjects = [\"dist/*.whl\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
         [[step]]\nid = \"scan\"\nuses = \"osv\"\n[[step]]\nid = \"sign\"\nuses = \"cosign\"\n\
         [step.bind]\nkeys.signing = \"release\"\n[databases.main]\npath = \"db\"\n\
         [keys.release.keyless]\nsigning_config = \"signing_config.json\"\ntrusted_root = \"trusted_root.json\"\n\
         plaintext_unsafe = true\nprivate_addresses = true\nproxy = \"none\"\n{more}"
    )
}

fn folder(services: &Services, config: &str, more: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write(WHEEL, wheel::of("demo", "2.0")).write("pipeline.toml", pipeline(more));
    work.write("trusted_root.json", std::fs::read(services.root()).unwrap()).write("signing_config.json", config);
    work
}

fn run(work: &Folder, token: &str, arguments: &[&str]) -> Ended {
    let ended = work.chiron_with(&[("SIGSTORE_ID_TOKEN", token)], arguments);
    no_token(work, &ended, token, &[]);
    ended
}

/// Runs, and fails unless it ends with 6, says why and leaves everything as it was.
#[track_caller]
fn refused(work: &Folder, token: &str, says: &[&str]) {
    let before = work.listing();
    let ended = run(work, token, &["run", "-vv", "-o", "json"]).with_code(6);
    ended.says(&["the key `release` cannot be used"]);
    ended.says(says);
    let after = work.listing();
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "something half-signed remains");
}

fn verify(work: &Folder, identity: &str) -> Ended {
    work.chiron(&[
        "verify",
        WHEEL,
        "--trusted-root",
        "trusted_root.json",
        "--certificate-identity",
        identity,
        "--certificate-oidc-issuer",
        ISSUER,
        "--offline",
    ])
}

#[test]
fn what_we_sign_keyless_everybody_accepts() {
    let (Some(services), Some(judges)) = (services(), judges()) else { return };
    for (version, timestamps) in [(1, Some(0)), (1, None), (2, Some(0))] {
        let work = folder(services, &services.config(0, 0, version, timestamps), "");
        let token = token(600, &json!({}));
        let ended = run(&work, &token, &["run", "-vvv", "-o", "table", "-o", "json=r.json", "-o", "html=r.html"]);
        ended.with_code(0).says(&["signed"]);
        let (file, root) = (work.path(WHEEL), services.root());
        for bundle in [BUNDLE, STATEMENT] {
            let case = format!("version {version}, {timestamps:?}, {bundle}");
            let (accepted, text) = npm(&judges, &work.path(bundle), &file, &root, None);
            assert!(accepted, "npm on {case}: {text}");
            let (accepted, text) = python(&judges, &work.path(bundle), &file, &root, IDENTITY, ISSUER);
            assert!(accepted, "python on {case}: {text}");
        }
        let _ = verify(&work, IDENTITY).with_code(0);
        let _ = verify(&work, "https://evil.example.test").with_code(4);
        work.write(WHEEL, "changed");
        let _ = verify(&work, IDENTITY).with_code(4);
    }
}

#[test]
fn what_others_sign_keyless_we_accept() {
    let (Some(services), Some(judges)) = (services(), judges()) else { return };
    let address = format!("http://127.0.0.1:{}", services.port);
    for version in [1, 2] {
        let work = folder(services, &services.config(0, 0, version, Some(0)), "");
        work.write("token", token(600, &json!({}))).write("other.whl", "something else");
        let paths = [WHEEL, "token", "trusted_root.json", "signing_config.json"].map(|name| work.path(name));
        let paths = [&*paths[0], &*paths[1], &*paths[2], &*paths[3]];
        for kind in ["blob", "statement"] {
            let by_python = signed_by_python(&judges.join("sigstore/bin/python"), kind, &paths, &[]);
            let by_npm = signed_by_npm(&judges, kind, paths[0], &address, version, paths[1]);
            for (signer, bundle) in [("python", Some(by_python)), ("npm", by_npm)] {
                let Some(bundle) = bundle else { continue };
                work.write("theirs.json", bundle);
                let judged = |file: &str, identity: &str| {
                    let kind: &[&str] = match (kind, signer) {
                        ("blob", _) => &[],
                        (_, "npm") => &["--type", "https://example.com/checked/v1"],
                        _ => &["--type", "https://docs.pypi.org/attestations/publish/v1"],
                    };
                    let fixed = ["verify", file, "--bundle", "theirs.json", "--trusted-root", "trusted_root.json"];
                    let by = ["--certificate-identity", identity, "--certificate-oidc-issuer", ISSUER];
                    work.chiron(&[&fixed[..], kind, &by].concat())
                };
                let ended = judged(WHEEL, IDENTITY);
                assert_eq!(ended.code, 0, "{signer}, {kind}, version {version}: {}", ended.stdout);
                let _ = judged(WHEEL, "https://evil.example.test").with_code(4);
                let _ = judged("other.whl", IDENTITY).with_code(4);
            }
        }
    }
}

#[test]
fn the_report_names_the_services_and_who_would_sign_is_shown_before() {
    let Some(services) = services() else { return };
    let work = folder(services, &services.config(0, 0, 1, Some(0)), "");
    let token = token(600, &json!({}));
    let shown = run(&work, &token, &["run", "--dry-run"]).with_code(0);
    shown.shows(&[
        "KEYLESS SIGNING",
        IDENTITY,
        ISSUER,
        "SIGSTORE_ID_TOKEN",
        &format!("http://127.0.0.1:{}", services.port),
    ]);
    work.chiron(&["run", "--dry-run"]).with_code(0).shows(&["the environment has no SIGSTORE_ID_TOKEN"]);
    let report = run(&work, &token, &["run", "-o", "json"]).with_code(0).json();
    let settings = report["settings"].as_array().unwrap();
    let value =
        |key: &str| settings.iter().find(|setting| setting["key"] == key).map(|setting| setting["value"].clone());
    assert_eq!(value("keys.release.keyless"), Some(format!("http://127.0.0.1:{}", services.port).into()));
    assert_eq!(value("keys.release.keyless.plaintext_unsafe"), Some("true".into()));
}

#[test]
fn a_token_from_a_file_and_from_github_signs_the_same() {
    let Some(services) = services() else { return };
    let work = folder(services, &services.config(0, 0, 1, Some(0)), "token = { file = \"id.token\" }\n");
    let secret = token(600, &json!({}));
    work.write("id.token", format!("{secret}\n"));
    let ended = work.chiron(&["run"]).with_code(0);
    no_token(&work, &ended, &secret, &["id.token"]);
    let _ = verify(&work, IDENTITY).with_code(0);

    let work = folder(services, &services.config(0, 0, 1, Some(0)), "");
    let answer = json!({ "value": secret }).to_string();
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://127.0.0.1:{}/token?api-version=2", listener.local_addr().unwrap().port());
    let asked = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let length = answer.len();
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{answer}").as_bytes()).unwrap();
        String::from_utf8(head).unwrap()
    });
    let github =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r3quest-token-0123")];
    let ended = work.chiron_with(&github, &["run", "-vv"]).with_code(0);
    no_token(&work, &ended, &secret, &[]);
    let head = asked.join().unwrap();
    assert!(head.starts_with("GET /token?api-version=2&audience=sigstore "), "{head}");
    assert!(head.to_lowercase().contains("authorization: bearer r3quest-token-0123"));
    assert!(!ended.stdout.contains("r3quest") && !ended.stderr.contains("r3quest"));
    let _ = verify(&work, IDENTITY).with_code(0);
}

#[test]
fn a_token_that_cannot_be_used_is_told_before_anybody_is_asked() {
    let Some(services) = services() else { return };
    let between = Between::start(services.port, Lie::None);
    let config = services.config(between.port, between.port, 1, Some(between.port));
    let work = folder(services, &config, "");
    refused(&work, &token(-30, &json!({})), &["the identity token expired at"]);
    refused(&work, &token(600, &json!({ "aud": "somebody" })), &["meant for `somebody`, expected `sigstore`"]);
    refused(&work, &token(600, &json!({ "nbf": 99_999_999_999_i64 })), &["valid from"]);
    refused(&work, "this-is-no-token-at-all-0123456789", &["the identity token is malformed"]);
    work.write("pipeline.toml", pipeline("issuer = \"https://other.example.test\"\n"));
    refused(&work, &token(600, &json!({})), &["should vouch for the signer"]);
    let mail = json!({ "email": "mallory@example.test" });
    work.write("pipeline.toml", pipeline("identity = \"alice@example.test\"\n"));
    refused(&work, &token(600, &mail), &["`mallory@example.test`, and `alice@example.test` should sign"]);
    work.write("pipeline.toml", pipeline(""));
    let before = work.listing();
    work.chiron(&["run", "-o", "json"]).with_code(6).says(&["there is no identity token", "SIGSTORE_ID_TOKEN"]);
    run(&work, &token(600, &json!({})), &["run", "--offline", "-o", "json"])
        .with_code(6)
        .says(&["--offline makes no connection"]);
    assert_eq!(work.listing(), before);
    assert!(between.seen().is_empty(), "{:?}", between.seen());
}

#[test]
fn an_authority_that_is_down_slow_or_lying_has_nothing_signed() {
    let Some(services) = services() else { return };
    for (lie, tries, says) in [
        (Lie::Silence, 3, &["the certificate authority (Fulcio)", "asked 3 times"][..]),
        (Lie::Broken, 3, &["the certificate authority (Fulcio)", "status 500", "asked 3 times"]),
        (Lie::Page, 1, &["the certificate authority (Fulcio)", "the answer cannot be read"]),
        (Lie::Redirect, 1, &["the certificate authority (Fulcio)", "redirects to"]),
        (Lie::Echo, 1, &["the certificate authority (Fulcio)", "refuses with status 400"]),
        (Lie::Flood, 1, &["the certificate authority (Fulcio)", "longer than"]),
        (Lie::OtherKey, 1, &["the certificate is for another key"]),
        (Lie::OtherIdentity, 1, &["signed by `https://evil.example.test`"]),
        (Lie::OtherIssuer, 1, &["vouched for by `https://evil.example.test`"]),
    ] {
        let between = Between::start(services.port, lie);
        let timeout = if lie == Lie::Silence { "timeout = \"2s\"\n" } else { "" };
        let work = folder(services, &services.config(between.port, 0, 1, Some(0)), timeout);
        refused(&work, &token(600, &json!({})), says);
        assert_eq!(between.seen().len(), tries, "{lie:?}: {:?}", between.seen());
    }
    let work = folder(services, &services.config(free(), 0, 1, Some(0)), "");
    refused(&work, &token(600, &json!({})), &["the certificate authority (Fulcio)", "failed to connect"]);
}

#[test]
fn a_log_that_is_down_slow_or_lying_has_nothing_written() {
    let Some(services) = services() else { return };
    for (lie, says) in [
        (Lie::Silence, &["the transparency log (Rekor)", "asked 3 times"][..]),
        (Lie::Broken, &["the transparency log (Rekor)", "status 500", "asked 3 times"]),
        (Lie::Page, &["the answer cannot be read"]),
        (Lie::OtherPromise, &["does not hold against the trust root"]),
        (Lie::OtherTree, &["does not hold against the trust root"]),
        (Lie::OtherEntry, &["does not hold against the trust root"]),
    ] {
        let between = Between::start(services.port, lie);
        let timeout = if lie == Lie::Silence { "timeout = \"2s\"\n" } else { "" };
        let work = folder(services, &services.config(0, between.port, 1, Some(0)), timeout);
        refused(&work, &token(600, &json!({})), says);
        assert!(!between.seen().is_empty(), "{lie:?}");
    }
    let work = folder(services, &services.config(0, free(), 1, Some(0)), "");
    refused(&work, &token(600, &json!({})), &["the transparency log (Rekor)", "failed to connect"]);
}

#[test]
fn a_timestamp_authority_that_is_down_slow_or_lying_has_nothing_logged() {
    let Some(services) = services() else { return };
    for (lie, logged, says) in [
        (Lie::Silence, false, &["the timestamp authority", "asked 3 times"][..]),
        (Lie::Broken, false, &["the timestamp authority", "status 500"]),
        (Lie::Page, true, &["no answer of a timestamp authority"]),
        (Lie::OtherDigest, true, &["does not hold against the trust root"]),
    ] {
        let (between, log) = (Between::start(services.port, lie), Between::start(services.port, Lie::None));
        let timeout = if lie == Lie::Silence { "timeout = \"2s\"\n" } else { "" };
        let work = folder(services, &services.config(0, log.port, 1, Some(between.port)), timeout);
        refused(&work, &token(600, &json!({})), says);
        assert!(!between.seen().is_empty(), "{lie:?}");
        // An entry cannot be taken back: a service that does not answer has none made.
        assert!(logged || log.seen().is_empty(), "{lie:?}: {:?}", log.seen());
    }
}

#[test]
fn a_service_that_fails_once_is_asked_again() {
    let Some(services) = services() else { return };
    let all = [(); 3].map(|()| Between::start(services.port, Lie::Once));
    let config = services.config(all[0].port, all[1].port, 1, Some(all[2].port));
    let work = folder(services, &config, "");
    let _ = run(&work, &token(600, &json!({})), &["run"]).with_code(0);
    let _ = verify(&work, IDENTITY).with_code(0);
    // One certificate for the run; a time and an entry for each of two signatures; each service failed once.
    assert_eq!(all.map(|between| between.seen().len()), [2, 3, 3]);
}

#[test]
fn an_operator_decides_which_services_may_be_asked() {
    let Some(services) = services() else { return };
    let work = folder(services, &services.config(0, 0, 1, Some(0)), "");
    let allowed = "[grants]\ncapabilities = [\"content\", \"advisories\", \"versions\", \"signing\"]\n";
    let rest = "[allow]\nunlocked = true\nsettings = [\"plaintext_unsafe\"]\n";
    let origin = format!("http://127.0.0.1:{}", services.port);
    let home = tempfile(&format!("{allowed}{rest}"));
    let file = home.path("operator.toml");
    let arguments = ["run", "--operator", file.to_str().unwrap()];
    let refused = run(&work, &token(600, &json!({})), &arguments);
    assert_ne!(refused.code, 0);
    refused.says(&["no request may go to", &origin]);
    let home = tempfile(&format!("{allowed}endpoints = [\"{origin}\"]\n{rest}"));
    let file = home.path("operator.toml");
    let _ = run(&work, &token(600, &json!({})), &["run", "--operator", file.to_str().unwrap()]).with_code(0);
}

fn tempfile(text: &str) -> Folder {
    let folder = Folder::new();
    folder.write("operator.toml", text);
    std::fs::set_permissions(folder.path("operator.toml"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .unwrap();
    folder
}
