//! The parts of SPDX 3.0.1 that are written, under the names of its JSON-LD context.

use serde::Serialize;

/// What terms of a document mean.
pub(super) const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

/// The one creation of everything in the document: a blank node.
pub(super) const CREATION: &str = "_:creation";

#[derive(Serialize)]
pub(super) struct Document {
    #[serde(rename = "@context")]
    pub(super) context: &'static str,
    #[serde(rename = "@graph")]
    pub(super) graph: Vec<Node>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Node {
    #[serde(rename_all = "camelCase")]
    CreationInfo {
        #[serde(rename = "@id")]
        id: &'static str,
        spec_version: &'static str,
        created: String,
        created_by: Vec<String>,
    },
    SoftwareAgent(Element),
    #[serde(rename_all = "camelCase")]
    SpdxDocument {
        #[serde(flatten)]
        element: Element,
        profile_conformance: Vec<&'static str>,
        data_license: String,
        root_element: Vec<String>,
        #[serde(rename = "element")]
        elements: Vec<String>,
    },
    #[serde(rename = "software_Sbom", rename_all = "camelCase")]
    Sbom {
        #[serde(flatten)]
        element: Element,
        profile_conformance: Vec<&'static str>,
        root_element: Vec<String>,
        #[serde(rename = "element")]
        elements: Vec<String>,
    },
    #[serde(rename = "software_Package")]
    Package {
        #[serde(flatten)]
        element: Element,
        #[serde(rename = "software_packageVersion", skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        #[serde(rename = "software_packageUrl", skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        #[serde(rename = "software_primaryPurpose", skip_serializing_if = "Option::is_none")]
        purpose: Option<&'static str>,
        #[serde(rename = "software_sourceInfo", skip_serializing_if = "Option::is_none")]
        source_info: Option<String>,
        #[serde(rename = "verifiedUsing", skip_serializing_if = "Vec::is_empty")]
        hashes: Vec<Hash>,
    },
    #[serde(rename = "security_Vulnerability", rename_all = "camelCase")]
    Vulnerability {
        #[serde(flatten)]
        element: Element,
        external_identifier: Vec<Identifier>,
    },
    #[serde(rename = "simplelicensing_LicenseExpression")]
    LicenseExpression {
        #[serde(flatten)]
        element: Element,
        #[serde(rename = "simplelicensing_licenseExpression")]
        expression: String,
    },
    #[serde(rename = "simplelicensing_SimpleLicensingText")]
    LicenseText {
        #[serde(flatten)]
        element: Element,
        #[serde(rename = "simplelicensing_licenseText")]
        text: String,
    },
    #[serde(rename_all = "camelCase")]
    Relationship {
        #[serde(flatten)]
        element: Element,
        from: String,
        relationship_type: &'static str,
        to: Vec<String>,
    },
}

/// What every element has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Element {
    pub(super) spdx_id: String,
    pub(super) creation_info: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "Hash", rename_all = "camelCase")]
pub(super) struct Hash {
    pub(super) algorithm: &'static str,
    pub(super) hash_value: String,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "ExternalIdentifier", rename_all = "camelCase")]
pub(super) struct Identifier {
    pub(super) external_identifier_type: &'static str,
    pub(super) identifier: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) identifier_locator: Vec<String>,
}

impl Node {
    /// Its id, for what the document lists. A creation has none.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::CreationInfo { .. } => None,
            Self::SoftwareAgent(element)
            | Self::SpdxDocument { element, .. }
            | Self::Sbom { element, .. }
            | Self::Package { element, .. }
            | Self::Vulnerability { element, .. }
            | Self::LicenseExpression { element, .. }
            | Self::LicenseText { element, .. }
            | Self::Relationship { element, .. } => Some(&element.spdx_id),
        }
    }
}
