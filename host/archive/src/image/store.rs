//! The blobs of an image, each held against what points at it.

use chiron_model::digest::Digest;
use serde::de::DeserializeOwned;

use super::document::Descriptor;
use crate::blob::Blob;
use crate::error::Error;
use crate::name;
use crate::tree::Tree;

/// Largest document. Registries take manifests up to 4 MiB (OCI Distribution Specification 1.1, "Pushing Manifests").
const DOCUMENT_BYTES_MAX: u64 = 4 << 20;

/// Links that are followed from one member of a `docker save` archive to another: it writes a layer that several images
/// have once, and links to it.
const LINKS_MAX: u32 = 8;

/// A folder or archive with an image in it.
pub(super) struct Store<'a> {
    pub(super) tree: &'a Tree,
    /// The subject's name, for messages.
    pub(super) name: &'a str,
}

impl Store<'_> {
    /// The blob that a descriptor points at, its size and digest proven. None where it is not there.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`] when it is not what the descriptor says.
    pub(super) fn find(&self, descriptor: &Descriptor) -> Result<Option<Blob>, Error> {
        let digest = self.digest(&descriptor.digest)?;
        let path = format!("blobs/{}/{}", digest.algorithm(), digest.hex());
        if !self.tree.has_file(&path) {
            return Ok(None);
        }
        let blob = self.tree.open_layer(&path)?;
        if blob.size() != descriptor.size {
            let what = format!("its blob {digest} has {} bytes, and should have {}", blob.size(), descriptor.size);
            return Err(self.refused(what));
        }
        self.prove(&blob, &digest)?;
        Ok(Some(blob))
    }

    /// As [`Store::find`], for a blob that must be there.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`] also when it is missing.
    pub(super) fn blob(&self, descriptor: &Descriptor) -> Result<Blob, Error> {
        self.find(descriptor)?.ok_or_else(|| self.refused(format!("its blob {} is missing", descriptor.digest)))
    }

    /// A member of a `docker save` archive.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::ArchiveRefused`] when links to it lead out, or round in circles.
    pub(super) fn member(&self, path: &str) -> Result<Blob, Error> {
        let mut path = self.inside("", path)?;
        for _ in 0..LINKS_MAX {
            match self.tree.read_link(&path) {
                Ok(target) => path = self.inside(path.rsplit_once('/').map_or("", |(folder, _)| folder), &target)?,
                Err(_) if !self.tree.has_file(&path) => {
                    return Err(self.refused(format!("its member `{path}` is missing")));
                }
                Err(_) => return self.tree.open_layer(&path),
            }
        }
        Err(self.refused(format!("links lead round in circles at `{path}`")))
    }

    /// Refuses bytes that are not those that were named.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`].
    pub(super) fn prove(&self, blob: &Blob, digest: &Digest) -> Result<(), Error> {
        let found = blob.digest(digest.algorithm())?;
        if found == *digest {
            return Ok(());
        }
        Err(self.refused(format!("its blob {digest} has the digest {found}")))
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`] when it is too large, or not what it should be.
    pub(super) fn document<T: DeserializeOwned>(&self, blob: &Blob, what: &str) -> Result<T, Error> {
        if blob.size() > DOCUMENT_BYTES_MAX {
            let size = blob.size();
            return Err(self.refused(format!("its {what} has {size} bytes, more than {DOCUMENT_BYTES_MAX}")));
        }
        let bytes = blob.read_all(DOCUMENT_BYTES_MAX)?;
        serde_json::from_slice(&bytes).map_err(|error| self.refused(format!("its {what} cannot be read: {error}")))
    }

    /// # Errors
    /// [`Error::ArchiveRefused`] when the text is none, or of an algorithm that is not computed here.
    pub(super) fn digest(&self, text: &str) -> Result<Digest, Error> {
        let digest = Digest::parse(text).map_err(|error| self.refused(error.to_string()))?;
        match digest.algorithm() {
            "sha256" | "sha384" | "sha512" => Ok(digest),
            _ => Err(self.refused(format!("{digest} is of an algorithm that is not computed here"))),
        }
    }

    pub(super) fn refused(&self, what: impl Into<String>) -> Error {
        Error::refused(self.name, what)
    }

    /// A path or link target, seen from a folder, as a path of the tree.
    fn inside(&self, folder: &str, path: &str) -> Result<String, Error> {
        let folder = if path.starts_with('/') { "" } else { folder };
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.pop().is_none() => return Err(self.refused(format!("`{path}` leads out of it"))),
                ".." => {}
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        name::check(&path, u32::MAX).map_err(|fault| Error::PathRefused { path: path.clone(), fault })?;
        Ok(path)
    }
}
