use std::os::unix::fs::PermissionsExt as _;

use p256::pkcs8::LineEnding;

use super::*;
use crate::sample;

#[test]
fn reads_a_pkcs8_key_and_never_shows_it() {
    let pem = sample::pem_from(1);
    let key = PrivateKey::from_pem(&pem).unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains(key.public().key_id()));
    assert!(!shown.contains("010101") && !shown.contains("[1, 1, 1"), "{shown}");
}

#[test]
fn a_sec1_key_that_names_no_curve_is_refused() {
    let secret = p256::SecretKey::from_slice(&[1; 32]).unwrap();
    let sec1 = secret.to_sec1_pem(LineEnding::LF).unwrap();
    // elliptic-curve leaves the curve out of what it writes; OpenSSL never does (see tests/openssl.rs).
    assert!(matches!(PrivateKey::from_pem(&sec1), Err(KeyError::OtherAlgorithm { .. })));
}

#[test]
fn surrounding_text_and_windows_line_ends_do_no_harm() {
    let pem = sample::pem_from(1);
    let key = PrivateKey::from_pem(&format!("my key\n{pem}\nthe end")).unwrap();
    let windows = PrivateKey::from_pem(&pem.replace('\n', "\r\n")).unwrap();
    assert_eq!(key.public(), windows.public());
}

#[test]
fn a_public_key_reads_what_it_writes() {
    let key = sample::key();
    let public = PublicKey::from_pem(key.public().to_pem()).unwrap();
    assert_eq!(&public, key.public());
    assert_eq!(public.key_id().len(), 64);
    assert_ne!(public.key_id(), sample::other_key().public().key_id());
}

#[test]
fn says_what_was_given_instead() {
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    for label in ["ENCRYPTED PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"] {
        let error = PrivateKey::from_pem(&block(label)).unwrap_err();
        assert!(matches!(error, KeyError::PasswordMissing { label: l } if l == label));
        assert!(matches!(PrivateKey::open(&block(label), Some(&password("x"))), Err(KeyError::Sealed { .. })));
        assert!(matches!(PublicKey::from_pem(&block(label)), Err(KeyError::PrivateInsteadOfPublic { .. })));
    }
    let public = sample::key().public().to_pem().to_owned();
    assert!(matches!(PrivateKey::from_pem(&public), Err(KeyError::PublicInsteadOfPrivate { .. })));
    assert!(matches!(PublicKey::from_pem(&sample::pem_from(1)), Err(KeyError::PrivateInsteadOfPublic { .. })));
    for text in ["", "hello", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nAAAA"] {
        assert!(matches!(PrivateKey::from_pem(text), Err(KeyError::NotPem)), "{text}");
    }
    assert!(matches!(PrivateKey::from_pem(&block("PRIVATE KEY")), Err(KeyError::Malformed { .. })));
    let error = PublicKey::from_pem(&block("CERTI\u{1b}FICATE")).unwrap_err();
    assert!(matches!(&error, KeyError::OtherBlock { .. }));
    assert!(!error.to_string().contains('\u{1b}'));
}

#[test]
fn the_old_password_header_is_recognised() {
    let pem = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
               -----END EC PRIVATE KEY-----\n";
    assert!(matches!(PrivateKey::from_pem(pem), Err(KeyError::Sealed { .. })));
}

