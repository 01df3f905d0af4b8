//! The formats that exist, and the one way in.

use std::fmt;
use std::str::FromStr;

use chiron_model::report::Report;

use crate::cyclonedx::{Contents, Version};
use crate::table::TableOptions;
use crate::{csv, cyclonedx, github, gitlab, html, json, junit, markdown, openvex, sarif, spdx, spdx3, table};

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For a person at a terminal.
    Table,
    /// Chiron's own JSON: everything the report holds.
    Json,
    /// CycloneDX 1.6 JSON.
    CycloneDxJson,
    /// CycloneDX 1.5 JSON, for readers that know no newer version.
    CycloneDxJson15,
    /// CycloneDX 1.7 JSON.
    CycloneDxJson17,
    /// CycloneDX 1.6 XML.
    CycloneDxXml,
    /// SPDX 2.3 JSON.
    SpdxJson,
    /// SPDX 3.0.1 JSON-LD.
    SpdxJson3,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Findings for a spreadsheet.
    Csv,
    /// A comment on a pull request.
    Markdown,
    /// Tests, for CI systems.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's dependency scanning report.
    Gitlab,
    /// One self-contained page.
    Html,
    /// OpenVEX 0.2.0: what was decided about each finding.
    OpenVex,
}

/// The word is none of the formats.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a format: expected one of {}", words())]
pub struct FormatError {
    word: String,
}

/// The report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The JSON encoder failed.
    #[error("failed to write the report as {format}")]
    Json {
        /// Which format.
        format: Format,
        /// The encoder's words.
        source: serde_json::Error,
    },
    /// The template engine failed.
    #[error("failed to write the report as {format}")]
    Template {
        /// Which format.
        format: Format,
        /// The engine's words.
        source: minijinja::Error,
    },
    /// The XML writer failed.
    #[error("failed to write the report as {format}")]
    Xml {
        /// Which format.
        format: Format,
        /// The writer's words.
        source: std::io::Error,
    },
}

/// What the formats can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For the table.
    pub table: TableOptions,
    /// For CycloneDX and SPDX: with or without vulnerabilities.
    pub contents: Contents,
}

impl Format {
    /// Whether it is a bill of materials.
    #[must_use]
    pub const fn is_sbom(self) -> bool {
        match self {
            Self::CycloneDxJson
            | Self::CycloneDxJson15
            | Self::CycloneDxJson17
            | Self::CycloneDxXml
            | Self::SpdxJson
            | Self::SpdxJson3 => true,
            Self::Table
            | Self::Json
            | Self::Sarif
            | Self::Csv
            | Self::Markdown
            | Self::Junit
            | Self::Github
            | Self::Gitlab
            | Self::Html
            | Self::OpenVex => false,
        }
    }

    /// Every format, in the order in which help lists them.
    pub const ALL: [Self; 16] = [
        Self::Table,
        Self::Json,
        Self::CycloneDxJson,
        Self::CycloneDxJson15,
        Self::CycloneDxJson17,
        Self::CycloneDxXml,
        Self::SpdxJson,
        Self::SpdxJson3,
        Self::Sarif,
        Self::Csv,
        Self::Markdown,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
        Self::Html,
        Self::OpenVex,
    ];

    /// The word in options and settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::CycloneDxJson => "cyclonedx-json",
            Self::CycloneDxJson15 => "cyclonedx-json-1.5",
            Self::CycloneDxJson17 => "cyclonedx-json-1.7",
            Self::CycloneDxXml => "cyclonedx-xml",
            Self::SpdxJson => "spdx-json",
            Self::SpdxJson3 => "spdx-json-3",
            Self::Sarif => "sarif",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Html => "html",
            Self::OpenVex => "openvex",
        }
    }

    /// The media type, for HTTP answers.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Table | Self::Github => "text/plain; charset=utf-8",
            Self::Json | Self::Gitlab | Self::OpenVex => "application/json",
            Self::CycloneDxJson => "application/vnd.cyclonedx+json; version=1.6",
            Self::CycloneDxJson15 => "application/vnd.cyclonedx+json; version=1.5",
            Self::CycloneDxJson17 => "application/vnd.cyclonedx+json; version=1.7",
            Self::CycloneDxXml => "application/vnd.cyclonedx+xml; version=1.6",
            Self::SpdxJson => "application/spdx+json",
            Self::SpdxJson3 => "application/ld+json",
            Self::Sarif => "application/sarif+json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Markdown => "text/markdown; charset=utf-8; variant=GFM",
            Self::Junit => "application/xml",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(word: &str) -> Result<Self, FormatError> {
        Self::ALL.into_iter().find(|format| format.word() == word).ok_or_else(|| FormatError { word: word.to_owned() })
    }
}

/// Writes the report. The same report and options give the same bytes; every format ends in a line feed.
///
/// # Errors
/// When the encoder fails, which no report is known to cause.
pub fn encode(report: &Report, format: Format, options: &Options) -> Result<Vec<u8>, EncodeError> {
    let failed = |source| EncodeError::Json { format, source };
    match format {
        Format::Table => Ok(table::render(report, options.table).into_bytes()),
        Format::Json => json::encode(report).map_err(failed),
        Format::CycloneDxJson => cyclonedx::encode(report, options.contents, Version::V1_6).map_err(failed),
        Format::CycloneDxJson15 => cyclonedx::encode(report, options.contents, Version::V1_5).map_err(failed),
        Format::CycloneDxJson17 => cyclonedx::encode(report, options.contents, Version::V1_7).map_err(failed),
        Format::CycloneDxXml => {
            cyclonedx::encode_xml(report, options.contents).map_err(|source| EncodeError::Xml { format, source })
        }
        Format::SpdxJson3 => spdx3::encode(report, options.contents).map_err(failed),
        Format::SpdxJson => spdx::encode(report, options.contents).map_err(failed),
        Format::Sarif => sarif::encode(report).map_err(failed),
        Format::Csv => Ok(csv::encode(report).into_bytes()),
        Format::Markdown => Ok(markdown::encode(report).into_bytes()),
        Format::Junit => junit::encode(report).map_err(|source| EncodeError::Xml { format, source }),
        Format::Github => Ok(github::encode(report).into_bytes()),
        Format::Gitlab => gitlab::encode(report).map_err(failed),
        Format::OpenVex => openvex::encode(report).map_err(failed),
        Format::Html => {
            let page = html::render(report).map_err(|source| EncodeError::Template { format, source })?;
            Ok(page.into_bytes())
        }
    }
}

fn words() -> String {
    Format::ALL.map(Format::word).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn reads_the_words_it_writes() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "xml".parse::<Format>().unwrap_err().to_string();
        assert!(
            error.starts_with(
                "`xml` is not a format: expected one of table, json, cyclonedx-json, cyclonedx-json-1.5, "
            )
        );
    }

    #[test]
    fn every_format_is_deterministic_and_ends_its_last_line() {
        for format in Format::ALL {
            let encode = || encode(&sample::report(), format, &Options::default()).unwrap();
            assert_eq!(encode(), encode());
            assert!(encode().ends_with(b"\n"));
        }
    }
}
