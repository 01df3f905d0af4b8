//! What a statement is about, and whether that is what a finding is about.

use chiron_model::component::Component;
use chiron_model::digest::Digest;
use chiron_model::finding::Finding;
use chiron_model::purl::Purl;
use chiron_model::subject::Subject;

use crate::same::{self, Difference};
use crate::{Glance, glance, text};

/// Begins the id under which a subject that has no package URL stands in documents of ours.
pub const SUBJECT_PREFIX: &str = "urn:chiron:subject:";

/// The id of a subject by its name.
#[must_use]
pub fn subject_id(name: &str) -> String {
    let mut id = SUBJECT_PREFIX.to_owned();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'/' => id.push(char::from(byte)),
            other => id.push_str(&format!("%{other:02X}")),
        }
    }
    id
}

/// A product, and which of its parts are meant; all of it where none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The product.
    pub identity: Identity,
    /// Its parts.
    pub subcomponents: Vec<Identity>,
}

/// How a document names a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// As it stands there.
    pub text: String,
    /// Where that is a package URL.
    pub purl: Option<Purl>,
    /// Of its bytes.
    pub hashes: Vec<Digest>,
    /// The only versions that are meant, where the document lists some; and ranges, which cannot be told here.
    versions: Option<(Vec<String>, Vec<String>)>,
}

impl Identity {
    /// By what stands in the document.
    #[must_use]
    pub fn of_text(given: &str) -> Self {
        Self { text: text::name(given), purl: Purl::parse(given).ok(), hashes: Vec::new(), versions: None }
    }

    /// One more hash; what is none is left out, and so proves nothing.
    pub(super) fn add_hash(&mut self, algorithm: &str, hex: &str) {
        let plain = algorithm.to_ascii_lowercase().replace("sha-", "sha");
        self.hashes.extend(Digest::new(&plain, &hex.to_ascii_lowercase()));
    }

    pub(super) fn only(&mut self, exact: Vec<String>, ranges: Vec<String>) {
        self.versions = Some((exact, ranges));
    }

    /// Whether its text says all that is known of it.
    pub(super) fn is_plain(&self) -> bool {
        self.hashes.is_empty() && self.versions.is_none()
    }

    /// Why it is not this component, if it is not.
    fn objection_to_component(&self, component: Option<&Component>) -> Option<String> {
        let Some(component) = component else { return Some("the finding is about no component".to_owned()) };
        let found = glance::purl(component);
        let named = match (&self.purl, &found) {
            (Some(wanted), Some(found)) => same::difference(wanted, found).map(|how| told(wanted, found, how)),
            // A hash alone names a thing too.
            (None, _) if self.is_by_hash_of(&component.digests) => None,
            (None, None) if self.text == glance::plain(component) => None,
            _ => {
                Some(format!("it is about {}, and not about {}", self.text, component_name(component, found.as_ref())))
            }
        };
        named.or_else(|| self.objection_to_version(component)).or_else(|| self.objection_to_hashes(&component.digests))
    }

    fn objection_to_version(&self, component: &Component) -> Option<String> {
        let (exact, ranges) = self.versions.as_ref()?;
        let own = component.version.as_deref();
        if own.is_some_and(|own| exact.iter().any(|version| version == own)) {
            return None;
        }
        let own = own.unwrap_or("unknown");
        Some(match ranges.first() {
            Some(range) => {
                format!("it is about the versions `{range}`, and whether {own} is one of them is not told here")
            }
            None => format!("it is about other versions than {own}"),
        })
    }

    /// A hash that is given must be that of the thing, where one of its kind is known.
    fn objection_to_hashes(&self, digests: &[Digest]) -> Option<String> {
        let comparable = |hash: &&Digest| digests.iter().any(|digest| digest.algorithm() == hash.algorithm());
        let differs = |hash: &Digest| !digests.contains(hash);
        let mut hashes = self.hashes.iter().filter(comparable);
        hashes.any(differs).then(|| format!("it is about {} with another hash", self.text))
    }

    fn is_by_hash_of(&self, digests: &[Digest]) -> bool {
        self.hashes.iter().any(|hash| digests.contains(hash))
    }

    /// Why it is not this subject, if it is not.
    fn objection_to_subject(&self, subject: &Subject, glance: &Glance<'_>) -> Option<String> {
        let is_it = if let Some(purl) = &self.purl {
            is_image(purl, subject)
                || glance.roots(&subject.name).iter().any(|root| self.objection_to_component(Some(root)).is_none())
        } else {
            self.text == subject_id(&subject.name) || self.text == subject.name || self.is_by_hash_of(&subject.digests)
        };
        if !is_it {
            return Some(format!("its product {} is not {}", self.text, subject.name));
        }
        self.objection_to_hashes(&subject.digests)
    }
}

impl Product {
    /// Why this does not speak of a finding, if it does not.
    pub(super) fn objection(&self, finding: &Finding, glance: &Glance<'_>) -> Option<String> {
        let component = glance.component(finding);
        if self.subcomponents.is_empty() {
            let to_component = self.identity.objection_to_component(component)?;
            let to_subjects = self.objection_to_subjects(finding, glance)?;
            // Who names a package means the component, and all else the subject.
            let is_image = self.identity.purl.as_ref().is_some_and(|purl| purl.kind() == "oci");
            return Some(if self.identity.purl.is_some() && !is_image { to_component } else { to_subjects });
        }
        if let Some(objection) = self.objection_to_subjects(finding, glance) {
            return Some(objection);
        }
        let objections: Option<Vec<_>> =
            self.subcomponents.iter().map(|part| part.objection_to_component(component)).collect();
        objections.and_then(|objections| objections.into_iter().next())
    }

