//! Credentials: read when a run starts, from a variable or a file, and wiped when it ends.

use std::fmt;
use std::io::Read as _;
use std::path::PathBuf;

use hyper::header::HeaderValue;
use zeroize::Zeroizing;

/// Longest credential, in bytes. Longer ones do not fit into a request's head.
const SECRET_BYTES_MAX: usize = 8192;

/// Shortest credential that is looked for in answers, in bytes: shorter ones stand in ordinary text by chance.
const ECHO_BYTES_MIN: usize = 8;

/// Where a credential is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In a variable of the environment.
    Env(String),
    /// In a file.
    File(PathBuf),
    /// One of several in a variable, written `key=value,key=value` with percent-encoded values.
    Pair {
        /// The variable.
        variable: String,
        /// The key, in lower case.
        key: String,
    },
}

/// Why a credential cannot be used. Nothing of it is in the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// No such variable.
    #[error("the environment has no {0}")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("failed to read {}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// Nothing in it.
    #[error("{0} is empty")]
    Empty(SecretSource),
    /// More than a head may hold.
    #[error("{0} holds more than {SECRET_BYTES_MAX} bytes")]
    TooLong(SecretSource),
    /// Line breaks, controls, or no ASCII.
    #[error("{0} holds more than one line of visible ASCII")]
    NotText(SecretSource),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Pair { variable, key } => write!(f, "`{key}` in the variable {variable}"),
        }
    }
}

/// A credential. Never printed, wiped when dropped; what hyper and the kernel copy of it on the way out is not.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads a credential. A line feed at its end, which editors write, is not part of it.
    ///
    /// # Errors
    /// See [`SecretError`].
    pub fn read(source: &SecretSource) -> Result<Self, SecretError> {
        let text = match source {
            SecretSource::Env(name) => variable(name, source)?,
            SecretSource::Pair { variable: name, key } => {
                let pairs = variable(name, source)?;
                let value = pair(&pairs, key).ok_or_else(|| SecretError::Empty(source.clone()))?;
                percent_decoded(value).ok_or_else(|| SecretError::NotText(source.clone()))?
            }
            SecretSource::File(path) => read_file(path, source)?,
        };
        Self::of(&text, source)
    }

    fn of(text: &str, source: &SecretSource) -> Result<Self, SecretError> {
        let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        if line.is_empty() {
            return Err(SecretError::Empty(source.clone()));
        }
        if line.len() > SECRET_BYTES_MAX {
            return Err(SecretError::TooLong(source.clone()));
        }
        let visible = line.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !visible || line.starts_with(' ') || line.ends_with(' ') {
            return Err(SecretError::NotText(source.clone()));
        }
        Ok(Self(Zeroizing::new(line.to_owned())))
    }

    /// A credential that is not from a source of its own: that of a proxy's address.
    pub(crate) fn from_text(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// As a field's value, after `scheme` ("Bearer ", "Basic ", or nothing). A secret that was read always makes one.
    pub(crate) fn header(&self, scheme: &str) -> Option<HeaderValue> {
        let text = Zeroizing::new(format!("{scheme}{}", self.0.as_str()));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Whether an answer holds the credential, as it is.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        let secret = self.0.as_bytes();
        secret.len() >= ECHO_BYTES_MIN && bytes.windows(secret.len()).any(|window| window == secret)
    }
}

fn variable(name: &str, source: &SecretSource) -> Result<Zeroizing<String>, SecretError> {
    std::env::var(name).map(Zeroizing::new).map_err(|error| match error {
        std::env::VarError::NotPresent => SecretError::NoVariable(name.to_owned()),
        std::env::VarError::NotUnicode(_) => SecretError::NotText(source.clone()),
    })
}

/// The last value of a key.
fn pair<'a>(pairs: &'a str, key: &str) -> Option<&'a str> {
    let pairs = pairs.split(',').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(key)).map(|(_, value)| value.trim()).next_back()
}

fn percent_decoded(text: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}

fn read_file(path: &std::path::Path, source: &SecretSource) -> Result<Zeroizing<String>, SecretError> {
    let failed = |error: std::io::Error| SecretError::File { path: path.to_path_buf(), reason: error.to_string() };
    let file = std::fs::File::open(path).map_err(failed)?;
    // Room for all of it at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * SECRET_BYTES_MAX));
    file.take(SECRET_BYTES_MAX as u64 + 3).read_to_end(&mut bytes).map_err(failed)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(SecretError::NotText(source.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Secret, SecretError> {
        Secret::of(text, &SecretSource::Env("TOKEN".to_owned()))
    }

    #[test]
    fn one_of_several_is_found_by_its_key() {
        let pairs = "a=1, X-Key=s3cret%20token%3D ,b=%2";
        assert_eq!(pair(pairs, "x-key"), Some("s3cret%20token%3D"));
        assert_eq!(percent_decoded("s3cret%20token%3D").unwrap().as_str(), "s3cret token=");
        assert!(pair(pairs, "c").is_none());
        for wrong in ["%2", "%+1", "%ff"] {
            assert!(percent_decoded(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_credential_is_one_line() {
        assert_eq!(of("s3cret-token\n").unwrap().header("Bearer ").unwrap(), "Bearer s3cret-token");
        assert_eq!(of("two words\r\n").unwrap().header("").unwrap(), "two words");
        for wrong in ["", "\n", "\r\n"] {
            assert!(matches!(of(wrong), Err(SecretError::Empty(_))), "{wrong:?}");
        }
        for wrong in ["a\nb", "a\n\n", " a", "a ", "a\tb", "a\0", "\u{e4}", "a\r\nx: y"] {
            assert!(matches!(of(wrong), Err(SecretError::NotText(_))), "{wrong:?}");
        }
        assert!(matches!(of(&"a".repeat(SECRET_BYTES_MAX + 1)), Err(SecretError::TooLong(_))));
    }

    #[test]
    fn it_is_read_from_a_file_and_missing_where_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let source = SecretSource::File(folder.path().join("token"));
        assert!(matches!(Secret::read(&source), Err(SecretError::File { .. })));
        std::fs::write(folder.path().join("token"), "s3cret-token\n").unwrap();
        assert_eq!(Secret::read(&source), of("s3cret-token"));
        std::fs::write(folder.path().join("token"), vec![b'a'; 100_000]).unwrap();
        assert!(matches!(Secret::read(&source), Err(SecretError::TooLong(_))));
        let variable = SecretSource::Env("CHIRON_TEST_NO_SUCH_VARIABLE".to_owned());
        assert_eq!(Secret::read(&variable), Err(SecretError::NoVariable("CHIRON_TEST_NO_SUCH_VARIABLE".to_owned())));
    }

    #[test]
    fn it_is_not_printed_and_is_found_in_an_answer() {
        let secret = of("s3cret-token").unwrap();
        assert!(!format!("{secret:?} {:?}", secret.header("")).contains("s3cret"));
        assert!(secret.is_in(b"you sent: Bearer s3cret-token!") && !secret.is_in(b"s3cret-toke"));
        assert!(!of("short").unwrap().is_in(b"short"));
    }
}
