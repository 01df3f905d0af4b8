//! Keyless signing, as far as it needs no connection: what is asked of Fulcio, Rekor and a timestamp authority, and what
//! their answers are worth.
//!
//! Nothing here opens a connection: whoever does carries bytes between [`Session`] and the services. None of them is
//! believed: [`Session::bundle`] holds the whole bundle against the trust root before anybody gets it.

mod error;
mod log;
mod services;
mod session;
mod timestamp;
mod token;
mod verify;

pub use error::{ServiceError, TokenError};
pub use log::{Log, LogRequest};
pub use services::{LogVersion, Service, Services, ServicesError};
pub(crate) use session::Known;
pub use session::{Candidate, Draft, Session, Signed};
pub use token::{IdentityToken, Provider};
pub use verify::{Unproven, verify_proven};
