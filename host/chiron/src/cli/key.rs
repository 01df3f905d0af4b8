//! `chiron key`: its flags.

use std::path::PathBuf;

use chiron_trust::key::{Algorithm, SecretSource};
use clap::{Args, Subcommand};

/// `chiron key`
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key: NAME.key, encrypted as cosign does it, and NAME.pub
    Generate {
        /// What the files are called, folders and all
        #[arg(default_value = "chiron")]
        name: PathBuf,
        /// p256 or ed25519
        #[arg(long, default_value = "p256")]
        algorithm: Algorithm,
        #[command(flatten)]
        password: PasswordArgs,
        /// Make it in a token, where it stays, under the label and id of a URI, and write NAME.pub alone: pkcs11:token=LABEL;object=LABEL?module-path=FILE
        #[arg(long, value_name = "URI", conflicts_with_all = ["password_env", "password_file", "no_password"])]
        pkcs11: Option<String>,
        #[command(flatten)]
        pin: PinArgs,
        /// Say what would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the public key of a private one
    Public {
        /// The private key: a file, or pkcs11:URI
        key: String,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        pin: PinArgs,
    },
    /// Put a new key in the place of NAME.key, signed for by the old one, which is kept
    Rotate {
        /// What the files are called, folders and all
        #[arg(default_value = "chiron")]
        name: PathBuf,
        #[command(flatten)]
        password: PasswordArgs,
        /// Environment variable with the password of the new key (default: as the old one)
        #[arg(long, value_name = "NAME")]
        new_password_env: Option<String>,
        /// File with the password of the new key
        #[arg(long, value_name = "FILE", conflicts_with = "new_password_env")]
        new_password_file: Option<PathBuf>,
        /// Say what would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Where the password of a key is. Never on the command line itself, which every user of the machine can read.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PasswordArgs {
    /// Environment variable with the password (default: COSIGN_PASSWORD, where it is set)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["password_file", "no_password"])]
    password_env: Option<String>,
    /// File with the password, which only its owner may reach
    #[arg(long, value_name = "FILE", conflicts_with = "no_password")]
    password_file: Option<PathBuf>,
    /// The key is not encrypted
    #[arg(long)]
    pub(crate) no_password: bool,
}

/// Where the PIN of a token is.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PinArgs {
    /// Environment variable with the PIN of the token (default: COSIGN_PKCS11_PIN, where it is set)
    #[arg(long, value_name = "NAME", conflicts_with = "pin_file")]
    pin_env: Option<String>,
    /// File with the PIN, which only its owner may reach
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl PinArgs {
    /// Where flags say that it is.
    pub(crate) fn given(&self) -> Option<SecretSource> {
        given(self.pin_env.as_deref(), self.pin_file.as_ref())
    }
}

/// cosign's own variable.
pub(crate) const COSIGN_PASSWORD: &str = "COSIGN_PASSWORD";

impl PasswordArgs {
    /// Where the password is; None for a key without one, or where nothing was said.
    pub(crate) fn source(&self) -> Option<SecretSource> {
        let given = given(self.password_env.as_deref(), self.password_file.as_ref());
        let cosign = || std::env::var_os(COSIGN_PASSWORD).map(|_| SecretSource::Env(COSIGN_PASSWORD.to_owned()));
        if self.no_password { None } else { given.or_else(cosign) }
    }
}

/// A variable or a file.
pub(crate) fn given(env: Option<&str>, file: Option<&PathBuf>) -> Option<SecretSource> {
    match (env, file) {
        (Some(name), _) => Some(SecretSource::Env(name.to_owned())),
        (None, Some(path)) => Some(SecretSource::File(path.clone())),
        (None, None) => None,
    }
}
