//! `chiron attest`: its flags.

use std::path::PathBuf;

use clap::Args;

use super::{PasswordArgs, PinArgs, ServicesArgs};

/// `chiron attest`
#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// The private key that signs: a file, or pkcs11:URI; without one, keyless: by a key that is made for this, certified for the
    /// identity of a token
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    #[command(flatten)]
    pub(crate) pin: PinArgs,
    #[command(flatten)]
    pub(crate) services: ServicesArgs,
    /// What the step is called
    #[arg(long, default_value = "build")]
    pub(crate) name: String,
    /// A file or folder that the command reads; may be repeated
    #[arg(long = "material", value_name = "PATH")]
    pub(crate) materials: Vec<PathBuf>,
    /// A file or folder that the command makes: what the statement is about; may be repeated
    #[arg(long = "product", value_name = "PATH", required = true)]
    pub(crate) products: Vec<PathBuf>,
    /// Where to write the bundle (default: NAME.link.sigstore.json)
    #[arg(short, long = "output", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Say what would be run and recorded, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The command and its arguments, which are recorded
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
