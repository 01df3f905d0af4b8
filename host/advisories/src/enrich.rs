//! What others know about a CVE beside its record: how likely it is to be exploited (EPSS), and whether it is (KEV).

mod epss;
mod kev;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use flate2::read::MultiGzDecoder;

pub use self::epss::Epss;
pub use self::kev::{Entry as KevEntry, Kev};

/// Largest file, in bytes as they are read, after decompression. EPSS is 10 MiB, the KEV catalogue 2 MiB.
const BYTES_MAX: u64 = 256 << 20;

/// Why a file cannot be used. What is damaged says nothing, and silence would look like "not exploited".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrichError {
    /// The operating system does not give it, or it is too large.
    #[error("failed to read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is not what it should be.
    #[error("{}:{line}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
}

/// Reads a file, decompressed where it is gzip, and the digest of its bytes as they lie there.
fn read(path: &Path) -> Result<(String, Digest), EnrichError> {
    let unreadable = |error: io::Error| EnrichError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let stored = limited(File::open(path).map_err(unreadable)?).map_err(unreadable)?;
    let digest = Digest::sha256_of(&stored);
    let plain = if stored.starts_with(&[0x1f, 0x8b]) {
        limited(MultiGzDecoder::new(stored.as_slice())).map_err(unreadable)?
    } else {
        stored
    };
    let text = String::from_utf8(plain).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
        EnrichError::Damaged { path: path.to_owned(), line, reason: "it is not UTF-8".to_owned() }
    })?;
    Ok((text, digest))
}

fn limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(io::Error::other(format!("it holds more than {BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

/// Year and number of `CVE-2024-12345`; None for anything else. Case does not matter.
fn cve(text: &str) -> Option<(u16, u64)> {
    let (prefix, rest) = (text.get(..4)?, text.get(4..)?);
    let (year, number) = rest.split_once('-').filter(|_| prefix.eq_ignore_ascii_case("CVE-"))?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = year.len() == 4 && (4..=19).contains(&number.len()) && digits(year) && digits(number);
    if sound { Some((year.parse().ok()?, number.parse().ok()?)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cve_is_a_year_and_a_number() {
        assert_eq!(cve("CVE-2024-12345"), Some((2024, 12345)));
        assert_eq!(cve("cve-1999-0001"), Some((1999, 1)));
        for other in ["", "CVE-2024", "CVE-2024-1", "GHSA-2024-1234", "CVE-24-1234", "CVE-2024-12x4", "ÄVE-2024-1234"]
        {
            assert_eq!(cve(other), None, "{other}");
        }
    }
}
