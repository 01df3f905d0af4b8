//! Keys: made, shown, replaced; encrypted or not; and never in any output.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_e2e::token::{PIN, Tokens};
use chiron_e2e::{Ended, Folder, keys, osv, pipeline, wheel};

const PASSWORD: &str = "correct horse battery";

/// The pipeline, with a key that has a password.
fn encrypted() -> String {
    pipeline::signed_with("file = \"release.key\"", "password = { env = \"RELEASE_PASSWORD\" }")
}

fn mode(work: &Folder, name: &str) -> u32 {
    std::fs::metadata(work.path(name)).unwrap().permissions().mode() & 0o777
}

fn with_password(work: &Folder, arguments: &[&str]) -> Ended {
    work.chiron_with(&[("RELEASE_PASSWORD", PASSWORD)], arguments)
}

#[test]
fn a_key_is_made_for_its_owner_and_its_public_half_is_shown() {
    let work = Folder::new();
    for (name, algorithm) in [("release", "p256"), ("other", "ed25519")] {
        let made = ["key", "generate", name, "--algorithm", algorithm, "--password-env", "RELEASE_PASSWORD"];
        with_password(&work, &made).with_code(0).says(&["encrypted"]);
        let private = format!("{name}.key");
        assert_eq!(mode(&work, &private), 0o600);
        assert!(work.read(&private).starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----"));
        let shown =
            with_password(&work, &["key", "public", &private, "--password-env", "RELEASE_PASSWORD"]).with_code(0);
        assert_eq!(shown.stdout, work.read(&format!("{name}.pub")));
        // cosign's own variable is looked at too.
        let shown = work.chiron_with(&[("COSIGN_PASSWORD", PASSWORD)], &["key", "public", &private]).with_code(0);
        assert_eq!(shown.stdout, work.read(&format!("{name}.pub")));
        work.chiron_with(&[("COSIGN_PASSWORD", "guess")], &["key", "public", &private])
            .with_code(2)
            .says(&["the password is wrong"]);
        work.chiron(&["key", "public", &private]).with_code(2).says(&["encrypted", "--password-env"]);
        // Nothing is written over.
        let before = work.listing();
        with_password(&work, &made).with_code(2).says(&["is there already"]);
        assert_eq!(work.listing(), before);
    }
    work.chiron(&["key", "generate", "third"]).with_code(2).says(&["needs a password", "--no-password"]);
    work.chiron(&["key", "generate", "third", "--no-password", "--dry-run"]).with_code(0).says(&["would write"]);
    assert!(!work.has("third.key"));
    let _ = work.chiron(&["key", "generate", "third", "--no-password"]).with_code(0);
    if keys::openssl_is_there() {
        let public = keys::openssl(&work.path("."), &["pkey", "-in", "third.key", "-pubout"]).stdout;
        assert_eq!(String::from_utf8(public).unwrap(), work.read("third.pub"));
    }
}

#[test]
fn a_key_that_others_reach_is_refused() {
    let work = Folder::new();
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    std::fs::set_permissions(work.path("release.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    work.chiron(&["key", "public", "release.key"]).with_code(2).says(&["open to other users", "0644", "chmod 600"]);
    work.write("password", format!("{PASSWORD}\n"));
    std::fs::set_permissions(work.path("password"), std::fs::Permissions::from_mode(0o640)).unwrap();
    work.chiron(&["key", "generate", "two", "--password-file", "password"]).with_code(2).says(&["0640"]);
    keys::close(&work.path("password"));
    let _ = work.chiron(&["key", "generate", "two", "--password-file", "password"]).with_code(0);
    let _ = with_password(&work, &["key", "public", "two.key", "--password-env", "RELEASE_PASSWORD"]).with_code(0);
}

#[test]
fn a_rotated_key_is_vouched_for_by_the_one_before() {
    let work = Folder::new();
    let _ = with_password(&work, &["key", "generate", "release", "--password-env", "RELEASE_PASSWORD"]).with_code(0);
    let (key, public) = (work.read("release.key"), work.read("release.pub"));
    let rotate = ["key", "rotate", "release", "--password-env", "RELEASE_PASSWORD"];
    let before = work.listing();
    let _ = with_password(&work, &[&rotate[..], &["--dry-run"]].concat()).with_code(0);
    work.chiron_with(&[("RELEASE_PASSWORD", "guess")], &rotate).with_code(2).says(&["the password is wrong"]);
    assert_eq!(work.listing(), before);
    with_password(&work, &rotate).with_code(0).says(&["the old key signed for the new one"]);
    assert_ne!(work.read("release.key"), key);
    assert_ne!(work.read("release.pub"), public);
    let kept = work.listing().into_keys().find(|name| name.starts_with("release-") && name.ends_with(".pub")).unwrap();
    assert_eq!(work.read(&kept), public);
    assert_eq!(work.read(&kept.replace(".pub", ".key")), key);
    let verified = work.chiron(&["verify", "release.pub", "--signatures", "--key", &kept]).with_code(0);
    verified.shows(&["verified: 1 of 1"]);
    let _ = work.chiron(&["verify", "release.pub", "--signatures", "--key", "release.pub"]).with_code(4);
}

/// A pipeline that signs with an encrypted key of a kind.
fn signing(algorithm: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()])
        .write("dist/demo-2.0-py3-none-any.whl", wheel::of("demo", "2.0"))
        .write("pipeline.toml", encrypted());
    let made = ["key", "generate", "release", "--algorithm", algorithm, "--password-env", "RELEASE_PASSWORD"];
    let _ = with_password(&work, &made).with_code(0);
    work
}

#[test]
fn an_encrypted_key_of_either_kind_signs_and_what_it_signs_is_verified() {
    for algorithm in ["p256", "ed25519"] {
        let work = signing(algorithm);
        work.chiron(&["run"]).with_code(6).shows(&["the environment has no RELEASE_PASSWORD"]);
        work.chiron_with(&[("RELEASE_PASSWORD", "guess")], &["run"]).with_code(6).shows(&["the password is wrong"]);
        assert!(!work.has("attestations"));
        let _ = with_password(&work, &["run"]).with_code(0);
        let verified = work.chiron(&["verify", "dist", "--key", "release.pub", "-v"]).with_code(0);
        verified.shows(&["verified: 1 of 1", "signatures  passed"]);
        let named = ["verify", "dist", "--key", "release.pub", "--bundle", "attestations/scan.intoto.sigstore.json"];
        let _ = work.chiron(&named).with_code(0);
    }
}

#[test]
fn a_password_with_two_sources_is_a_mistake_at_its_line() {
    let work = signing("p256");
    work.write("pipeline.toml", encrypted().replace("env = \"RELEASE_PASSWORD\"", "env = \"A\", file = \"b\""));
    work.chiron(&["run"]).with_code(2).says(&["the password of the key `release` needs exactly one of"]);
}

#[test]
fn no_output_holds_a_byte_of_key_or_password() {
    if !keys::openssl_is_there() {
        return;
    }
    for algorithm in ["p256", "ed25519"] {
        let work = signing(algorithm);
        // The same key in the clear, to look for.
        let _ = work.chiron(&["key", "generate", "plain", "--algorithm", algorithm, "--no-password"]).with_code(0);
        let text = encrypted().replace("release.key", "plain.key");
        work.write("plain.toml", text.replace("password = { env = \"RELEASE_PASSWORD\" }\n", ""));
        keys::must(&work.path("."), &["pkey", "-in", "plain.key", "-outform", "DER", "-out", "der"]);
        let der = std::fs::read(work.path("der")).unwrap();
        // The last bytes of an Ed25519 key; behind the version of a P-256 one.
        let secret = match algorithm {
            "ed25519" => der[der.len() - 32..].to_vec(),
            _ => {
                let place = der.windows(5).position(|window| window == [2, 1, 1, 4, 32]).unwrap() + 5;
                der[place..place + 32].to_vec()
            }
        };
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let body: String = work.read("plain.key").lines().filter(|line| !line.starts_with('-')).collect();
        let mut outputs = Vec::new();
        let before = work.listing();
        for arguments in [
            &["run", "plain.toml", "-vvv", "-o", "json=r.json", "-o", "cyclonedx-json=c.json"][..],
            &["run", "pipeline.toml", "-vvv", "-o", "json"],
            &["run", "plain.toml", "--dry-run"],
            &["key", "public", "plain.key"],
            &["key", "public", "plain.key", "--password-env", "RELEASE_PASSWORD"],
            &["verify", "dist", "--key", "plain.pub", "-v", "-o", "json"],
            &["verify", "dist", "--key", "plain.key"],
            &["key", "rotate", "plain", "--no-password"],
        ] {
            let ended = with_password(&work, arguments);
            outputs.push((format!("{arguments:?}"), (ended.stdout + &ended.stderr).into_bytes()));
        }
        let written = work.listing();
        let new =
            written.into_iter().filter(|(path, bytes)| before.get(path) != Some(bytes) && !path.starts_with("plain"));
        outputs.extend(new);
        assert!(outputs.len() > 10, "{:?}", outputs.iter().map(|(name, _)| name).collect::<Vec<_>>());
        for (name, bytes) in outputs {
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            assert!(!bytes.windows(16).any(|window| window == &secret[..16]), "{name}");
            assert!(!text.contains(&hex[..32]) && !text.contains(PASSWORD), "{name}");
            assert!(!text.contains(&STANDARD.encode(&secret[..30]).to_lowercase()), "{name}");
            assert!(!text.contains(&body[body.len() - 40..].to_lowercase()), "{name}");
        }
    }
}

#[test]
fn no_output_holds_the_pin_of_a_token() {
    let Some(tokens) = Tokens::release() else { return };
    tokens.generate("release", "EC:prime256v1", "signing", "01");
    let uri = tokens.uri("release", "signing");
    let work = signing("p256");
    let line = format!("pkcs11 = \"{uri}\"\npin = {{ env = \"RELEASE_PIN\" }}");
    work.write("pipeline.toml", pipeline::SIGNED.replace("file = \"release.key\"", &line));
    let nearly = format!("{}-not", &PIN[..PIN.len() - 4]);
    let before = work.listing();
    let mut outputs = Vec::new();
    for (pin, arguments) in [
        (PIN, &["run", "-vvv", "-o", "json=r.json", "-o", "cyclonedx-json=c.json", "--trace-file", "t.json"][..]),
        (&nearly, &["run", "-vvv", "-o", "json"]),
        (PIN, &["run", "--dry-run"]),
        (PIN, &["run", "--log-format", "json"]),
        (PIN, &["key", "public", &uri, "--pin-env", "RELEASE_PIN"]),
        (PIN, &["key", "generate", "made", "--pkcs11", &tokens.uri("release", "made"), "--pin-env", "RELEASE_PIN"]),
        (&nearly, &["key", "generate", "more", "--pkcs11", &tokens.uri("release", "more"), "--pin-env", "RELEASE_PIN"]),
        (PIN, &["attest", "--key", &uri, "--pin-env", "RELEASE_PIN", "--product", "dist", "--", "true"]),
        (&nearly, &["attest", "--key", &uri, "--pin-env", "RELEASE_PIN", "--product", "dist", "--", "true"]),
        (PIN, &["verify", "dist", "--key", &uri, "-v", "-o", "json"]),
    ] {
        let ended = tokens.chiron(&work, &[("RELEASE_PIN", pin)], arguments);
        assert_eq!(ended.code == 0, pin == PIN, "{arguments:?} {}", ended.stderr);
        outputs.push((format!("{arguments:?}"), (ended.stdout + &ended.stderr).into_bytes()));
    }
    outputs.extend(work.listing().into_iter().filter(|(path, bytes)| before.get(path) != Some(bytes)));
    assert!(outputs.len() > 14, "{:?}", outputs.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, bytes) in outputs {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        // The beginning is what both PINs share.
        assert!(!text.contains(&PIN[..PIN.len() - 4]), "{name}");
        assert!(!text.contains(&STANDARD.encode(&PIN[..15]).to_lowercase()), "{name}");
    }
}
