//! Which images a folder or archive holds, and the one that is meant.

use std::collections::BTreeMap;

use chiron_model::digest::Digest;

use super::document::{Config, Descriptor, Index, Manifest, Points, Saved};
use super::store::Store;
use crate::blob::Blob;
use crate::error::Error;

/// Indexes within indexes. Two are seen in practice.
const INDEX_DEPTH_MAX: u32 = 4;

/// Images and other things that one index may list over all its levels: each costs reading two documents.
const DESCRIPTORS_MAX: usize = 512;

/// Layers of one image. Docker stops at 127; each costs unpacking.
const LAYERS_MAX: usize = 1024;

/// One image that could be meant.
pub(super) struct Candidate {
    /// Digest of its configuration: the image's id.
    pub(super) id: Digest,
    /// Of its manifest, where it has one.
    pub(super) manifest: Option<Digest>,
    pub(super) config: Config,
    /// `linux/amd64`.
    pub(super) platform: String,
    /// As tags and annotations call it.
    pub(super) names: Vec<String>,
    /// From the lowest up.
    pub(super) layers: Vec<Layer>,
}

/// Where a layer is.
pub(super) enum Layer {
    Blob(Descriptor),
    Member(String),
}

/// What was found.
#[derive(Default)]
pub(super) struct Candidates {
    /// By id: one image under two tags is one image.
    images: BTreeMap<String, Candidate>,
    /// What else there is, in words.
    set_aside: Vec<String>,
    descriptors: usize,
}

impl Candidates {
    /// Reads `index.json` and all below it.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`].
    pub(super) fn add_index(&mut self, store: &Store<'_>) -> Result<(), Error> {
        let index = store.document(&store.member("index.json")?, "index.json")?;
        self.index(store, index, None, INDEX_DEPTH_MAX)
    }

    /// Reads `manifest.json`, as `docker save` writes it.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`].
    pub(super) fn add_saved(&mut self, store: &Store<'_>) -> Result<(), Error> {
        let saved: Vec<Saved> = store.document(&store.member("manifest.json")?, "manifest.json")?;
        for Saved { config: path, repo_tags, layers } in saved {
            self.count(store)?;
            let blob = store.member(&path)?;
            let id = blob.digest("sha256")?;
            if let Some(named) = named_digest(&path) {
                store.prove(&blob, &named)?;
            }
            let config: Config = store.document(&blob, "configuration")?;
            let layers = layers.unwrap_or_default().into_iter().map(Layer::Member).collect();
            let platform = config.platform.words();
            let names = repo_tags.unwrap_or_default();
            self.add(Candidate { id, manifest: None, config, platform, names, layers });
        }
        Ok(())
    }

