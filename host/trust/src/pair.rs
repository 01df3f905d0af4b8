//! A key pair on disk: `NAME.key`, which only its owner reaches, and `NAME.pub`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::bundle::{SignError, bundle_blob};
use crate::key::{
    self, Algorithm, GeneratedKey, KeyError, Message, Module, PrivateKey, PublicKey, Secret, TokenUri, token,
};

/// A pair could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// Nothing is written over.
    #[error("{} is there already", path.display())]
    Taken {
        /// What would have been written.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("failed to write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key could not be read or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The old key did not sign for the new one.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The private and the public file are not a pair.
    #[error("{} is not the public half of {}", public.display(), private.display())]
    Mismatch {
        /// The public file.
        public: PathBuf,
        /// The private file.
        private: PathBuf,
    },
}

/// The files of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// `NAME.key`
    pub private: PathBuf,
    /// `NAME.pub`
    pub public: PathBuf,
}

/// What a rotation leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The key that signs from now on.
    pub now: PublicKey,
    /// The key that signed until now.
    pub before: PublicKey,
    /// Its files, under a name with its id: what it signed is still verified with it.
    pub kept: Pair,
    /// The old key's signature over the new public key, for those who trust the old one.
    pub handover: PathBuf,
}

impl Pair {
    /// The files of a name, which may have folders.
    #[must_use]
    pub fn named(name: &Path) -> Self {
        Self { private: with(name, ".key"), public: with(name, ".pub") }
    }

    /// Makes a key and writes both files. Nothing is written over.
    ///
    /// # Errors
    /// [`PairError::Taken`]; when a file cannot be written, and then none is left.
    pub fn generate(&self, algorithm: Algorithm, password: Option<&Secret>) -> Result<PublicKey, PairError> {
        self.refuse_taken()?;
        let made = key::generate(algorithm, password)?;
        create(&self.private, made.private_pem.as_bytes(), 0o600)?;
        if let Err(error) = create(&self.public, made.public.to_pem().as_bytes(), 0o644) {
            // Half a pair would be taken for a whole one.
            let _ = fs::remove_file(&self.private);
            return Err(error);
        }
        Ok(made.public)
    }

    /// Makes a key in a token, and writes its public half alone. Nothing is written over, there or here. Where the file cannot be written the
    /// key is in the token all the same, and its public half can be asked for again.
    ///
    /// # Errors
    /// [`PairError::Taken`], and what the token answers.
    pub fn generate_in_token(
        &self,
        uri: &TokenUri,
        module: &Module,
        pin: Option<&Secret>,
        algorithm: Algorithm,
    ) -> Result<PublicKey, PairError> {
        self.refuse_taken_public()?;
        let made = token::generate(uri, module, pin, algorithm).map_err(KeyError::from)?;
        create(&self.public, made.to_pem().as_bytes(), 0o644)?;
        Ok(made)
    }

    /// As [`Pair::refuse_taken`], for the public file alone.
    ///
    /// # Errors
    /// [`PairError::Taken`].
    pub fn refuse_taken_public(&self) -> Result<(), PairError> {
        match self.public.symlink_metadata() {
            Ok(_) => Err(PairError::Taken { path: self.public.clone() }),
            Err(_) => Ok(()),
        }
    }

    /// Says that a file is there already.
    ///
    /// # Errors
    /// [`PairError::Taken`].
    pub fn refuse_taken(&self) -> Result<(), PairError> {
        match [&self.private, &self.public].into_iter().find(|path| path.symlink_metadata().is_ok()) {
            Some(path) => Err(PairError::Taken { path: path.clone() }),
            None => Ok(()),
        }
    }

    /// Puts a new key of the same kind in the place of this one, and keeps this one under a name with its id. The private file is
    /// a whole one, old or new, at any moment.
    ///
    /// # Errors
    /// When the old key cannot be opened, the files are no pair, or something cannot be written.
    pub fn rotate(&self, old: Option<&Secret>, new: Option<&Secret>) -> Result<Rotation, PairError> {
        let before = PrivateKey::load(&self.private, old)?;
        if PublicKey::load(&self.public)? != *before.public() {
            return Err(PairError::Mismatch { public: self.public.clone(), private: self.private.clone() });
        }
        let kept = self.kept(before.public());
        kept.refuse_taken()?;
        let made = key::generate(before.public().algorithm(), new)?;
        let handover = with(&self.public, ".sigstore.json");
        let bundle = bundle_blob(&before, Message::of(made.public.to_pem().as_bytes()))?;
        let fresh = Fresh::write(self, &made, &handover, &bundle)?;
        link(&self.private, &kept.private)?;
        link(&self.public, &kept.public)?;
        fresh.settle()?;
        Ok(Rotation { now: made.public, before: before.public().clone(), kept, handover })
    }

