//! A repository, brought up to date from a mirror.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use sigstore_tuf::Updater;

use super::error::shown;
use super::repository::{Fetched, Shelf};
use super::store::Files;
use super::verified::{updater, wanted};
use super::{Expired, Known, RepositoryName, SIGNING_CONFIG, Source, Store, TRUSTED_ROOT, TufError};
use crate::judge::TrustRoot;

/// What a refresh starts from.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// The repository.
    pub name: &'a RepositoryName,
    /// The root that the operator gives to begin with. Not for one that is known, and the same as before where there is a store.
    pub root: Option<&'a [u8]>,
    /// What is known of it from before: nothing that is older is taken.
    pub old: Option<&'a Store>,
}

impl Begin<'_> {
    /// The root that trust begins with, as a store keeps it: None where it is part of Chiron.
    ///
    /// # Errors
    /// [`TufError::NoRoot`], [`TufError::KnownRoot`], [`TufError::OtherRoot`]; [`TufError::FirstRoot`] where it is no text.
    pub fn first(&self) -> Result<Option<String>, TufError> {
        let name = || self.name.clone();
        let before = self.old.and_then(|old| old.begin.clone());
        match (Known::of(self.name), self.root) {
            (Some(_), None) => Ok(None),
            (Some(_), Some(_)) => Err(TufError::KnownRoot { name: name() }),
            (None, None) => before.map(Some).ok_or_else(|| TufError::NoRoot { name: name() }),
            (None, Some(root)) => match before {
                Some(before) if before.as_bytes() != root => Err(TufError::OtherRoot { name: name() }),
                Some(before) => Ok(Some(before)),
                None => text(root).map(Some).map_err(|reason| TufError::FirstRoot { reason }),
            },
        }
    }
}

/// Fetches what is new, verifies all of it, and gives a store that verifies by itself as of `now`.
///
/// # Errors
/// [`TufError`]. What was known before holds on.
pub async fn refresh(
    begin: Begin<'_>,
    mirror: &str,
    source: Arc<dyn Source>,
    now: Timestamp,
) -> Result<Store, TufError> {
    let first = begin.first()?;
    let empty = Store { mirror: mirror.to_owned(), updated_at: now, begin: first, kept: Files::default() };
    let shelf = Arc::new(begin.old.map(before).unwrap_or_default());
    let mut updater = updater(Fetched(source), empty.first_root(begin.name)?)?.with_store(Arc::clone(&shelf));
    updater.refresh(now).await?;
    let files = targets(&mut updater, now).await?;
    let store = Store { kept: kept(&updater, &shelf, files)?, ..empty };
    // What is written is what will be read: the same way, by the same rules.
    store.verify(begin.name, Expired::Refused, now)?;
    Ok(store)
}

/// What is known from before, without delegated roles: those are asked for anew, and are only kept where they still lead somewhere.
fn before(old: &Store) -> Shelf {
    let kept = Files { delegated: BTreeMap::new(), ..old.kept.clone() };
    Store { kept, ..old.clone() }.shelf()
}

/// The targets, each of use for what it is meant for.
async fn targets(updater: &mut Updater, now: Timestamp) -> Result<BTreeMap<String, String>, TufError> {
    let mut files = BTreeMap::new();
    let root = updater.get_target(TRUSTED_ROOT, now).await?;
    let unusable = |reason: String| TufError::Target { target: TRUSTED_ROOT.to_owned(), reason: shown(&reason) };
    TrustRoot::from_json(&root).map_err(|error| unusable(error.to_string()))?;
    files.insert(TRUSTED_ROOT.to_owned(), text(&root).map_err(unusable)?);
    for name in wanted(updater) {
        match updater.get_target_info(&name, now).await? {
            // Not every repository says which services sign.
            None if name == SIGNING_CONFIG => {}
            None => return Err(TufError::NoTarget { target: name }),
            Some(_) => {
                let bytes = updater.get_target(&name, now).await?;
                let unusable = |reason: String| TufError::Target { target: name.clone(), reason };
                files.insert(name.clone(), text(&bytes).map_err(unusable)?);
            }
        }
    }
    Ok(files)
}

/// What the shelf holds of the metadata that is trusted now.
fn kept(updater: &Updater, shelf: &Shelf, files: BTreeMap<String, String>) -> Result<Files, TufError> {
    let metadata = |name: &str| {
        let bytes = shelf.get(name).ok_or_else(|| TufError::NoTarget { target: name.to_owned() })?;
        text(&bytes).map_err(|reason| TufError::Metadata { reason: format!("{name}: {reason}") })
    };
    let mut kept = Files {
        timestamp: metadata("timestamp.json")?,
        snapshot: metadata("snapshot.json")?,
        targets: metadata("targets.json")?,
        files,
        ..Files::default()
    };
    let last = updater.trusted().root().version;
    for name in shelf.names() {
        let root = name.strip_prefix("root_history/").and_then(|name| name.strip_suffix(".root.json"));
        match root.map(str::parse::<u64>) {
            Some(Ok(version)) if version <= last => {
                kept.roots.insert(version, metadata(&name)?);
            }
            Some(_) => {}
            None if is_top_level(&name) || name.starts_with("targets/") => {}
            None => {
                kept.delegated.insert(name.clone(), metadata(&name)?);
            }
        }
    }
    Ok(kept)
}

/// Files of the four roles, the snapshot also under its version.
fn is_top_level(name: &str) -> bool {
    let versioned =
        name.strip_suffix(".snapshot.json").is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit()));
    versioned || matches!(name, "root.json" | "timestamp.json" | "snapshot.json" | "targets.json")
}

fn text(bytes: &[u8]) -> Result<String, String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| error.to_string())
}
