//! Subresource Integrity, as lock files give it for archives: `sha512-<base64>`, several parted by spaces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_sdk::Digest;

/// Algorithms and the bytes of their digests. Weaker ones are kept for what they are worth.
const ALGORITHMS: [(&str, usize); 4] = [("sha512", 64), ("sha384", 48), ("sha256", 32), ("sha1", 20)];

/// The digests of an archive; what is malformed is left out, as package managers do.
pub(crate) fn digests(integrity: &str) -> Vec<Digest> {
    integrity.split_ascii_whitespace().take(8).filter_map(digest).collect()
}

fn digest(text: &str) -> Option<Digest> {
    let (algorithm, rest) = text.split_once('-')?;
    let (algorithm, len) = ALGORITHMS.into_iter().find(|(name, _)| *name == algorithm)?;
    // Options may follow a question mark; none are in use.
    let bytes = STANDARD.decode(rest.split('?').next()?).ok().filter(|bytes| bytes.len() == len)?;
    Some(Digest { algorithm: algorithm.to_owned(), value: bytes.iter().map(|byte| format!("{byte:02x}")).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrity_becomes_digests_and_what_is_malformed_is_left_out() {
        let sha1 = digests("sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA= sha512-short md5-AAAA plain sha256-");
        assert_eq!(sha1, [Digest { algorithm: "sha1".to_owned(), value: "0".repeat(40) }]);
    }
}
