//! Names of keys in tokens: the URI scheme of PKCS #11 (RFC 7512). Read here and not by a crate: the one there is (`pk11-uri-parser`)
//! decodes nothing, and prints.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::SecretSource;

/// Longest URI that is read, in bytes. Everything that tokens and objects have to be told apart by fits into a few hundred.
const URI_BYTES_MAX: usize = 4096;

/// The scheme, with its colon.
const SCHEME: &str = "pkcs11:";

/// The attribute that gives a PIN (section 2.4), with its sign.
const PIN_VALUE: &[u8] = b"pin-value=";

/// What the path of a URI may say of module, slot, token and object (RFC 7512, section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Attribute {
    /// `CKA_LABEL` of the key.
    Object,
    /// `CKA_ID` of the key: bytes.
    Id,
    /// `CKA_CLASS` of the object.
    Type,
    /// The token's label.
    Token,
    /// The token's serial number.
    Serial,
    /// The token's model.
    Model,
    /// Who made the token.
    Manufacturer,
    /// The number of the slot, which modules may give anew whenever they start.
    SlotId,
    /// What the slot is called.
    SlotDescription,
    /// Who made the slot.
    SlotManufacturer,
    /// What the module is called.
    LibraryDescription,
    /// Who made the module.
    LibraryManufacturer,
    /// The module's version: `MAJOR` or `MAJOR.MINOR`.
    LibraryVersion,
}

impl Attribute {
    /// Every one, in the order in which they are written.
    pub(super) const ALL: [Self; 13] = [
        Self::LibraryDescription,
        Self::LibraryManufacturer,
        Self::LibraryVersion,
        Self::SlotId,
        Self::SlotDescription,
        Self::SlotManufacturer,
        Self::Token,
        Self::Manufacturer,
        Self::Model,
        Self::Serial,
        Self::Type,
        Self::Object,
        Self::Id,
    ];

    /// Its name.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Id => "id",
            Self::Type => "type",
            Self::Token => "token",
            Self::Serial => "serial",
            Self::Model => "model",
            Self::Manufacturer => "manufacturer",
            Self::SlotId => "slot-id",
            Self::SlotDescription => "slot-description",
            Self::SlotManufacturer => "slot-manufacturer",
            Self::LibraryDescription => "library-description",
            Self::LibraryManufacturer => "library-manufacturer",
            Self::LibraryVersion => "library-version",
        }
    }
}

/// What is wrong with a URI. No message holds a value of it: a PIN may be among them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Another scheme, or none.
    #[error("it does not begin with `pkcs11:`")]
    Scheme,
    /// Too long.
    #[error("it is longer than {URI_BYTES_MAX} bytes")]
    TooLong,
    /// A part that is no attribute.
    #[error("a part of it is no `name=value`")]
    NoAttribute,
    /// The path has an attribute that nobody knows, so that nothing has it (RFC 7512, section 2.5).
    #[error("`{name}` is nothing that keys are told apart by")]
    Unknown {
        /// Made inert and cut.
        name: String,
    },
    /// An attribute stands twice.
    #[error("`{name}` stands twice")]
    Twice {
        /// Its name.
        name: &'static str,
    },
    /// A character that has to be percent-encoded.
    #[error("the value of `{name}` has a character that has to be percent-encoded (a blank is %20)")]
    Character {
        /// Of the attribute.
        name: String,
    },
    /// A percent sign without two hexadecimal digits.
    #[error("the value of `{name}` has a `%` without two hexadecimal digits")]
    Percent {
        /// Of the attribute.
        name: String,
    },
    /// A value that is none of the attribute's.
    #[error("the value of `{name}` is not {expected}")]
    Value {
        /// Of the attribute.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A secret in a file, or on a command line.
    #[error("`pin-value` would put the PIN where everybody reads it")]
    PinValue,
    /// A program that gives the PIN.
    #[error("`pin-source` names a program, and none is run for a PIN")]
    PinProgram,
    /// A module by its name alone.
    #[error("`module-name` is looked for nowhere: `module-path` names the file")]
    ModuleName,
    /// Which key it is does not stand in it.
    #[error("it names no key: `object` (the label) or `id` is missing")]
    NoKey,
    /// Which token it is does not stand in it, so that the PIN would be tried on any.
    #[error("it names no token: `token` (the label), `serial` or `slot-id` is missing")]
    NoToken,
    /// Something that is no key.
    #[error("it names something that is no key of a pair: `type` is `private`, `public`, or left out")]
    OtherType,
}

