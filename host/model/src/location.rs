//! Where in a subject a fact was seen.

/// A path inside the subject, with a line where the file has lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Slash-separated, relative to the subject's root; `.` is the subject itself.
    pub path: String,
    /// From 1.
    pub line: Option<u32>,
    /// The digest of the image layer, for container images.
    pub layer: Option<String>,
}

impl Location {
    /// A place that is a whole file.
    #[must_use]
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, layer: None }
    }
}
