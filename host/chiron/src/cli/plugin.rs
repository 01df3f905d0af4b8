//! `chiron plugin`: its flags.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::IdentityArgs;

/// `chiron plugin`
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Turn a core module built for wasm32-unknown-unknown into a component
    Build {
        /// The module that `cargo build --target wasm32-unknown-unknown` made, or the folder of a crate that was built so
        module: PathBuf,
        /// Where to write the component
        #[arg(short, long = "output", value_name = "FILE")]
        output: Option<PathBuf>,
        /// Check and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what a plugin is and what it can touch; nothing of it is run but its description of itself
    Inspect {
        /// A component file, or the name of a builtin
        plugin: String,
    },
    /// Hold component files against who has to have signed them; nothing of them is run, or read but as bytes
    Verify(PluginVerifyArgs),
}

/// `chiron plugin verify`
#[derive(Debug, Args)]
pub(crate) struct PluginVerifyArgs {
    /// Component files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The Sigstore bundle (default: FILE.sigstore.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// The public key that has to have signed: a PEM file, env://NAME, or pkcs11:URI
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
}