    /// A finding in several subjects is spoken of where the product is each of them.
    fn objection_to_subjects(&self, finding: &Finding, glance: &Glance<'_>) -> Option<String> {
        if finding.subjects.is_empty() {
            return Some("the finding is in no subject".to_owned());
        }
        finding.subjects.iter().find_map(|name| match glance.subject(name) {
            Some(subject) => self.identity.objection_to_subject(subject, glance),
            None => Some(format!("its product {} is not {name}", self.identity.text)),
        })
    }
}

fn component_name(component: &Component, purl: Option<&Purl>) -> String {
    purl.map_or_else(|| glance::plain(component), ToString::to_string)
}

fn told(wanted: &Purl, found: &Purl, how: Difference<'_>) -> String {
    match how {
        Difference::Package => format!("it is about {wanted}, and not about {found}"),
        Difference::Version => {
            let version = |purl: &Purl| purl.version().unwrap_or("no version").to_owned();
            format!("it is about version {}, and not about {}", version(wanted), version(found))
        }
        Difference::Qualifier(key) => {
            let own = found.qualifier(key).unwrap_or("nothing");
            format!("it asks for {key}={}, and the component says {own}", wanted.qualifier(key).unwrap_or_default())
        }
        Difference::Subpath => format!("it is about another subpath than {found}"),
    }
}

/// Whether a `pkg:oci` purl means an image: by digest where it has one, else by what the image says it is called.
fn is_image(purl: &Purl, subject: &Subject) -> bool {
    if purl.kind() != "oci" {
        return false;
    }
    let of = |key: &'static str| {
        subject.properties.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    };
    if let Some(digest) = purl.version() {
        return of("chiron:image-manifest").chain(of("chiron:image-id")).any(|own| own == digest);
    }
    of("chiron:image-name").any(|name| is_called(purl, name))
}

/// An image's name is `registry/path/name:tag`, or `name@digest`.
fn is_called(purl: &Purl, name: &str) -> bool {
    let name = name.split('@').next().unwrap_or(name);
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let (repository, tag) = match name[last..].find(':') {
        Some(colon) => (&name[..last + colon], Some(&name[last + colon + 1..])),
        None => (name, None),
    };
    let repository = with_registry(repository);
    let is_tagged = purl.qualifier("tag").is_none_or(|wanted| tag == Some(wanted));
    let is_there = purl.qualifier("repository_url").is_none_or(|wanted| {
        let wanted = wanted.trim_start_matches("https://").trim_end_matches('/');
        let wanted = wanted.strip_prefix("index.").filter(|rest| rest.starts_with(HUB)).unwrap_or(wanted);
        repository == wanted
            || repository.strip_suffix(purl.name()).is_some_and(|rest| rest.trim_end_matches('/') == wanted)
    });
    repository.rsplit('/').next() == Some(purl.name()) && is_tagged && is_there
}

/// Where an image comes from whose name says no registry.
const HUB: &str = "docker.io";

/// A name without a registry means Docker's own (the image reference grammar of distribution/reference).
fn with_registry(repository: &str) -> String {
    match repository.split_once('/') {
        Some((first, _)) if first == "localhost" || first.contains(['.', ':']) => repository.to_owned(),
        Some(_) => format!("{HUB}/{repository}"),
        None => format!("{HUB}/library/{repository}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_registry_is_of_dockers_own() {
        for (purl, name, expected) in [
            ("pkg:oci/app?repository_url=docker.io/acme/app", "acme/app:1", true),
            ("pkg:oci/app?repository_url=index.docker.io/acme/app", "acme/app:1", true),
            ("pkg:oci/app?repository_url=docker.io/acme", "acme/app:1", true),
            ("pkg:oci/alpine?repository_url=docker.io/library/alpine", "alpine:3.19", true),
            ("pkg:oci/app?repository_url=docker.io/acme/app", "ghcr.io/acme/app:1", false),
            ("pkg:oci/app?repository_url=docker.io/acme/app", "localhost/acme/app", false),
            ("pkg:oci/app?repository_url=localhost:5000/app", "localhost:5000/app:2", true),
            ("pkg:oci/app", "app", true),
        ] {
            assert_eq!(is_called(&Purl::parse(purl).unwrap(), name), expected, "{purl} {name}");
        }
    }

    #[test]
    fn images_are_known_by_digest_or_by_name() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = Subject {
            name: "app.tar".to_owned(),
            media_type: String::new(),
            digests: Vec::new(),
            size: None,
            properties: [("manifest", digest.as_str()), ("name", "ghcr.io/acme/app:1.2")]
                .map(|(key, value)| (format!("chiron:image-{key}"), value.to_owned()))
                .to_vec(),
        };
        for (purl, expected) in [
            (format!("pkg:oci/app@{}", digest.replace(':', "%3A")), true),
            (format!("pkg:oci/other@{digest}"), true),
            (format!("pkg:oci/app@sha256:{}", "b".repeat(64)), false),
            ("pkg:oci/app".to_owned(), true),
            ("pkg:oci/app?tag=1.2".to_owned(), true),
            ("pkg:oci/app?tag=1.3".to_owned(), false),
            ("pkg:oci/app?repository_url=ghcr.io/acme/app".to_owned(), true),
            ("pkg:oci/app?repository_url=ghcr.io/acme".to_owned(), true),
            ("pkg:oci/app?repository_url=docker.io/acme/app".to_owned(), false),
            ("pkg:oci/pp".to_owned(), false),
            ("pkg:pypi/app".to_owned(), false),
        ] {
            assert_eq!(is_image(&Purl::parse(&purl).unwrap(), &image), expected, "{purl}");
        }
    }

    #[test]
    fn ids_of_subjects_hold_no_surprise() {
        assert_eq!(subject_id("dist/a b%.whl"), "urn:chiron:subject:dist/a%20b%25.whl");
    }
}
