//! The formats that exist, and the one way in.

use std::fmt;
use std::str::FromStr;

use chiron_model::report::Report;

use crate::cyclonedx::Contents;
use crate::table::TableOptions;
use crate::{cyclonedx, json, sarif, table};

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For a person at a terminal.
    Table,
    /// Chiron's own JSON: everything the report holds.
    Json,
    /// CycloneDX 1.6 JSON.
    CycloneDxJson,
    /// SARIF 2.1.0.
    Sarif,
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
}

/// What the formats can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For the table.
    pub table: TableOptions,
    /// For CycloneDX: with or without vulnerabilities.
    pub contents: Contents,
}

impl Format {
    /// Every format, in the order in which help lists them.
    pub const ALL: [Self; 4] = [Self::Table, Self::Json, Self::CycloneDxJson, Self::Sarif];

    /// The word in options and settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::CycloneDxJson => "cyclonedx-json",
            Self::Sarif => "sarif",
        }
    }

    /// The media type, for HTTP answers.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Table => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::CycloneDxJson => "application/vnd.cyclonedx+json; version=1.6",
            Self::Sarif => "application/sarif+json",
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
        Format::CycloneDxJson => cyclonedx::encode(report, options.contents).map_err(failed),
        Format::Sarif => sarif::encode(report).map_err(failed),
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
        assert_eq!(error, "`xml` is not a format: expected one of table, json, cyclonedx-json, sarif");
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
