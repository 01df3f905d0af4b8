//! In a build without `keyless`: no certificate, log entry or timestamp is believed.

use std::collections::BTreeMap;

use super::shape::Shape;
use super::{Artifact, JudgeError, RootError, TrustRoot};
use crate::key::PublicKey;

const ABSENT: &str = "this build knows no certificates, logs and timestamps (feature `keyless`)";

pub(super) struct Evidence {
    pub(super) identity: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) claims: BTreeMap<&'static str, String>,
    pub(super) logged: bool,
    pub(super) times: Vec<String>,
}

/// There is none.
pub(super) const EMBEDDED: &str = "";

pub(super) struct Root;

impl Root {
    pub(super) fn from_json(_: &str) -> Result<Self, RootError> {
        Err(RootError::Unusable { reason: ABSENT.to_owned() })
    }

    pub(super) fn embedded() -> Result<Self, RootError> {
        Self::from_json("")
    }
}

pub(super) fn names(_: Vec<u8>) -> (Option<String>, Option<String>) {
    (None, None)
}

pub(super) fn by_certificate(_: &str, _: &Shape, _: &dyn Artifact, _: &TrustRoot) -> Result<Evidence, JudgeError> {
    Err(JudgeError::Unsupported { reason: ABSENT.to_owned() })
}

pub(super) fn by_key(
    _: &str,
    _: &Shape,
    _: &dyn Artifact,
    _: &PublicKey,
    _: &TrustRoot,
) -> Result<Evidence, JudgeError> {
    Err(JudgeError::Unsupported { reason: ABSENT.to_owned() })
}
