//! Keys under a password, as cosign writes them: PKCS#8 in a NaCl secretbox, whose key scrypt makes of the password, all in
//! JSON in PEM.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::rand_core::RngCore as _;
use crypto_secretbox::aead::{Aead as _, KeyInit as _, OsRng};
use crypto_secretbox::{Nonce, XSalsa20Poly1305};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyError, Secret};

/// What new keys cost to guess at: 64 MiB and about a fifth of a second for each guess.
const LOG_N: u8 = 16;
const R: u32 = 8;
const P: u32 = 1;

/// The most memory that opening a key may take. cosign's keys take 32 or 64 MiB.
const MEMORY_MAX: u64 = 256 * 1024 * 1024;

/// The most passes.
const P_MAX: u32 = 16;

const KDF: &str = "scrypt";
const CIPHER: &str = "nacl/secretbox";

#[derive(Serialize, Deserialize)]
struct Wire {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
struct Kdf {
    name: String,
    params: Cost,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct Cost {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Serialize, Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// Opens what [`seal`] or cosign wrote.
pub(super) fn open(json: &[u8], password: &Secret) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let sealed = |reason: &str| KeyError::Sealed { reason: reason.to_owned() };
    let wire: Wire = serde_json::from_slice(json).map_err(|_| sealed("its JSON is not that of cosign"))?;
    if wire.kdf.name != KDF || wire.cipher.name != CIPHER {
        return Err(sealed("it is not scrypt with nacl/secretbox"));
    }
    let bytes = |text: &str| STANDARD.decode(text).map_err(|_| sealed("its base64 is damaged"));
    let params = params(&wire.kdf.params).ok_or_else(|| sealed("its scrypt parameters are out of bounds"))?;
    let nonce: [u8; 24] = bytes(&wire.cipher.nonce)?.try_into().map_err(|_| sealed("its nonce is not 24 bytes"))?;
    let ciphertext = bytes(&wire.ciphertext)?;
    let cipher = cipher(password, &bytes(&wire.kdf.salt)?, &params)?;
    let plain = cipher.decrypt(&Nonce::from(nonce), &ciphertext[..]).map_err(|_| KeyError::WrongPassword)?;
    Ok(Zeroizing::new(plain))
}

/// Encrypts a key, to JSON.
pub(super) fn seal(pkcs8: &[u8], password: &Secret) -> Result<Vec<u8>, KeyError> {
    let failed = || KeyError::Generation;
    let (mut salt, mut nonce) = ([0_u8; 32], [0_u8; 24]);
    OsRng.try_fill_bytes(&mut salt).map_err(|_| failed())?;
    OsRng.try_fill_bytes(&mut nonce).map_err(|_| failed())?;
    let cost = Cost { n: 1 << LOG_N, r: R, p: P };
    let params = params(&cost).ok_or_else(failed)?;
    let cipher = cipher(password, &salt, &params)?;
    let ciphertext = cipher.encrypt(&Nonce::from(nonce), pkcs8).map_err(|_| failed())?;
    let wire = Wire {
        kdf: Kdf { name: KDF.to_owned(), params: cost, salt: STANDARD.encode(salt) },
        cipher: Cipher { name: CIPHER.to_owned(), nonce: STANDARD.encode(nonce) },
        ciphertext: STANDARD.encode(ciphertext),
    };
    serde_json::to_vec(&wire).map_err(|_| failed())
}

fn cipher(password: &Secret, salt: &[u8], params: &scrypt::Params) -> Result<XSalsa20Poly1305, KeyError> {
    let mut key = Zeroizing::new([0_u8; 32]);
    scrypt::scrypt(password.as_bytes(), salt, params, &mut key[..]).map_err(|_| KeyError::Generation)?;
    XSalsa20Poly1305::new_from_slice(&key[..]).map_err(|_| KeyError::Generation)
}

/// None where the numbers are no parameters of scrypt, or would cost more than opening a key may.
fn params(cost: &Cost) -> Option<scrypt::Params> {
    let memory = cost.n.checked_mul(u64::from(cost.r))?.checked_mul(128)?;
    if cost.n < 2 || !cost.n.is_power_of_two() || memory > MEMORY_MAX || cost.p > P_MAX {
        return None;
    }
    let log_n = u8::try_from(cost.n.trailing_zeros()).ok()?;
    scrypt::Params::new(log_n, cost.r, cost.p, 32).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec())
    }

    #[test]
    fn opens_what_it_seals_and_says_when_the_password_is_wrong() {
        let sealed = seal(b"the key", &secret("hunter2")).unwrap();
        assert_eq!(&open(&sealed, &secret("hunter2")).unwrap()[..], b"the key");
        assert!(matches!(open(&sealed, &secret("hunter3")), Err(KeyError::WrongPassword)));
        assert_ne!(sealed, seal(b"the key", &secret("hunter2")).unwrap());
    }

    #[test]
    fn hostile_parameters_cost_nothing() {
        let sealed = String::from_utf8(seal(b"x", &secret("")).unwrap()).unwrap();
        for (from, to) in [
            ("65536", "65537"),
            ("65536", "1099511627776"),
            ("65536", "1"),
            ("\"r\":8", "\"r\":4000000000"),
            ("\"p\":1", "\"p\":1000000"),
            ("scrypt", "argon2id"),
            ("nacl/secretbox", "aes"),
        ] {
            let changed = sealed.replace(from, to);
            assert_ne!(changed, sealed, "{from}");
            assert!(matches!(open(changed.as_bytes(), &secret("")), Err(KeyError::Sealed { .. })), "{to}");
        }
        assert!(matches!(open(b"[]", &secret("")), Err(KeyError::Sealed { .. })));
    }
}
