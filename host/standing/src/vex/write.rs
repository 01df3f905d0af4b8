//! OpenVEX as it is written: by a run (`-o openvex`), and by `chiron vex`.

use serde::Serialize;

use super::openvex::UNTIL;
use super::{Identity, Statement};
use chiron_model::vex::VexStatus;
use jiff::Timestamp;

/// The version that is written.
pub const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";

/// A document, in the order of the specification's examples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenVex {
    /// The format.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// An IRI.
    #[serde(rename = "@id")]
    pub id: String,
    /// Who says so.
    pub author: String,
    /// RFC 3339.
    pub timestamp: String,
    /// Of this document.
    pub version: u32,
    /// What wrote it.
    pub tooling: String,
    /// What it says.
    pub statements: Vec<Said>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// About what.
    pub vulnerability: Vulnerability,
    /// Since when, where that is not the document's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// In what.
    pub products: Vec<Thing>,
    /// OpenVEX's word.
    pub status: &'static str,
    /// Anything else that a reader should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_notes: Option<String>,
    /// Why not affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<&'static str>,
    /// Why not affected, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact_statement: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_statement: Option<String>,
}

/// A vulnerability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Vulnerability {
    /// Its id.
    pub name: String,
    /// Its other ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Thing {
    /// A package URL, or another id.
    #[serde(rename = "@id")]
    pub id: String,
    /// Its parts that are meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subcomponents: Vec<Part>,
}

/// A part of a product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Part {
    /// A package URL, or another id.
    #[serde(rename = "@id")]
    pub id: String,
}

/// How `status_notes` says the last day on which a statement holds.
#[must_use]
pub fn until_note(date: &str) -> String {
    format!("{UNTIL}{date}")
}

/// The demand of the specification on `affected` where nobody said what to do.
pub const NO_ACTION: &str = "no fix is known";

/// The vulnerability of the one statement of a document that has nothing to state. OpenVEX demands a statement; this one speaks of
/// what no scanner reports, and with a status that sets nothing aside. Readers of ours pass it over.
pub const NOTHING: &str = "urn:chiron:nothing-to-state";

impl Said {
    /// The statement of a document that has none.
    fn nothing() -> Self {
        Self {
            vulnerability: Vulnerability { name: NOTHING.to_owned(), aliases: Vec::new() },
            timestamp: None,
            products: vec![Thing { id: NOTHING.to_owned(), subcomponents: Vec::new() }],
            status: VexStatus::UnderInvestigation.word(),
            status_notes: Some("there was no finding to state anything about; OpenVEX demands a statement".to_owned()),
            justification: None,
            impact_statement: None,
            action_statement: None,
        }
    }

    /// A statement that was read, as OpenVEX has it.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        let text = statement.text.clone();
        let (impact, action) = match statement.status {
            VexStatus::NotAffected => (text, None),
            VexStatus::Affected => (None, Some(text.unwrap_or_else(|| NO_ACTION.to_owned()))),
            VexStatus::Fixed | VexStatus::UnderInvestigation => (None, None),
        };
        let unexplained = statement.status == VexStatus::NotAffected && statement.justification.is_none();
        Self {
            vulnerability: Vulnerability { name: statement.vulnerability.clone(), aliases: statement.aliases.clone() },
            timestamp: statement.timestamp.map(|time| time.to_string()),
            products: statement.products.iter().map(Thing::of).collect(),
            status: statement.status.word(),
            status_notes: statement.until.map(|date| until_note(&date.to_string())),
            justification: statement.justification.map(|justification| justification.word()),
            impact_statement: impact.or_else(|| unexplained.then(|| "no reason given".to_owned())),
            action_statement: action,
        }
    }
}

impl Thing {
    fn of(product: &super::Product) -> Self {
        let id =
            |identity: &Identity| identity.purl.as_ref().map_or_else(|| identity.text.clone(), ToString::to_string);
        Self {
            id: id(&product.identity),
            subcomponents: product.subcomponents.iter().map(|part| Part { id: id(part) }).collect(),
        }
    }
}

impl OpenVex {
    /// A document of these statements.
    #[must_use]
    pub fn new(id: String, author: String, timestamp: Timestamp, tooling: String, statements: Vec<Said>) -> Self {
        Self { context: CONTEXT, id, author, timestamp: timestamp.to_string(), version: 1, tooling, statements }
    }

    /// Its bytes: indented, with a line feed at the end. A document without statements gets the one that says so ([`NOTHING`]).
    ///
    /// # Errors
    /// When the encoder fails, which no document is known to cause.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = match self.statements.is_empty() {
            true => serde_json::to_vec_pretty(&Self { statements: vec![Said::nothing()], ..self.clone() })?,
            false => serde_json::to_vec_pretty(self)?,
        };
        bytes.push(b'\n');
        Ok(bytes)
    }
}
