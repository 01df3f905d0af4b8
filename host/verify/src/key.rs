//! Where the public key of a signer is.

use std::path::{Path, PathBuf};

use chiron_trust::PublicKey;
use chiron_trust::key::{Module, TokenUri};

use crate::wanted::WantedError;

/// A public key, by where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// In a PEM file.
    File(PathBuf),
    /// In an environment variable, as PEM.
    Env(String),
    /// In a token. Flags alone name one: reaching it runs code of its maker's, which a file that is judged has no say in, and the
    /// operator has.
    Token {
        /// Which key.
        uri: Box<TokenUri>,
        /// Whose code reaches it, once whoever names it has seen that it may be loaded.
        module: Box<Module>,
    },
}

impl KeyName {
    /// A path relative to a folder, or `env://NAME`.
    #[must_use]
    pub fn in_folder(text: &str, folder: &Path) -> Self {
        match text.strip_prefix("env://") {
            None => Self::File(folder.join(text)),
            Some(name) => Self::Env(name.to_owned()),
        }
    }

    /// Why a file may not say so, where it may not.
    #[must_use]
    pub fn objection(text: &str) -> Option<&'static str> {
        TokenUri::is_meant(text).then_some("a public key in a token is named by --key alone: here it is a file")
    }

    /// Reads it.
    pub(crate) fn read(&self) -> Result<PublicKey, WantedError> {
        match self {
            Self::File(path) => PublicKey::load(path),
            Self::Env(name) => {
                let pem = std::env::var(name).map_err(|_| WantedError::NoVariable { name: name.clone() })?;
                PublicKey::from_pem(&pem)
            }
            Self::Token { uri, module } => PublicKey::of_uri(uri, module, None),
        }
        .map_err(WantedError::Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_path_or_variable() {
        let file = |path: &str| KeyName::File(PathBuf::from(path));
        assert_eq!(KeyName::in_folder("release.pub", Path::new("")), file("release.pub"));
        assert_eq!(KeyName::in_folder("release.pub", Path::new("a")), file("a/release.pub"));
        assert_eq!(KeyName::in_folder("env://KEY", Path::new("a")), KeyName::Env("KEY".to_owned()));
        // Whoever writes a file loads no code.
        assert_eq!(KeyName::in_folder("pkcs11:token=t;object=k", Path::new("")), file("pkcs11:token=t;object=k"));
        assert!(KeyName::objection("pkcs11:token=t;object=k").is_some() && KeyName::objection("release.pub").is_none());
    }
}
