//! Looks for the top-level keys that name a bill of materials or a scanner's report, in one pass and constant memory.
//!
//! No parser: it only keeps track of strings and nesting, so it never fails and never grows. Whoever reads the document
//! parses it properly. A search for the bare words would take every file that quotes an SBOM for one.

/// Strings longer than this are no key or value that matters. The contexts of SPDX 3 have about 50 bytes.
const STRING_BYTES_MAX: usize = 64;

/// What the contexts of SPDX 3 (JSON-LD) begin with.
const SPDX_CONTEXT: &[u8] = b"https://spdx.org/rdf/3";

/// What the top level says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// `"bomFormat": "CycloneDX"`.
    CycloneDx,
    /// `"spdxVersion": "…"`, or a context of SPDX 3.
    Spdx,
    /// `"artifactRelationships": …`, which syft's own format has and no other.
    Syft,
    /// `"matches"` and `"descriptor"`, as grype writes them.
    Grype,
    /// `"SchemaVersion"` and `"ArtifactName"`, as trivy writes them.
    Trivy,
    /// `"results"` and `"experimental_config"`, as osv-scanner writes them since 1.5.
    OsvScanner,
    /// `"runs"` and `"version"`, which SARIF wants.
    Sarif,
    /// Some other object.
    Object,
}

/// Reports that two keys name; one alone stands in many documents.
const PAIRS: [([&[u8]; 2], Document); 4] = [
    ([b"matches", b"descriptor"], Document::Grype),
    ([b"SchemaVersion", b"ArtifactName"], Document::Trivy),
    ([b"results", b"experimental_config"], Document::OsvScanner),
    ([b"runs", b"version"], Document::Sarif),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    BomFormat,
    SpdxVersion,
    Context,
    Other,
}

/// Where in the top level we are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first `{`, so many bytes of a byte order mark seen.
    Start(usize),
    /// Directly after it.
    Opened,
    /// A string here is a key.
    Key,
    /// A string here is the value of that key.
    Value(Key),
}

/// Fed with a file's bytes in order.
pub(crate) struct Scanner {
    place: Place,
    depth: u32,
    in_string: bool,
    escaped: bool,
    string: Vec<u8>,
    found: Option<Document>,
    /// Which keys of each of [`PAIRS`] were seen.
    seen: [[bool; 2]; PAIRS.len()],
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self {
            place: Place::Start(0),
            depth: 0,
            in_string: false,
            escaped: false,
            string: Vec::with_capacity(STRING_BYTES_MAX + 1),
            found: None,
            seen: [[false; 2]; PAIRS.len()],
        }
    }

    /// The next bytes; false once further ones cannot change the answer.
    pub(crate) fn update(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            let going_on = if self.in_string { self.string_byte(*byte) } else { self.byte(*byte) };
            if !going_on {
                return false;
            }
        }
        true
    }

    /// None when this is no JSON object.
    pub(crate) fn document(&self) -> Option<Document> {
        self.found
    }

    fn string_byte(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                return self.depth != 1 || self.string_ended();
            }
            _ => {}
        }
        // An escape leaves its backslash in, so that no escaped text equals a bare one.
        if self.depth == 1 && self.string.len() <= STRING_BYTES_MAX {
            self.string.push(byte);
        }
        true
    }

    fn string_ended(&mut self) -> bool {
        match (self.place, self.string.as_slice()) {
            (Place::Value(Key::BomFormat), b"CycloneDX") => self.found = Some(Document::CycloneDx),
            (Place::Value(Key::SpdxVersion), _) => self.found = Some(Document::Spdx),
            (Place::Value(Key::Context), text) if text.starts_with(SPDX_CONTEXT) => self.found = Some(Document::Spdx),
            (Place::Key, b"bomFormat") => self.place = Place::Value(Key::BomFormat),
            (Place::Key, b"artifactRelationships") => self.found = Some(Document::Syft),
            (Place::Key, b"spdxVersion") => self.place = Place::Value(Key::SpdxVersion),
            (Place::Key, b"@context") => self.place = Place::Value(Key::Context),
            (Place::Key, _) => {
                self.place = Place::Value(Key::Other);
                self.key_ended();
            }
            _ => {}
        }
        self.found == Some(Document::Object)
    }

    /// Notes a key that may name a report, together with another.
    fn key_ended(&mut self) {
        for ((keys, document), seen) in PAIRS.iter().zip(&mut self.seen) {
            for (key, seen) in keys.iter().zip(&mut *seen) {
                *seen |= self.string == *key;
            }
            if *seen == [true; 2] {
                self.found = Some(*document);
            }
        }
    }

    fn byte(&mut self, byte: u8) -> bool {
        match (self.place, byte) {
            (_, b' ' | b'\t' | b'\r' | b'\n') => {}
            (Place::Start(seen @ 0..=2), _) if byte == [0xef, 0xbb, 0xbf][seen] => self.place = Place::Start(seen + 1),
            (Place::Start(0 | 3), b'{') => {
                self.depth = 1;
                self.place = Place::Opened;
            }
            (Place::Start(_), _) => return false,
            (Place::Opened, b'"' | b'}') => {
                // Only now is it an object: templates begin with `{%` and `{{`.
                self.found = Some(Document::Object);
                self.place = Place::Key;
                return byte == b'"' && self.token(byte);
            }
            (Place::Opened, _) => return false,
            (Place::Key | Place::Value(_), _) => return self.token(byte),
        }
        true
    }

    fn token(&mut self, byte: u8) -> bool {
        match byte {
            b'"' => {
                self.in_string = true;
                self.string.clear();
            }
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 1 => self.place = Place::Key,
            _ => {}
        }
        // A value that is a list or an object is not the one looked for.
        if self.depth > 1 {
            self.place = Place::Value(Key::Other);
        }
        self.depth > 0
    }
}