#[test]
fn what_is_generated_is_read_back_and_a_wrong_password_is_said_plainly() {
    for algorithm in Algorithm::ALL {
        let plain = generate(algorithm, None).unwrap();
        assert!(plain.private_pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let read = PrivateKey::from_pem(&plain.private_pem).unwrap();
        assert_eq!(read.public(), &plain.public);
        assert_eq!(read.public().algorithm(), algorithm);
        assert_eq!(PublicKey::from_pem(plain.public.to_pem()).unwrap(), plain.public);

        let sealed = generate(algorithm, Some(&password("hunter2"))).unwrap();
        assert!(sealed.private_pem.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
        let read = PrivateKey::open(&sealed.private_pem, Some(&password("hunter2"))).unwrap();
        assert_eq!(read.public(), &sealed.public);
        let error = PrivateKey::open(&sealed.private_pem, Some(&password("hunter3"))).unwrap_err();
        assert!(matches!(error, KeyError::WrongPassword));
        assert!(!format!("{error} {error:?}").contains("hunter"));
        assert!(matches!(PrivateKey::from_pem(&sealed.private_pem), Err(KeyError::PasswordMissing { .. })));
    }
    assert_ne!(generate(Algorithm::P256, None).unwrap().public, generate(Algorithm::P256, None).unwrap().public);
}

#[test]
fn the_label_from_before_sigstore_is_read_too() {
    // The older label over the same layout.
    let secret = password("");
    let generated = generate(Algorithm::P256, Some(&secret)).unwrap();
    let older = generated.private_pem.replace("SIGSTORE", "COSIGN");
    assert_eq!(PrivateKey::open(&older, Some(&secret)).unwrap().public(), &generated.public);
}

#[test]
fn ed25519_signs_bytes_and_takes_no_digest_for_them() {
    let key = PrivateKey::from_pem(&generate(Algorithm::Ed25519, None).unwrap().private_pem).unwrap();
    let signature = key.sign(&Message::of(b"a wheel")).unwrap();
    assert_eq!(signature.len(), 64);
    assert!(key.public().verifies(&Message::of(b"a wheel"), &signature));
    assert!(!key.public().verifies(&Message::of(b"a wheel!"), &signature));
    assert_eq!(key.sign(&Message::from([7; 32])), Err(SigningFailed::Refused));
    assert!(!key.public().verifies(&Message::from([7; 32]), &signature));
    assert!(!sample::key().public().verifies(&Message::of(b"a wheel"), &signature));
}

#[test]
fn a_weak_ed25519_key_is_refused() {
    // The neutral point: any signature with it is easily made.
    let mut der = generate(Algorithm::Ed25519, None).unwrap().public.to_der().to_vec();
    let start = der.len() - 32;
    der[start..].fill(0);
    der[start] = 1;
    let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    assert!(matches!(PublicKey::from_pem(&pem), Err(KeyError::Weak)));
}

#[test]
fn a_backend_that_lies_is_found_out() {
    struct Liar(PublicKey, Vec<u8>);
    impl Backend for Liar {
        fn public(&self) -> &PublicKey {
            &self.0
        }
        fn sign(&self, _: &Message<'_>) -> Result<Vec<u8>, SigningFailed> {
            Ok(self.1.clone())
        }
    }
    let honest = sample::key();
    let signature = honest.sign(&Message::from([3; 32])).unwrap();
    let liar = PrivateKey::with_backend(Box::new(Liar(honest.public().clone(), signature)));
    assert!(liar.sign(&Message::from([3; 32])).is_ok());
    assert_eq!(liar.sign(&Message::from([4; 32])), Err(SigningFailed::NotItsSignature));
}

#[test]
fn no_error_repeats_the_key() {
    let pem = sample::pem_from(1);
    let body = pem.lines().nth(1).unwrap();
    for text in [pem.replace("PRIVATE", "SECRET"), pem.replace("MIG", "MIH"), format!("{body}\n{pem}x")] {
        if let Err(error) = PrivateKey::from_pem(&text) {
            assert!(!format!("{error} {error:?}").contains(&body[10..30]));
        }
    }
}

#[test]
fn files_are_bounded_and_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let write = |bytes: &[u8], mode: u32| {
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let load = || PrivateKey::load(&path, None);
    write(sample::pem_from(1).as_bytes(), 0o600);
    assert_eq!(load().unwrap().public(), sample::key().public());
    assert_eq!(
        PrivateKey::from_source(&SecretSource::File(path.clone()), None).unwrap().public(),
        sample::key().public()
    );
    for mode in [0o640, 0o604, 0o644, 0o620] {
        write(sample::pem_from(1).as_bytes(), mode);
        let error = load().unwrap_err();
        assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
    }
    // A password protects what others read, not what they write.
    let sealed = generate(Algorithm::P256, Some(&password("x"))).unwrap().private_pem;
    write(sealed.as_bytes(), 0o644);
    assert!(PrivateKey::load(&path, Some(&password("x"))).is_ok());
    write(sealed.as_bytes(), 0o664);
    assert!(matches!(PrivateKey::load(&path, Some(&password("x"))), Err(KeyError::Exposed { .. })));
    write(&vec![b'a'; KEY_BYTES_MAX + 1], 0o600);
    assert!(matches!(load(), Err(KeyError::TooLarge { .. })));
    let absent = folder.path().join("absent");
    assert!(matches!(PublicKey::load(&absent), Err(KeyError::Unreadable { .. })));
    assert!(matches!(
        PrivateKey::from_source(&SecretSource::Env("CHIRON_NO_SUCH_VARIABLE".to_owned()), None),
        Err(KeyError::NoVariable { .. })
    ));
}

#[test]
fn a_password_file_ends_before_its_line_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    for (text, expected) in [("a b\n", "a b"), ("a\r\n", "a"), ("a", "a"), ("a\n\n", "a\n"), ("", "")] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let read = SecretSource::File(path.clone()).read().unwrap();
        assert_eq!(read.as_bytes(), expected.as_bytes());
        assert_eq!(format!("{read:?}"), "Secret(..)");
    }
}

#[test]
fn a_signature_that_is_no_der_does_not_verify() {
    let key = sample::key();
    let der = key.sign(&Message::from([3; 32])).unwrap();
    assert!(key.public().verifies(&Message::from([3; 32]), &der));
    assert!(!key.public().verifies(&Message::from([4; 32]), &der));
    let mut longer = der.clone();
    longer.push(0);
    for wrong in [&der[1..], &longer[..], &[], &[0; 64]] {
        assert!(!key.public().verifies(&Message::from([3; 32]), wrong));
    }
}

fn password(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}
