//! Signing that services take part in, as far as it needs no connection: what is asked of Fulcio, Rekor and a timestamp
//! authority, and what their answers are worth. Keyless all of them are asked; for a key of the signer's own those who witness.
//!
//! Nothing here opens a connection: whoever does carries bytes between [`Session`] or [`Draft`] and the services. None of them is
//! believed: [`Draft::bundle`] holds the whole bundle against the trust root before anybody gets it.

mod draft;
mod error;
mod log;
mod services;
mod session;
mod timestamp;
mod token;
mod verifier;
mod verify;

pub use draft::{Answers, Draft, Witnesses};
pub use error::{ServiceError, TokenError};
pub use log::{Log, LogRequest};
pub use services::{LogService, LogVersion, Logs, Service, Services, ServicesError};
pub use session::{Candidate, Session};
pub use token::{IdentityToken, Provider};
pub use verify::{Unproven, verify_proven};
