//! What can be verified of a file.

/// One kind of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Somebody who was expected to signed the file, or a statement that endorses it.
    Signatures,
    /// An SBOM is about this file and no other.
    Sbom,
    /// It was built by the builder, from the source, that were expected.
    Provenance,
    /// Its SHA-256 is the one in a list.
    Checksums,
}

impl Check {
    /// Every check, in the order in which they are reported.
    pub const ALL: [Self; 4] = [Self::Signatures, Self::Sbom, Self::Provenance, Self::Checksums];

    /// Its name in output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Signatures => "signatures",
            Self::Sbom => "sbom",
            Self::Provenance => "provenance",
            Self::Checksums => "checksums",
        }
    }
}
