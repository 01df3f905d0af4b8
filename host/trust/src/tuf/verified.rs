//! A store, held against the root that trust begins with: signatures, versions, expiry, digests.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use sigstore_tuf::{Role, Updater, UpdaterConfig};

use super::repository::Kept;
use super::{Expired, RepositoryName, SIGNING_CONFIG, Store, TRUSTED_ROOT, TufError};

/// Most roots that follow one another in one go. The oldest repository of Sigstore has 16 in five years.
const ROOTS_MAX: u32 = 256;

/// Largest target, in bytes: what a trust root and a signing configuration may have (`judge/root.rs`, `keyless/services.rs`).
pub(super) const TARGET_BYTES_MAX: u64 = 1 << 20;

/// What a store holds, once it is known to be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Root, timestamp, snapshot and targets, in this order.
    pub roles: Vec<RoleFacts>,
    files: BTreeMap<String, Vec<u8>>,
}

/// Metadata of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFacts {
    /// Of which.
    pub role: &'static str,
    /// Its version.
    pub version: u64,
    /// Until when it holds.
    pub expires: Timestamp,
}

impl Verified {
    /// A target, byte for byte as it was signed.
    ///
    /// # Errors
    /// [`TufError::NoTarget`].
    pub fn file(&self, target: &str) -> Result<&[u8], TufError> {
        let found = self.files.get(target).map(Vec::as_slice);
        found.ok_or_else(|| TufError::NoTarget { target: super::error::shown(target) })
    }

    /// The targets.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}

impl Store {
    /// Verifies all of it as of `now`, from the repository's first root on, as a refresh from a mirror does.
    ///
    /// # Errors
    /// [`TufError`]: what does not hold, and with [`Expired::Refused`] what is over.
    pub fn verify(&self, name: &RepositoryName, expired: Expired, now: Timestamp) -> Result<Verified, TufError> {
        // Nothing had expired then.
        let now = if expired == Expired::Accepted { Timestamp::MIN } else { now };
        let mut updater = updater(Kept(self.shelf()), self.first_root(name)?)?;
        at_once(updater.refresh(now))??;
        let mut files = BTreeMap::new();
        for target in self.kept.files.keys() {
            files.insert(target.clone(), at_once(updater.get_target(target, now))??);
        }
        let verified = Verified { roles: roles(&updater), files };
        verified.file(TRUSTED_ROOT)?;
        Ok(verified)
    }
}

/// The library's client over a source of bytes, within our bounds.
pub(super) fn updater(source: impl sigstore_tuf::Repository + 'static, first_root: &[u8]) -> Result<Updater, TufError> {
    let mut config = UpdaterConfig::default();
    config.max_root_rotations = ROOTS_MAX;
    config.target_max_length = TARGET_BYTES_MAX;
    let begun = Updater::new(source, first_root);
    let begun = begun.map_err(|error| TufError::FirstRoot { reason: TufError::from(error).to_string() })?;
    Ok(begun.with_config(config))
}

/// Which targets are kept: those that mean something here. Signing configurations are called `signing_config.VERSION.json`.
pub(super) fn wanted(updater: &Updater) -> Vec<String> {
    let listed = updater.trusted().targets_role("targets").into_iter().flat_map(|targets| targets.targets.keys());
    let plain =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    let is_config = |name: &&String| name.starts_with("signing_config.") && name.ends_with(".json") && plain(name);
    let mut wanted: Vec<String> = listed.filter(is_config).take(8).cloned().collect();
    // A delegated role may list it.
    if !wanted.iter().any(|name| name == SIGNING_CONFIG) {
        wanted.push(SIGNING_CONFIG.to_owned());
    }
    wanted
}

fn roles(updater: &Updater) -> Vec<RoleFacts> {
    fn facts<R: Role>(role: &'static str, found: &R) -> RoleFacts {
        RoleFacts { role, version: found.version(), expires: found.expires() }
    }
    let trusted = updater.trusted();
    let root = [facts("root", trusted.root())];
    let timestamp = trusted.timestamp().map(|found| facts("timestamp", found));
    let snapshot = trusted.snapshot().map(|found| facts("snapshot", found));
    let targets = trusted.targets_role("targets").map(|found| facts("targets", found));
    root.into_iter().chain(timestamp).chain(snapshot).chain(targets).collect()
}

/// A future that waits for nobody. Everything it asks for lies in memory.
fn at_once<T>(future: impl Future<Output = T>) -> Result<T, TufError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => Err(TufError::Store { reason: "verifying it waits for something".to_owned() }),
    }
}
