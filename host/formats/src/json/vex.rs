//! VEX documents, and what became of their statements.

use chiron_model::vex as model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::convert;

/// A VEX document that was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VexDocument {
    /// As the operator named it.
    pub name: String,
    /// `sha256:hex` of the file.
    pub digest: String,
    /// `openvex`, `csaf` or `cyclonedx`.
    pub format: String,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// How many statements it makes.
    pub statements: u64,
    /// How many of them speak of a finding.
    pub matched: u64,
    /// Those that speak of none: first those whose vulnerability was found.
    pub unmatched: Vec<VexMiss>,
    /// How many more speak of none than are listed.
    pub unlisted: u64,
}

/// A statement that speaks of no finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VexMiss {
    /// The vulnerability.
    pub vulnerability: String,
    /// The product, or the first of several.
    pub product: String,
    /// `not_affected`, `affected`, `fixed` or `under_investigation`.
    pub status: String,
    /// Why it met nothing.
    pub reason: String,
}

/// A statement that speaks of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VexRemark {
    /// The document it stands in.
    pub document: String,
    /// Who says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// `not_affected`, `affected`, `fixed` or `under_investigation`.
    pub status: String,
    /// Why not affected, in a word of OpenVEX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// Why, or what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// RFC 3339: since when it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// `holds`, `overruled` (a newer one says otherwise) or `expired`.
    pub effect: String,
}

impl From<&model::VexDocument> for VexDocument {
    fn from(document: &model::VexDocument) -> Self {
        Self {
            name: document.name.clone(),
            digest: document.digest.clone(),
            format: document.format.clone(),
            author: document.author.clone(),
            statements: document.statements,
            matched: document.matched,
            unmatched: convert::all(&document.unmatched),
            unlisted: document.unlisted,
        }
    }
}

impl From<&model::VexMiss> for VexMiss {
    fn from(miss: &model::VexMiss) -> Self {
        Self {
            vulnerability: miss.vulnerability.clone(),
            product: miss.product.clone(),
            status: miss.status.clone(),
            reason: miss.reason.clone(),
        }
    }
}

impl From<&model::VexRemark> for VexRemark {
    fn from(remark: &model::VexRemark) -> Self {
        Self {
            document: remark.document.clone(),
            author: remark.author.clone(),
            status: remark.status.word().to_owned(),
            justification: remark.justification.map(|justification| justification.word().to_owned()),
            text: remark.text.clone(),
            timestamp: remark.timestamp.clone(),
            effect: remark.effect.word().to_owned(),
        }
    }
}
