//! Signers: the run's subjects and statements in, signed bytes out. The host verifies every answer.

pub use crate::bindings::signer::exports::chiron::sign::signer::{Request, Signed, Statement};
pub use crate::keys::{KeyError, Keys, SigningKey};
use crate::{Plugin, PluginError};

/// A plugin that decides what is signed, and how it is packed.
pub trait Signer: Plugin {
    /// Signs subjects and statements with the keys bound to the labels of `describe`.
    ///
    /// # Errors
    /// When something could not be signed; nothing is written then.
    fn sign(&self, request: &Request, keys: &dyn Keys) -> Result<Vec<Signed>, PluginError>;
}
