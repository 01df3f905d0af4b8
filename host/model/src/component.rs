//! Software parts, and how they relate.

use crate::Properties;
use crate::digest::Digest;
use crate::location::Location;
use crate::purl::Purl;

/// A licence as found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum License {
    /// A valid SPDX expression.
    Expression(String),
    /// Anything else, as written.
    Text(String),
}

/// A software part (CycloneDX component).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Unique within the run; findings and relations point at it. Assigned by the host.
    pub id: String,
    /// CycloneDX type: `library`, `application`, ... (open).
    pub kind: String,
    /// As the package's own metadata writes it.
    pub name: String,
    /// None where the source names no version.
    pub version: Option<String>,
    /// None where no purl can be made; the component is still reported.
    pub purl: Option<Purl>,
    /// `runtime`, `development`, `optional`, ... (open).
    pub scope: String,
    /// Licences the metadata declares.
    pub licenses: Vec<License>,
    /// Digests of the component's own bytes, where it is a file.
    pub digests: Vec<Digest>,
    /// Where it was seen.
    pub locations: Vec<Location>,
    /// The step that reported it, and the subject it belongs to. Set by the host.
    pub origin: Origin,
    /// Facts by key; see `wit/PROPERTIES.md`.
    pub properties: Properties,
}

impl Component {
    /// The purl under which the component is published: with the source package and the distribution in it, where they are
    /// known and the purl does not say them. Whoever reads the document needs them to find advisories, and a purl is the
    /// one place where every reader looks.
    #[must_use]
    pub fn published_purl(&self) -> Option<Purl> {
        let mut purl = self.purl.clone()?;
        for (qualifier, property) in [("distro", "chiron:distro"), ("upstream", "chiron:upstream")] {
            let value = self.properties.iter().find(|(key, _)| key == property).map(|(_, value)| value);
            if let Some(value) = value.filter(|_| purl.qualifier(qualifier).is_none()) {
                purl = purl.with_qualifier(qualifier, value).unwrap_or(purl);
            }
        }
        Some(purl)
    }
}

/// Who said it, about what. The host sets both; no plugin can.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Id of the step.
    pub step: String,
    /// Name of the subject.
    pub subject: String,
}

/// "source kind target", e.g. "a depends-on b".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    /// Component id.
    pub source: String,
    /// `depends-on`, `contains`, ... (open).
    pub kind: String,
    /// Component id.
    pub target: String,
}
