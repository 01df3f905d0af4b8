//! Both directions against OpenSSL: keys it makes are read, signatures made here verify there, and the other way round.

#![allow(clippy::unwrap_used, reason = "an integration test is all test, but clippy sees its helper functions as code")]

use std::path::{Path, PathBuf};
use std::process::Command;

use chiron_model::digest::Digest;
use chiron_model::statement::{SCAN_PREDICATE, Statement};
use chiron_model::subject::Subject;
use chiron_trust::bundle::{bundle_blob, bundle_statement, sign_blob};
use chiron_trust::key::{Algorithm, Secret, generate};
use chiron_trust::verify::{Expected, ExpectedStatement, verify_bundle};
use chiron_trust::{KeyError, Message, PrivateKey, PublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sigstore_types::{SignatureBytes, pae};

/// A folder to run `openssl` in; None, with a message, where it is not installed.
struct OpenSsl(tempfile::TempDir);

impl OpenSsl {
    fn start(test: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            eprintln!("{test}: skipped, openssl is not installed");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn run(&self, line: &str) -> bool {
        let output = Command::new("openssl").args(line.split(' ')).current_dir(self.0.path()).output().unwrap();
        output.status.success()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn keys(&self) -> (PrivateKey, PublicKey) {
        assert!(self.run("ecparam -name prime256v1 -genkey -out sec1.pem"));
        assert!(self.run("pkcs8 -topk8 -nocrypt -in sec1.pem -out key.pem"));
        assert!(self.run("pkey -in key.pem -pubout -out key.pub"));
        (PrivateKey::load(&self.path("key.pem"), None).unwrap(), PublicKey::load(&self.path("key.pub")).unwrap())
    }
}

fn load_error(path: &Path) -> KeyError {
    PrivateKey::load(path, None).unwrap_err()
}

#[test]
fn keys_of_openssl_are_read_in_both_forms() {
    let Some(ssl) = OpenSsl::start("keys_of_openssl_are_read_in_both_forms") else {
        return;
    };
    let (key, public) = ssl.keys();
    assert_eq!(key.public(), &public);
    assert_eq!(PrivateKey::load(&ssl.path("sec1.pem"), None).unwrap().public(), &public);
    assert_eq!(public.to_pem(), std::fs::read_to_string(ssl.path("key.pub")).unwrap());
    assert!(ssl.run("pkey -pubin -in key.pub -outform DER -out key.der"));
    let der = std::fs::read(ssl.path("key.der")).unwrap();
    assert_eq!(public.key_id(), Digest::sha256_of(&der).hex());
    // A compressed point is the same key.
    assert!(ssl.run("ec -pubin -in key.pub -conv_form compressed -out short.pub"));
    assert_eq!(PublicKey::load(&ssl.path("short.pub")).unwrap().key_id(), public.key_id());
}

#[test]
fn other_curves_and_passwords_are_named() {
    let Some(ssl) = OpenSsl::start("other_curves_and_passwords_are_named") else {
        return;
    };
    for (curve, name) in [("secp384r1", "P-384"), ("secp521r1", "P-521"), ("secp256k1", "secp256k1")] {
        assert!(ssl.run(&format!("ecparam -name {curve} -genkey -noout -out sec1.pem")));
        assert!(ssl.run("pkcs8 -topk8 -nocrypt -in sec1.pem -out key.pem"));
        assert!(ssl.run("pkey -in key.pem -pubout -out key.pub"));
        for file in ["sec1.pem", "key.pem"] {
            assert!(load_error(&ssl.path(file)).to_string().contains(name), "{file} {name}");
        }
        let error = PublicKey::load(&ssl.path("key.pub")).unwrap_err();
        assert!(error.to_string().contains(name));
    }
    assert!(ssl.run("genpkey -algorithm ed448 -out ed.pem"));
    assert!(load_error(&ssl.path("ed.pem")).to_string().contains("Ed448"));
    assert!(ssl.run("ecparam -name prime256v1 -genkey -noout -out sec1.pem"));
    assert!(ssl.run("ec -aes256 -passout pass:x -in sec1.pem -out old.pem"));
    assert!(matches!(load_error(&ssl.path("old.pem")), KeyError::Sealed { .. }));
}

#[test]
fn encrypted_keys_of_openssl_are_opened_and_a_wrong_password_is_said_plainly() {
    let Some(ssl) = OpenSsl::start("encrypted_keys_of_openssl_are_opened_and_a_wrong_password_is_said_plainly") else {
        return;
    };
    let secret = |text: &str| Secret::new(text.as_bytes().to_vec());
    for algorithm in ["EC -pkeyopt ec_paramgen_curve:P-256", "ed25519"] {
        assert!(ssl.run(&format!("genpkey -algorithm {algorithm} -out plain.pem")));
        for how in ["-v2 aes-256-cbc", "-v2 aes-128-cbc -v2prf hmacWithSHA512", "-scrypt"] {
            assert!(ssl.run(&format!("pkcs8 -topk8 {how} -passout pass:x -in plain.pem -out locked.pem")));
            let path = ssl.path("locked.pem");
            let plain = PrivateKey::load(&ssl.path("plain.pem"), None).unwrap();
            assert_eq!(PrivateKey::load(&path, Some(&secret("x"))).unwrap().public(), plain.public());
            assert!(matches!(PrivateKey::load(&path, Some(&secret("y"))), Err(KeyError::WrongPassword)));
            assert!(matches!(load_error(&path), KeyError::PasswordMissing { .. }));
        }
    }
}

#[test]
fn ed25519_goes_both_ways_with_openssl() {
    let Some(ssl) = OpenSsl::start("ed25519_goes_both_ways_with_openssl") else {
        return;
    };
    assert!(ssl.run("genpkey -algorithm ed25519 -out key.pem") && ssl.run("pkey -in key.pem -pubout -out key.pub"));
    let key = PrivateKey::load(&ssl.path("key.pem"), None).unwrap();
    let public = PublicKey::load(&ssl.path("key.pub")).unwrap();
    assert_eq!(key.public(), &public);
    assert_eq!(public.to_pem(), std::fs::read_to_string(ssl.path("key.pub")).unwrap());
    ssl.write("file", b"a wheel");
    ssl.write("sig", &sign_blob(&key, Message::of(b"a wheel")).unwrap());
    assert!(ssl.run("pkeyutl -verify -pubin -inkey key.pub -rawin -in file -sigfile sig"));
    assert!(ssl.run("pkeyutl -sign -inkey key.pem -rawin -in file -out sig"));
    let mut bundle: Value = serde_json::from_slice(&bundle_blob(&key, Message::of(b"a wheel")).unwrap()).unwrap();
    bundle["messageSignature"]["signature"] = json!(SignatureBytes::new(std::fs::read(ssl.path("sig")).unwrap()));
    let json = serde_json::to_vec(&bundle).unwrap();
    assert!(verify_bundle(&json, &public, &Expected::Blob(Message::of(b"a wheel"))).is_ok());
    assert!(verify_bundle(&json, &public, &Expected::Blob(Message::of(b"a wheel!"))).is_err());
    // What is made here, openssl reads.
    let made = generate(Algorithm::Ed25519, None).unwrap();
    ssl.write("made.pem", made.private_pem.as_bytes());
    assert!(ssl.run("pkey -in made.pem -pubout -out made.pub"));
    assert_eq!(PublicKey::load(&ssl.path("made.pub")).unwrap(), made.public);
}

#[test]
fn openssl_verifies_what_is_signed_here() {
    let Some(ssl) = OpenSsl::start("openssl_verifies_what_is_signed_here") else {
        return;
    };
    let (key, _) = ssl.keys();
    ssl.write("file", b"a wheel");
    ssl.write("sig", &sign_blob(&key, Message::of(b"a wheel")).unwrap());
    assert!(ssl.run("dgst -sha256 -verify key.pub -signature sig file"));
    ssl.write("file", b"a wheel, changed");
    assert!(!ssl.run("dgst -sha256 -verify key.pub -signature sig file"));

    let bundle: Value = serde_json::from_slice(&bundle_statement(&key, &statement()).unwrap()).unwrap();
    let decode = |pointer: &str| {
        let text = bundle.pointer(pointer).and_then(Value::as_str).unwrap();
        SignatureBytes::from_base64(text).unwrap().into_bytes()
    };
    let payload = decode("/dsseEnvelope/payload");
    ssl.write("pae", &pae("application/vnd.in-toto+json", &payload));
    ssl.write("sig", &decode("/dsseEnvelope/signatures/0/sig"));
    assert!(ssl.run("dgst -sha256 -verify key.pub -signature sig pae"));
}

#[test]
fn what_openssl_signs_verifies_here() {
    let Some(ssl) = OpenSsl::start("what_openssl_signs_verifies_here") else {
        return;
    };
    let (key, public) = ssl.keys();
    let sha256: [u8; 32] = Sha256::digest(b"a wheel").into();
    ssl.write("file", b"a wheel");
    assert!(ssl.run("dgst -sha256 -sign key.pem -out sig file"));
    let mut bundle: Value = serde_json::from_slice(&bundle_blob(&key, sha256).unwrap()).unwrap();
    let signature = SignatureBytes::new(std::fs::read(ssl.path("sig")).unwrap());
    bundle["messageSignature"]["signature"] = json!(signature);
    let json = serde_json::to_vec(&bundle).unwrap();
    assert!(verify_bundle(&json, &public, &Expected::Blob(sha256.into())).is_ok());
    assert!(verify_bundle(&json, &public, &Expected::Blob([0; 32].into())).is_err());

    let statement = statement();
    let mut bundle: Value = serde_json::from_slice(&bundle_statement(&key, &statement).unwrap()).unwrap();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload = SignatureBytes::from_base64(payload).unwrap().into_bytes();
    ssl.write("pae", &pae("application/vnd.in-toto+json", &payload));
    assert!(ssl.run("dgst -sha256 -sign key.pem -out sig pae"));
    let signature = SignatureBytes::new(std::fs::read(ssl.path("sig")).unwrap());
    bundle["dsseEnvelope"]["signatures"] = json!([{ "sig": signature }]);
    let expected = Expected::Statement(ExpectedStatement {
        subjects: &statement.subjects,
        predicate_types: &[SCAN_PREDICATE],
        predicate: Some(&statement.predicate),
    });
    assert!(verify_bundle(&serde_json::to_vec(&bundle).unwrap(), &public, &expected).is_ok());
}

fn statement() -> Statement {
    Statement {
        subjects: vec![Subject {
            name: "dist/a.whl".to_owned(),
            media_type: "application/zip".to_owned(),
            digests: vec![Digest::sha256_of(b"a wheel")],
            size: None,
            properties: Vec::new(),
        }],
        predicate_type: SCAN_PREDICATE.to_owned(),
        predicate: b"{}".to_vec(),
    }
}
