//! The parts of SPDX 2.3 that are written.

use serde::Serialize;

/// What nobody said.
pub(super) const NO_ASSERTION: &str = "NOASSERTION";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) spdx_version: &'static str,
    pub(super) data_license: &'static str,
    #[serde(rename = "SPDXID")]
    pub(super) id: &'static str,
    pub(super) name: String,
    pub(super) document_namespace: String,
    pub(super) creation_info: CreationInfo,
    pub(super) packages: Vec<Package>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) has_extracted_licensing_infos: Vec<ExtractedLicense>,
    pub(super) relationships: Vec<Relationship>,
}

#[derive(Serialize)]
pub(super) struct CreationInfo {
    pub(super) created: String,
    pub(super) creators: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Package {
    #[serde(rename = "SPDXID")]
    pub(super) id: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version_info: Option<String>,
    pub(super) download_location: &'static str,
    pub(super) files_analyzed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) primary_package_purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) checksums: Vec<Checksum>,
    pub(super) license_concluded: &'static str,
    pub(super) license_declared: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) license_comments: Option<String>,
    pub(super) copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) external_refs: Vec<ExternalRef>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checksum {
    pub(super) algorithm: &'static str,
    pub(super) checksum_value: String,
}

#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExternalRef {
    pub(super) reference_category: &'static str,
    pub(super) reference_type: &'static str,
    pub(super) reference_locator: String,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExtractedLicense {
    pub(super) license_id: String,
    pub(super) extracted_text: String,
}

#[derive(Serialize)]
pub(super) struct Relationship {
    #[serde(rename = "spdxElementId")]
    pub(super) source: String,
    #[serde(rename = "relationshipType")]
    pub(super) kind: &'static str,
    #[serde(rename = "relatedSpdxElement")]
    pub(super) target: String,
}
