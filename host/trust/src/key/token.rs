//! Keys that never leave a token: a smart card, a hardware module, SoftHSM. What reaches it is a module, a library of the token's
//! maker with the interface PKCS #11, whose code runs in this process.

#[cfg(feature = "pkcs11")]
mod backend;
#[cfg(feature = "pkcs11")]
mod curve;
mod error;
#[cfg(feature = "pkcs11")]
mod generate;
#[cfg(feature = "pkcs11")]
mod library;
mod module;
#[cfg(feature = "pkcs11")]
mod object;
#[cfg(feature = "pkcs11")]
mod slot;

pub use error::{TokenError, TriesLeft};
pub use module::{MODULE_VARIABLE, Module};

use super::{Algorithm, KeyError, PrivateKey, PublicKey, Secret, SecretSource, TokenUri};

/// The variable in which cosign is told the PIN.
pub const PIN_VARIABLE: &str = "COSIGN_PKCS11_PIN";

/// Where the PIN of a command is: where its flags say; else where the URI does (`pin-source`); else in [`PIN_VARIABLE`], where that is set.
#[must_use]
pub fn pin_source(uri: &TokenUri, given: Option<SecretSource>) -> Option<SecretSource> {
    let cosign = || std::env::var_os(PIN_VARIABLE).map(|_| SecretSource::Env(PIN_VARIABLE.to_owned()));
    given.or_else(|| uri.pin_source()).or_else(cosign)
}

/// Whether this build reaches tokens at all.
pub const IS_BUILT: bool = cfg!(feature = "pkcs11");

impl PrivateKey {
    /// Opens the key that a command names by its URI, through a module that may be loaded.
    ///
    /// # Errors
    /// As [`PrivateKey::in_token`]; a PIN that cannot be read.
    pub fn of_uri(uri: &TokenUri, module: &Module, given: Option<SecretSource>) -> Result<Self, KeyError> {
        let pin = pin_source(uri, given).map(|source| source.read()).transpose()?;
        Ok(Self::in_token(uri, module, pin.as_ref())?)
    }

    /// Opens a key in a token. The PIN is tried once, and only after everything was looked at that can be looked at without it: a few wrong ones
    /// lock a token. What a maker's module copies of it is the module's affair.
    ///
    /// # Errors
    /// [`TokenError`]: what of module, token, PIN and key is not as it has to be.
    pub fn in_token(uri: &TokenUri, module: &Module, pin: Option<&Secret>) -> Result<Self, TokenError> {
        #[cfg(feature = "pkcs11")]
        {
            Ok(Self::with_backend(Box::new(backend::InToken::open(uri, module, pin)?)))
        }
        #[cfg(not(feature = "pkcs11"))]
        {
            left_out(uri, module, pin)
        }
    }
}

impl PublicKey {
    /// Reads the public half of the key that a command names by its URI, through a module that may be loaded.
    ///
    /// # Errors
    /// As [`PrivateKey::in_token`]; a PIN that cannot be read.
    pub fn of_uri(uri: &TokenUri, module: &Module, given: Option<SecretSource>) -> Result<Self, KeyError> {
        let pin = pin_source(uri, given).map(|source| source.read()).transpose()?;
        Ok(Self::in_token(uri, module, pin.as_ref())?)
    }

    /// Reads the public half of a key in a token. Most tokens show it to anybody; the PIN is used only where this one does not.
    ///
    /// # Errors
    /// As [`PrivateKey::in_token`].
    pub fn in_token(uri: &TokenUri, module: &Module, pin: Option<&Secret>) -> Result<Self, TokenError> {
        #[cfg(feature = "pkcs11")]
        {
            object::public_half(uri, module, pin)
        }
        #[cfg(not(feature = "pkcs11"))]
        {
            left_out(uri, module, pin)
        }
    }
}

/// Makes a pair of keys in a token, under the label and id of the URI; the private one never leaves it. An id that is not given is
/// made, so that the halves are known to belong together.
///
/// # Errors
/// As [`PrivateKey::in_token`], and [`TokenError::Taken`]: nothing is written over.
pub fn generate(
    uri: &TokenUri,
    module: &Module,
    pin: Option<&Secret>,
    algorithm: Algorithm,
) -> Result<PublicKey, TokenError> {
    #[cfg(feature = "pkcs11")]
    {
        generate::generate(uri, module, pin, algorithm)
    }
    #[cfg(not(feature = "pkcs11"))]
    {
        let _ = algorithm;
        left_out(uri, module, pin)
    }
}

#[cfg(not(feature = "pkcs11"))]
fn left_out<T>(_: &TokenUri, _: &Module, _: Option<&Secret>) -> Result<T, TokenError> {
    Err(TokenError::NotBuilt)
}
