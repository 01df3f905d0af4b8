//! VEX documents: OpenVEX, CSAF and CycloneDX, read into one shape.

mod apply;
mod csaf;
mod cyclonedx;
mod merge;
mod openvex;
mod product;
pub mod write;

use chiron_model::digest::Digest;
use chiron_model::vex::{Justification, VexStatus};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub use apply::{Heard, apply};
pub use merge::merge;
pub use product::{Identity, Product, SUBJECT_PREFIX, subject_id};

use crate::text;

/// Largest document that is read, in bytes. Red Hat's largest advisories are about 20 MB.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most statements about one product each that a document may make. A distribution's feed of years stays below it.
pub const STATEMENTS_MAX: usize = 500_000;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VexFormat {
    /// OpenVEX 0.0.1 and 0.2.0.
    OpenVex,
    /// CSAF 2.0 and 2.1.
    Csaf,
    /// CycloneDX 1.4 to 1.7.
    CycloneDx,
}

impl VexFormat {
    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::Csaf => "csaf",
            Self::CycloneDx => "cyclonedx",
        }
    }
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// As the operator named it.
    pub name: String,
    /// Of its bytes.
    pub digest: Digest,
    /// Which format it was in.
    pub format: VexFormat,
    /// Who says so.
    pub author: Option<String>,
    /// What it says, in its order.
    pub statements: Vec<Statement>,
}

/// A statement: one vulnerability, one status, some products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The vulnerability.
    pub vulnerability: String,
    /// What else the document calls it. Shown, and never followed: which ids mean the same, databases assert.
    pub aliases: Vec<String>,
    /// Where the products stand.
    pub status: VexStatus,
    /// Why.
    pub justification: Option<Justification>,
    /// Why, or what to do, in words.
    pub text: Option<String>,
    /// Since when it says so.
    pub timestamp: Option<Timestamp>,
    /// The last day on which it holds: Chiron's own documents carry the end of a suppression.
    pub until: Option<Date>,
    /// What it is about.
    pub products: Vec<Product>,
}

/// Why a document is refused. A document of which a part is not understood may say the opposite there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VexError {
    /// Cut off, or no JSON.
    #[error("it is no whole JSON: {reason}")]
    NotJson {
        /// The parser's words, with line and column.
        reason: String,
    },
    /// Larger than anything real.
    #[error("it is larger than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// More than anything real.
    #[error("it makes more than {STATEMENTS_MAX} statements")]
    TooMany,
    /// Something else.
    #[error("it is no VEX document: neither OpenVEX, nor CSAF, nor CycloneDX with analysed vulnerabilities")]
    Foreign,
    /// A version that is not known.
    #[error("it is {format} of the version `{version}`, which is not known")]
    Version {
        /// The format.
        format: &'static str,
        /// As it stands there.
        version: String,
    },
    /// It lacks something, or says something that has no meaning.
    #[error("{place}: {reason}")]
    Invalid {
        /// Which statement.
        place: String,
        /// In words.
        reason: String,
    },
}

impl VexError {
    pub(crate) fn invalid(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { place: place.into(), reason: reason.into() }
    }
}

/// What tells the formats apart.
#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "@context")]
    context: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    #[serde(rename = "bomFormat")]
    bom_format: Option<IgnoredAny>,
}

/// Reads a document, whatever its format.
///
/// # Errors
/// What is cut off, foreign, huge, or half: it is refused whole.
pub fn read(name: &str, bytes: &[u8]) -> Result<Document, VexError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(VexError::TooLarge);
    }
    let bytes_of_text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // A list or a text is JSON, and no object: it is foreign, not half.
    let probe: Probe = match serde_json::from_slice(bytes_of_text) {
        Ok(probe) => probe,
        Err(error) if error.is_data() => return Err(VexError::Foreign),
        Err(error) => return Err(VexError::NotJson { reason: text::name(&error.to_string()) }),
    };
    let (format, (author, statements)) = match (probe.context, probe.document, probe.bom_format) {
        (_, _, Some(_)) => (VexFormat::CycloneDx, cyclonedx::read(bytes_of_text)?),
        (_, Some(_), None) => (VexFormat::Csaf, csaf::read(bytes_of_text)?),
        (Some(_), None, None) => (VexFormat::OpenVex, openvex::read(bytes_of_text)?),
        (None, None, None) => return Err(VexError::Foreign),
    };
    if statements.iter().map(|statement| statement.products.len().max(1)).sum::<usize>() > STATEMENTS_MAX {
        return Err(VexError::TooMany);
    }
    Ok(Document { name: name.to_owned(), digest: Digest::sha256_of(bytes), format, author, statements })
}

/// What a reader of a format gives: author, statements.
type Read = (Option<String>, Vec<Statement>);

/// A wire struct of a format.
fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, VexError> {
    serde_json::from_slice(bytes).map_err(|error| VexError::NotJson { reason: text::name(&error.to_string()) })
}

/// An RFC 3339 time.
fn time(given: &str, place: &str) -> Result<Timestamp, VexError> {
    let wrong = |_| VexError::invalid(place, format!("`{}` is not a time", text::name(given)));
    given.parse().map_err(wrong)
}

fn optional_time(given: Option<&str>, place: &str) -> Result<Option<Timestamp>, VexError> {
    given.map(|given| time(given, place)).transpose()
}

/// The id of a vulnerability: what a database could name.
fn id(given: &str, place: &str) -> Result<String, VexError> {
    let plain = given.trim();
    match plain {
        "" => Err(VexError::invalid(place, "it names no vulnerability")),
        long if long.len() > 200 || long.chars().any(char::is_control) => {
            Err(VexError::invalid(place, "what it names is no id of a vulnerability"))
        }
        id => Ok(id.to_owned()),
    }
}

#[cfg(test)]
mod tests;