    /// Where the pair goes when another takes its place.
    fn kept(&self, key: &PublicKey) -> Self {
        let stem = self.private.with_extension("");
        Self::named(&with(&stem, &format!("-{}", &key.key_id()[..8])))
    }
}

/// Files under temporary names, beside their places. What is not settled is removed.
struct Fresh {
    files: Vec<(PathBuf, PathBuf)>,
}

impl Fresh {
    fn write(pair: &Pair, made: &GeneratedKey, handover: &Path, bundle: &[u8]) -> Result<Self, PairError> {
        let mut fresh = Self { files: Vec::new() };
        for (place, bytes, mode) in [
            (pair.private.as_path(), made.private_pem.as_bytes(), 0o600),
            (pair.public.as_path(), made.public.to_pem().as_bytes(), 0o644),
            (handover, bundle, 0o644),
        ] {
            let temporary = with(place, ".new");
            create(&temporary, bytes, mode)?;
            fresh.files.push((temporary, place.to_owned()));
        }
        Ok(fresh)
    }

    fn settle(mut self) -> Result<(), PairError> {
        for (temporary, place) in std::mem::take(&mut self.files) {
            fs::rename(&temporary, &place).map_err(|source| PairError::Write { path: place, source })?;
        }
        Ok(())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        for (temporary, _) in &self.files {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Creates a file, never one that is there and never through a link.
fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), PairError> {
    let failed = |source: io::Error| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::AlreadyExists {
            PairError::Taken { path }
        } else {
            PairError::Write { path, source }
        }
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

fn link(from: &Path, to: &Path) -> Result<(), PairError> {
    fs::hard_link(from, to).map_err(|source| PairError::Write { path: to.to_owned(), source })
}

/// `NAME` and what is put behind it.
fn with(name: &Path, suffix: &str) -> PathBuf {
    let mut path = name.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::verify::{Expected, verify_bundle};

    fn folder() -> (tempfile::TempDir, Pair) {
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair::named(&folder.path().join("release.v1"));
        (folder, pair)
    }

    #[test]
    fn a_pair_is_for_its_owner_and_written_over_nothing() {
        let (_folder, pair) = folder();
        let public = pair.generate(Algorithm::P256, None).unwrap();
        assert_eq!(fs::metadata(&pair.private).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(PrivateKey::load(&pair.private, None).unwrap().public(), &public);
        assert_eq!(PublicKey::load(&pair.public).unwrap(), public);
        let before = fs::read(&pair.private).unwrap();
        assert!(matches!(pair.generate(Algorithm::P256, None), Err(PairError::Taken { .. })));
        fs::remove_file(&pair.private).unwrap();
        assert!(matches!(pair.generate(Algorithm::P256, None), Err(PairError::Taken { .. })));
        assert!(!pair.private.exists() && !before.is_empty());
    }

    #[test]
    fn a_rotated_key_is_vouched_for_by_the_one_before_which_is_kept() {
        let (folder, pair) = folder();
        let (one, two) = (Secret::new(b"one".to_vec()), Secret::new(b"two".to_vec()));
        let before = pair.generate(Algorithm::Ed25519, Some(&one)).unwrap();
        assert!(matches!(pair.rotate(Some(&two), Some(&two)), Err(PairError::Key(KeyError::WrongPassword))));
        let rotation = pair.rotate(Some(&one), Some(&two)).unwrap();
        assert_eq!(rotation.before, before);
        assert_eq!(PrivateKey::load(&pair.private, Some(&two)).unwrap().public(), &rotation.now);
        assert_eq!(PrivateKey::load(&rotation.kept.private, Some(&one)).unwrap().public(), &before);
        assert_eq!(PublicKey::load(&rotation.kept.public).unwrap(), before);
        let new = fs::read(&pair.public).unwrap();
        let bundle = fs::read(&rotation.handover).unwrap();
        assert!(verify_bundle(&bundle, &before, &Expected::Blob(Message::of(&new))).is_ok());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
        assert!(rotation.kept.private.ends_with(format!("release.v1-{}.key", &before.key_id()[..8])));
        // Again, with what is there now.
        assert!(pair.rotate(Some(&two), None).is_ok());
    }

    #[test]
    fn two_files_that_are_no_pair_are_not_rotated() {
        let (_folder, pair) = folder();
        pair.generate(Algorithm::P256, None).unwrap();
        fs::write(&pair.public, crate::sample::key().public().to_pem()).unwrap();
        assert!(matches!(pair.rotate(None, None), Err(PairError::Mismatch { .. })));
    }
}
