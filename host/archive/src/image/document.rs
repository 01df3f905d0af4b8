//! The documents that say what an image consists of: OCI's index, manifest and configuration (Image Format Specification
//! 1.1), and the `manifest.json` of `docker save`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Says what a manifest describes, where that is no image (BuildKit's attestations).
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

/// Under which an image is known, in the annotations of its descriptor.
const NAMES: [&str; 2] = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/// Media types of indexes: OCI's, and Docker's older name.
const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

/// Media types of manifests.
const MANIFESTS: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];

/// Media types of the configuration of an image. A manifest with any other is an artifact: a chart, a signature.
const CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// Points at a blob.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
    #[serde(default)]
    pub(super) platform: Option<Platform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// What a descriptor points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Points {
    ToIndex,
    ToManifest,
    ToAttestation,
    Elsewhere,
}

impl Descriptor {
    pub(super) fn points(&self) -> Points {
        let about_another = self.annotations.iter().flatten().any(|(key, _)| key == REFERENCE_TYPE);
        if about_another || self.platform.as_ref().is_some_and(Platform::is_unknown) {
            Points::ToAttestation
        } else if INDEXES.contains(&self.media_type.as_str()) {
            Points::ToIndex
        } else if MANIFESTS.contains(&self.media_type.as_str()) {
            Points::ToManifest
        } else {
            Points::Elsewhere
        }
    }

    /// Whether it points at the configuration of an image.
    pub(super) fn is_image_config(&self) -> bool {
        CONFIGS.contains(&self.media_type.as_str())
    }

    pub(super) fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The most telling name that its annotations give.
    pub(super) fn name(&self) -> Option<&str> {
        let annotations = self.annotations.as_ref()?;
        NAMES.iter().find_map(|key| annotations.get(*key)).map(String::as_str)
    }
}

/// Operating system and architecture, in Go's words.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

impl Platform {
    /// `linux/arm/v7`.
    pub(super) fn words(&self) -> String {
        let part = |text: &str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
        let variant = self.variant.as_deref().filter(|variant| !variant.is_empty());
        let variant = variant.map(|variant| format!("/{variant}")).unwrap_or_default();
        format!("{}/{}{variant}", part(&self.os), part(&self.architecture))
    }

    fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

/// `index.json`, and the indexes below it.
#[derive(Debug, Deserialize)]
pub(super) struct Index {
    pub(super) manifests: Option<Vec<Descriptor>>,
}

/// One image's parts.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    pub(super) config: Descriptor,
    /// From the lowest up; Go writes an empty list as `null`.
    pub(super) layers: Option<Vec<Descriptor>>,
}

/// The part of a configuration that matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    #[serde(flatten)]
    pub(super) platform: Platform,
    pub(super) rootfs: RootFs,
}

/// The layers as they are once unpacked.
#[derive(Debug, Deserialize)]
pub(super) struct RootFs {
    pub(super) diff_ids: Option<Vec<String>>,
}

/// An entry of `manifest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Saved {
    pub(super) config: String,
    pub(super) repo_tags: Option<Vec<String>>,
    pub(super) layers: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(rest: &str) -> Descriptor {
        serde_json::from_str(&format!(r#"{{"digest": "sha256:00", "size": 1{rest}}}"#)).unwrap()
    }

    #[test]
    fn what_is_no_image_is_told_from_images() {
        let manifest = format!(r#", "mediaType": "{}""#, MANIFESTS[0]);
        assert_eq!(descriptor(&manifest).points(), Points::ToManifest);
        let unknown = format!(r#"{manifest}, "platform": {{"os": "unknown", "architecture": "unknown"}}"#);
        assert_eq!(descriptor(&unknown).points(), Points::ToAttestation);
        let about = format!(r#"{manifest}, "annotations": {{"{REFERENCE_TYPE}": "attestation-manifest"}}"#);
        assert_eq!(descriptor(&about).points(), Points::ToAttestation);
        assert_eq!(descriptor(r#", "mediaType": "text/plain", "annotations": null"#).points(), Points::Elsewhere);
        assert_eq!(descriptor("").points(), Points::Elsewhere);
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        // Readers differ in which of the two they take.
        let twice = r#"{"manifests": [], "manifests": []}"#;
        assert!(serde_json::from_str::<Index>(twice).is_err());
    }

    #[test]
    fn platforms_read_as_docker_writes_them() {
        let platform = |text: &str| serde_json::from_str::<Platform>(text).unwrap().words();
        assert_eq!(platform(r#"{"os": "linux", "architecture": "arm", "variant": "v7"}"#), "linux/arm/v7");
        assert_eq!(platform("{}"), "unknown/unknown");
    }
}
