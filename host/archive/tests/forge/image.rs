//! Builds images, as folders and as archives.

use std::path::{Path, PathBuf};

use chiron_archive::{Error, Image, Limits, snapshot};
use chiron_model::digest::Digest;

use super::{tar, tar_member};

/// Files of a layout or an archive, by path.
#[derive(Clone, Default)]
pub struct Layout {
    pub files: Vec<(String, Vec<u8>)>,
    /// Descriptors of `index.json`.
    pub index: Vec<String>,
}

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

impl Layout {
    /// With one image for linux/amd64 that has these layers, plain.
    pub fn of(layers: &[Vec<u8>]) -> Self {
        let mut layout = Self::default();
        let packed: Vec<_> = layers.iter().map(|layer| (layer.clone(), layer.clone())).collect();
        layout.add(&packed, "amd64", "");
        layout
    }

    /// Adds an image of (plain, packed) layers; `more` stands in its descriptor.
    pub fn add(&mut self, layers: &[(Vec<u8>, Vec<u8>)], architecture: &str, more: &str) -> Digest {
        let ids: Vec<_> = layers.iter().map(|(plain, _)| format!("\"{}\"", Digest::sha256_of(plain))).collect();
        let config = format!(
            r#"{{"architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            ids.join(",")
        );
        let layers: Vec<_> = layers.iter().map(|(_, packed)| self.blob(packed, LAYER, "")).collect();
        let id = Digest::sha256_of(config.as_bytes());
        let config = self.blob(config.as_bytes(), "application/vnd.oci.image.config.v1+json", "");
        let manifest = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{}]}}"#, layers.join(","));
        let platform = format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}{more}"#);
        let descriptor = self.blob(manifest.as_bytes(), MANIFEST, &platform);
        self.index.push(descriptor);
        id
    }

    /// Adds a blob and gives its descriptor.
    pub fn blob(&mut self, bytes: &[u8], media_type: &str, more: &str) -> String {
        let digest = Digest::sha256_of(bytes);
        self.files.push((format!("blobs/sha256/{}", digest.hex()), bytes.to_vec()));
        format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{}{more}}}"#, bytes.len())
    }

    /// Every file, with the two that make it a layout.
    pub fn finished(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = self.files.clone();
        files.sort();
        files.dedup();
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, self.index.join(","));
        files.push(("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
        files.push(("index.json".to_owned(), index.into_bytes()));
        files
    }

    pub fn read(&self) -> Result<Image, Error> {
        read(&self.finished())
    }
}

/// The image in an archive of these files.
pub fn read(files: &[(String, Vec<u8>)]) -> Result<Image, Error> {
    read_bytes(&archive(files))
}

pub fn read_bytes(bytes: &[u8]) -> Result<Image, Error> {
    within(bytes, &Limits::default())
}

pub fn within(bytes: &[u8], limits: &Limits) -> Result<Image, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    std::fs::write(&path, bytes).unwrap();
    let image = at(&path, limits);
    // Deleting a file changes it, and what is left open here is read on.
    std::mem::forget(folder);
    image
}

pub fn at(path: &Path, limits: &Limits) -> Result<Image, Error> {
    let snapshot = snapshot(path, limits)?;
    Image::of(&snapshot, "image.tar", "linux/amd64").map(Option::unwrap)
}

pub fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let members: Vec<_> = files.iter().map(|(path, bytes)| tar_member(path.as_bytes(), b'0', b"", bytes)).collect();
    tar(&members)
}

pub fn folder(files: &[(String, Vec<u8>)], root: &Path) -> PathBuf {
    for (path, bytes) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    root.to_owned()
}
