//! What a run knows about the thing that a finding is about.

use std::collections::HashMap;

use chiron_model::component::Component;
use chiron_model::finding::Finding;
use chiron_model::property;
use chiron_model::purl::Purl;
use chiron_model::subject::Subject;

/// Marks the component that an SBOM says it is about; see `wit/PROPERTIES.md`.
const ROOT: &str = "chiron:sbom-root";

/// Components and subjects of a run, by what findings call them.
#[derive(Debug)]
pub struct Glance<'a> {
    components: HashMap<&'a str, &'a Component>,
    subjects: HashMap<&'a str, &'a Subject>,
    /// What the documents of a subject say they are about, by subject.
    roots: HashMap<&'a str, Vec<&'a Component>>,
}

impl<'a> Glance<'a> {
    /// Looks once over a run.
    #[must_use]
    pub fn new(components: &'a [Component], subjects: &'a [Subject]) -> Self {
        let mut roots: HashMap<&str, Vec<&Component>> = HashMap::new();
        for component in components.iter().filter(|c| property(&c.properties, ROOT) == Some("true")) {
            roots.entry(&component.origin.subject).or_default().push(component);
        }
        Self {
            components: components.iter().map(|component| (component.id.as_str(), component)).collect(),
            subjects: subjects.iter().map(|subject| (subject.name.as_str(), subject)).collect(),
            roots,
        }
    }

    /// The component that a finding is about.
    #[must_use]
    pub fn component(&self, finding: &Finding) -> Option<&'a Component> {
        self.components.get(finding.component.as_deref()?).copied()
    }

    /// A subject by its name.
    #[must_use]
    pub fn subject(&self, name: &str) -> Option<&'a Subject> {
        self.subjects.get(name).copied()
    }

    /// What the documents in a subject say they are about.
    #[must_use]
    pub fn roots(&self, subject: &str) -> &[&'a Component] {
        self.roots.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Where a finding is, in every way a person may write it: as the scanner says it, and from where chiron was started.
    /// One list for each place.
    #[must_use]
    pub fn places(&self, finding: &Finding) -> Vec<Vec<String>> {
        let component = self.component(finding);
        let of_component = component.map(|component| component.locations.as_slice()).unwrap_or_default();
        let locations = if finding.locations.is_empty() { of_component } else { &finding.locations };
        let mut places: Vec<Vec<String>> = locations
            .iter()
            .map(|location| finding.subjects.iter().flat_map(|subject| ways(subject, &location.path)).collect())
            .collect();
        if places.is_empty() {
            places = finding.subjects.iter().map(|subject| vec![subject.clone()]).collect();
        }
        places
    }
}

fn ways(subject: &str, path: &str) -> Vec<String> {
    match (subject, path) {
        (subject, "" | ".") => vec![subject.to_owned()],
        (".", path) => vec![path.to_owned()],
        (subject, path) => vec![path.to_owned(), format!("{}/{path}", subject.trim_end_matches('/'))],
    }
}

/// The purl by which a component is published.
pub(crate) fn purl(component: &Component) -> Option<Purl> {
    component.published_purl()
}

/// How a component without a purl is called.
pub(crate) fn plain(component: &Component) -> String {
    match &component.version {
        Some(version) => format!("{}@{version}", component.name),
        None => component.name.clone(),
    }
}
