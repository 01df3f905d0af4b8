//! What `chiron verify` means.
//!
//! Files and the files of folders are subjects. For each, evidence lies beside it or is named: bundles, SBOMs, checksums. A
//! [`Check`] passes where evidence holds, fails where it does not, and is skipped where there is none and nobody asked. Three
//! rules decide about the whole: nothing to verify is a failure, a subject of which nothing passed is a failure, and a single
//! failure is one.
//!
//! A [`pack`] carries subjects and evidence in one file.
//!
//! No connection is made, no plugin runs, and no private key comes near: signatures are judged by [`chiron_trust::judge`].

mod account;
mod artifact;
mod bundles;
mod check;
mod checksums;
mod component;
mod key;
pub mod pack;
mod provenance;
mod request;
mod sbom;
mod signatures;
mod source;
mod subject;
mod verdict;
mod verify;
mod wanted;

pub use account::{Account, CheckResult, Outcome, SubjectAccount, Tried};
pub use check::Check;
pub use component::{EndorsementError, Endorser, bundle_beside};
pub use key::KeyName;
pub use request::{Error, Expectations, Missing, Request};
pub use verify::verify;
pub use wanted::{Text, Wanted, WantedError};