/// A key in a token, by what the URI says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenUri {
    path: BTreeMap<Attribute, Vec<u8>>,
    module: Option<PathBuf>,
    pin: Option<PathBuf>,
    ignored: Vec<String>,
}

impl TokenUri {
    /// Whether a text is meant as one. Schemes have no case (RFC 3986, section 3.1).
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`UriError`]: what the RFC forbids, and what names no key of a token.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if !Self::is_meant(text) {
            return Err(UriError::Scheme);
        }
        // Before anything else: wherever it stands, what is taken for a label is told, and what else is wrong would tell of the PIN.
        if says_pin(text) {
            return Err(UriError::PinValue);
        }
        if text.len() > URI_BYTES_MAX {
            return Err(UriError::TooLong);
        }
        let rest = &text[SCHEME.len()..];
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for part in parts(path, ';') {
            uri.path_attribute(part?)?;
        }
        for part in parts(query, '&') {
            uri.query_attribute(part?)?;
        }
        uri.names_a_key()
    }

    fn path_attribute(&mut self, (name, value): (&str, &str)) -> Result<(), UriError> {
        let Some(attribute) = Attribute::ALL.into_iter().find(|attribute| attribute.word() == name) else {
            return Err(UriError::Unknown { name: shown(name) });
        };
        let value = decoded(name, value, PATH_AVAILABLE)?;
        let expected = match attribute {
            Attribute::Id => None,
            Attribute::SlotId => number(&value).is_none().then_some("a number"),
            Attribute::LibraryVersion => version(&value).is_none().then_some("MAJOR or MAJOR.MINOR"),
            Attribute::Object
            | Attribute::Type
            | Attribute::Token
            | Attribute::Serial
            | Attribute::Model
            | Attribute::Manufacturer
            | Attribute::SlotDescription
            | Attribute::SlotManufacturer
            | Attribute::LibraryDescription
            | Attribute::LibraryManufacturer => std::str::from_utf8(&value).is_err().then_some("UTF-8"),
        };
        if let Some(expected) = expected {
            return Err(UriError::Value { name: attribute.word(), expected });
        }
        match self.path.insert(attribute, value) {
            None => Ok(()),
            Some(_) => Err(UriError::Twice { name: attribute.word() }),
        }
    }

    /// What is not known in the query is passed over, and named (section 2.5).
    fn query_attribute(&mut self, (name, value): (&str, &str)) -> Result<(), UriError> {
        let (place, name) = match name {
            "module-name" => return Err(UriError::ModuleName),
            "module-path" => (&mut self.module, "module-path"),
            "pin-source" => (&mut self.pin, "pin-source"),
            other => {
                decoded(other, value, QUERY_AVAILABLE)?;
                self.ignored.push(shown(other));
                return Ok(());
            }
        };
        let bytes = decoded(name, value, QUERY_AVAILABLE)?;
        if name == "pin-source" && bytes.starts_with(b"|") {
            return Err(UriError::PinProgram);
        }
        let path = if name == "pin-source" { without_file(&bytes) } else { &bytes };
        if !path.starts_with(b"/") || path.contains(&0) {
            return Err(UriError::Value { name, expected: "the absolute path of a file" });
        }
        match place.replace(PathBuf::from(OsString::from_vec(path.to_vec()))) {
            None => Ok(()),
            Some(_) => Err(UriError::Twice { name }),
        }
    }

    fn names_a_key(self) -> Result<Self, UriError> {
        let has = |attributes: &[Attribute]| attributes.iter().any(|one| self.path.contains_key(one));
        if !has(&[Attribute::Object, Attribute::Id]) {
            return Err(UriError::NoKey);
        }
        if !has(&[Attribute::Token, Attribute::Serial, Attribute::SlotId]) {
            return Err(UriError::NoToken);
        }
        match self.text(Attribute::Type) {
            None | Some("private" | "public") => Ok(self),
            Some(_) => Err(UriError::OtherType),
        }
    }

    /// What it says of something: decoded bytes.
    pub(super) fn get(&self, attribute: Attribute) -> Option<&[u8]> {
        self.path.get(&attribute).map(Vec::as_slice)
    }

    /// The same, for what is text.
    pub(super) fn text(&self, attribute: Attribute) -> Option<&str> {
        std::str::from_utf8(self.get(attribute)?).ok()
    }

    /// The slot's number.
    #[must_use]
    pub fn slot(&self) -> Option<u64> {
        number(self.get(Attribute::SlotId)?)
    }

    /// The module's version: major and minor.
    #[must_use]
    pub fn library_version(&self) -> Option<(u64, u64)> {
        version(self.get(Attribute::LibraryVersion)?)
    }

    /// `module-path`: the file whose code reaches the token.
    #[must_use]
    pub fn module(&self) -> Option<&Path> {
        self.module.as_deref()
    }

    /// `pin-source`: the file that holds the PIN.
    #[must_use]
    pub fn pin_source(&self) -> Option<SecretSource> {
        self.pin.clone().map(SecretSource::File)
    }

    /// Attributes of the query that mean nothing here.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