    /// The image that is meant, and in words what else there is: the only one, else the only one for `platform`.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`] when there is none, or when several could be meant.
    pub(super) fn choose(self, store: &Store<'_>, platform: &str) -> Result<(Candidate, Vec<String>), Error> {
        let Self { images, mut set_aside, .. } = self;
        let count = images.len();
        let fits = |image: &Candidate| {
            let rest = image.platform.strip_prefix(platform);
            count == 1 || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let listed = |images: &[Candidate]| images.iter().map(words).collect::<Vec<_>>().join(", ");
        let (mut meant, others): (Vec<_>, Vec<_>) = images.into_values().partition(fits);
        match (meant.pop(), meant.is_empty()) {
            (Some(image), true) => {
                set_aside.extend(others.iter().map(words));
                Ok((image, set_aside))
            }
            (Some(image), false) => {
                meant.push(image);
                let what = format!("it holds {} images for {platform}: {}", meant.len(), listed(&meant));
                Err(store.refused(what))
            }
            (None, _) if others.is_empty() && set_aside.is_empty() => Err(store.refused("it holds no image")),
            (None, _) if others.is_empty() => {
                set_aside.truncate(10);
                Err(store.refused(format!("it holds no image, only {}", set_aside.join(", "))))
            }
            (None, _) => {
                let what = format!("it holds {count} images, none for {platform}: {}", listed(&others));
                Err(store.refused(what))
            }
        }
    }

    fn index(&mut self, store: &Store<'_>, index: Index, name: Option<&str>, depth: u32) -> Result<(), Error> {
        for descriptor in index.manifests.unwrap_or_default() {
            self.count(store)?;
            let name = descriptor.name().or(name).map(str::to_owned);
            match descriptor.points() {
                Points::ToAttestation => self.aside(&descriptor, "an attestation"),
                Points::Elsewhere => {
                    let what = format!("something of type `{}`", descriptor.media_type());
                    self.aside(&descriptor, &what);
                }
                Points::ToIndex => match store.find(&descriptor)? {
                    None => self.aside(&descriptor, "an index whose blob is not there"),
                    Some(_) if depth == 0 => return Err(store.refused("its indexes are nested too deep")),
                    Some(blob) => self.index(store, store.document(&blob, "index")?, name.as_deref(), depth - 1)?,
                },
                Points::ToManifest => match store.find(&descriptor)? {
                    // An export of one platform of many keeps the index of all.
                    None => {
                        let platform = descriptor.platform.as_ref().map(|platform| platform.words() + " ");
                        let what = format!("an image {}that is not there", platform.unwrap_or_default());
                        self.aside(&descriptor, &what);
                    }
                    Some(blob) => self.manifest(store, &descriptor, &blob, name)?,
                },
            }
        }
        Ok(())
    }

    fn manifest(
        &mut self,
        store: &Store<'_>,
        descriptor: &Descriptor,
        blob: &Blob,
        name: Option<String>,
    ) -> Result<(), Error> {
        let manifest: Manifest = store.document(blob, "manifest")?;
        if !manifest.config.is_image_config() {
            let what = format!("an artifact of type `{}`", manifest.config.media_type());
            self.aside(descriptor, &what);
            return Ok(());
        }
        let config: Config = store.document(&store.blob(&manifest.config)?, "configuration")?;
        let platform = descriptor.platform.as_ref().unwrap_or(&config.platform).words();
        self.add(Candidate {
            id: store.digest(&manifest.config.digest)?,
            manifest: Some(store.digest(&descriptor.digest)?),
            config,
            platform,
            names: name.into_iter().collect(),
            layers: manifest.layers.unwrap_or_default().into_iter().map(Layer::Blob).collect(),
        });
        Ok(())
    }

    fn add(&mut self, image: Candidate) {
        match self.images.get_mut(&image.id.to_string()) {
            // The index comes first: it says more, and its layers were checked against their descriptors.
            Some(known) => {
                known.names.extend(image.names);
                known.names.sort();
                known.names.dedup();
            }
            None => {
                self.images.insert(image.id.to_string(), image);
            }
        }
    }

    fn aside(&mut self, descriptor: &Descriptor, what: &str) {
        self.set_aside.push(format!("{what} ({})", descriptor.digest));
    }

    fn count(&mut self, store: &Store<'_>) -> Result<(), Error> {
        self.descriptors += 1;
        if self.descriptors > DESCRIPTORS_MAX {
            return Err(store.refused(format!("it lists more than {DESCRIPTORS_MAX} images")));
        }
        Ok(())
    }
}

impl Candidate {
    /// The layers, each with the digest it has once unpacked.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`] when manifest and configuration disagree about how many there are, or when there are too many.
    pub(super) fn layers(&self, store: &Store<'_>) -> Result<Vec<(&Layer, Digest)>, Error> {
        let ids = self.config.rootfs.diff_ids.as_deref().unwrap_or_default();
        if self.layers.len() > LAYERS_MAX {
            return Err(store.refused(format!("its image has {} layers, more than {LAYERS_MAX}", self.layers.len())));
        }
        if ids.len() != self.layers.len() {
            let (layers, ids) = (self.layers.len(), ids.len());
            return Err(store.refused(format!("its image has {layers} layers, and its configuration names {ids}")));
        }
        let ids = ids.iter().map(|id| store.digest(id));
        self.layers.iter().zip(ids).map(|(layer, id)| Ok((layer, id?))).collect()
    }
}

/// An image, as it stands in messages.
fn words(image: &Candidate) -> String {
    match image.names.first() {
        Some(name) => format!("{name} for {} ({})", image.platform, image.id),
        None => format!("an image for {} ({})", image.platform, image.id),
    }
}

/// The digest that a configuration's own name claims: `<hex>.json`, `sha256:<hex>`, `blobs/sha256/<hex>`.
fn named_digest(path: &str) -> Option<Digest> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".json").unwrap_or(name);
    Digest::new("sha256", name.strip_prefix("sha256:").unwrap_or(name)).ok()
}
