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
        assert!(matches!(error, KeyError::Encrypted { label: l } if l == label));
        assert!(error.to_string().contains("not supported yet"));
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
    assert!(matches!(PrivateKey::from_pem(pem), Err(KeyError::Encrypted { .. })));
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
fn files_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::write(&path, sample::pem_from(1)).unwrap();
    assert_eq!(PrivateKey::load(&path).unwrap().public(), sample::key().public());
    std::fs::write(&path, vec![b'a'; KEY_BYTES_MAX + 1]).unwrap();
    assert!(matches!(PrivateKey::load(&path), Err(KeyError::TooLarge { .. })));
    let absent = folder.path().join("absent");
    assert!(matches!(PublicKey::load(&absent), Err(KeyError::Unreadable { .. })));
}

#[test]
fn a_signature_that_is_no_der_does_not_verify() {
    let key = sample::key();
    let der = key.sign_sha256(&[3; 32]).unwrap();
    assert!(key.public().verifies_sha256(&[3; 32], &der));
    assert!(!key.public().verifies_sha256(&[4; 32], &der));
    let mut longer = der.clone();
    longer.push(0);
    for wrong in [&der[1..], &longer[..], &[], &[0; 64]] {
        assert!(!key.public().verifies_sha256(&[3; 32], wrong));
    }
}