/// As it is told: what names the key, always in the same order, without the query, which says how it is reached.
impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        let present = Attribute::ALL.into_iter().filter_map(|attribute| Some((attribute, self.get(attribute)?)));
        for (place, (attribute, value)) in present.enumerate() {
            if place > 0 {
                f.write_char(';')?;
            }
            write!(f, "{}=", attribute.word())?;
            for &byte in value {
                // It is recommended to encode the whole of an id (section 2.3).
                if attribute != Attribute::Id && is_available(byte, PATH_AVAILABLE) {
                    f.write_char(char::from(byte))?;
                } else {
                    write!(f, "%{byte:02X}")?;
                }
            }
        }
        Ok(())
    }
}

/// `pk11-path-res-avail` and `pk11-query-res-avail` (section 2.3), without the delimiter of each.
const PATH_AVAILABLE: &[u8] = b":[]@!$'()*+,=&";
const QUERY_AVAILABLE: &[u8] = b":[]@!$'()*+,=/?|";

fn is_available(byte: u8, reserved: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || reserved.contains(&byte)
}

type Part<'a> = Result<(&'a str, &'a str), UriError>;

/// `name=value` each; none of an empty text.
fn parts(text: &str, delimiter: char) -> impl Iterator<Item = Part<'_>> {
    let parts = (!text.is_empty()).then(|| text.split(delimiter));
    parts.into_iter().flatten().map(|part| match part.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => Err(UriError::NoAttribute),
    })
}

fn decoded(name: &str, value: &str, reserved: &[u8]) -> Result<Vec<u8>, UriError> {
    let mut bytes = value.bytes();
    let mut out = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits =
                [bytes.next(), bytes.next()].map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
            let [Some(high), Some(low)] = digits else { return Err(UriError::Percent { name: shown(name) }) };
            out.push(u8::try_from(high * 16 + low).unwrap_or_default());
        } else if is_available(byte, reserved) {
            out.push(byte);
        } else {
            return Err(UriError::Character { name: shown(name) });
        }
    }
    Ok(out)
}

/// Whether a PIN is given anywhere, in any case, percent-encoded or not.
fn says_pin(text: &str) -> bool {
    let digit =
        |at: Option<&u8>| at.and_then(|&byte| char::from(byte).to_digit(16)).and_then(|it| u8::try_from(it).ok());
    let (bytes, mut at, mut plain) = (text.as_bytes(), 0, Vec::with_capacity(text.len()));
    while let Some(&byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                plain.push(high * 16 + low);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain.make_ascii_lowercase();
    plain.windows(PIN_VALUE.len()).any(|window| window == PIN_VALUE)
}

/// A name of somebody's, fit to be told.
fn shown(name: &str) -> String {
    chiron_model::text::cut(&chiron_model::text::one_line(name), 40).into_owned()
}

/// `file:/etc/pin`, `file:///etc/pin` and `/etc/pin` are one file (RFC 8089).
fn without_file(bytes: &[u8]) -> &[u8] {
    match bytes.strip_prefix(b"file:") {
        None => bytes,
        Some(rest) => rest.strip_prefix(b"//").filter(|path| path.starts_with(b"/")).unwrap_or(rest),
    }
}

fn number(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok())?
}

fn version(value: &[u8]) -> Option<(u64, u64)> {
    let mut numbers = value.splitn(2, |&byte| byte == b'.').map(number);
    Some((numbers.next()??, numbers.next().unwrap_or(Some(0))?))
}

#[cfg(test)]
mod tests;
