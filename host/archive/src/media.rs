//! What a file is: by its bytes, and by its name where bytes cannot tell.

mod executable;
mod json;
mod markup;

/// The media types this crate tells apart.
pub mod types {
    /// A directory.
    pub const DIRECTORY: &str = "inode/directory";
    /// A Python wheel. Ours: nothing is registered with IANA. By name alone, so that a broken wheel is still offered to
    /// whoever reads wheels, and fails there, instead of passing as unknown bytes.
    pub const WHEEL: &str = "application/vnd.pypa.wheel+zip";
    /// A Java archive: jar, war, ear. By name, as for wheels, and by its first member, which the format wants to be `META-INF/`.
    pub const JAR: &str = "application/java-archive";
    /// An executable, a library or an object in ELF.
    pub const ELF: &str = "application/x-elf";
    /// The same of Windows: Portable Executable.
    pub const PE: &str = "application/vnd.microsoft.portable-executable";
    /// The same of macOS: Mach-O, for one processor or several.
    pub const MACH_O: &str = "application/x-mach-binary";
    /// A zip archive.
    pub const ZIP: &str = "application/zip";
    /// A POSIX tar archive.
    pub const TAR: &str = "application/x-tar";
    /// gzip; whether a tar is inside is seen when it is opened.
    pub const GZIP: &str = "application/gzip";
    /// JSON that is none of the following.
    pub const JSON: &str = "application/json";
    /// A CycloneDX document in JSON (CycloneDX specification, "Media Types").
    pub const CYCLONEDX_JSON: &str = "application/vnd.cyclonedx+json";
    /// A CycloneDX document in XML (CycloneDX specification, "Media Types").
    pub const CYCLONEDX_XML: &str = "application/vnd.cyclonedx+xml";
    /// An SPDX document in JSON (SPDX 2.3, annex on media types); of version 2, or JSON-LD of version 3.
    pub const SPDX_JSON: &str = "application/spdx+json";
    /// A report in syft's own JSON format. Ours: nothing is registered with IANA.
    pub const SYFT_JSON: &str = "application/vnd.syft+json";
    /// A report in grype's own JSON format. Ours, as the next two.
    pub const GRYPE_JSON: &str = "application/vnd.grype+json";
    /// A report in trivy's own JSON format.
    pub const TRIVY_JSON: &str = "application/vnd.trivy+json";
    /// A report in osv-scanner's own JSON format.
    pub const OSV_SCANNER_JSON: &str = "application/vnd.osv-scanner+json";
    /// A SARIF document (registered with IANA).
    pub const SARIF: &str = "application/sarif+json";
    /// An SPDX 2 document of tags with values (the same annex).
    pub const SPDX_TAG_VALUE: &str = "text/spdx";
    /// UTF-8 text.
    pub const TEXT: &str = "text/plain";
    /// Anything else.
    pub const BYTES: &str = "application/octet-stream";
}

/// Bytes that tell text from other bytes.
const HEAD_BYTES: usize = 4096;

/// Finds out what a file is while it is being hashed, so that its bytes are read once.
pub(crate) struct Sniffer {
    head: Vec<u8>,
    json: json::Scanner,
    json_possible: bool,
}

impl Sniffer {
    pub(crate) fn new() -> Self {
        Self { head: Vec::new(), json: json::Scanner::new(), json_possible: true }
    }

    /// The next bytes, in order.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let missing = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        if self.json_possible {
            self.json_possible = self.json.update(bytes);
        }
    }

    /// Whether further bytes cannot change the answer.
    pub(crate) fn is_decided(&self) -> bool {
        self.head.len() >= HEAD_BYTES && !self.json_possible
    }

    /// What the file of this name is. `name` may be a path.
    pub(crate) fn finish(&self, name: &str) -> &'static str {
        if let Some(sure) = by_name(name) {
            return sure;
        }
        if is_jar(&self.head) {
            return types::JAR;
        }
        if let Some(known) = archive_type(&self.head).or_else(|| executable::media_type(&self.head)) {
            return known;
        }
        let lower = name.to_ascii_lowercase();
        match self.json.document() {
            Some(json::Document::CycloneDx) => types::CYCLONEDX_JSON,
            Some(json::Document::Spdx) => types::SPDX_JSON,
            Some(json::Document::Syft) => types::SYFT_JSON,
            Some(json::Document::Grype) => types::GRYPE_JSON,
            Some(json::Document::Trivy) => types::TRIVY_JSON,
            Some(json::Document::OsvScanner) => types::OSV_SCANNER_JSON,
            Some(json::Document::Sarif) => types::SARIF,
            Some(json::Document::Object) => types::JSON,
            None if lower.ends_with(".json") => types::JSON,
            None if markup::is_cyclonedx(&self.head) => types::CYCLONEDX_XML,
            None if markup::is_spdx(&self.head) => types::SPDX_TAG_VALUE,
            None if is_text(&self.head) => types::TEXT,
            None => types::BYTES,
        }
    }
}

/// What the name alone decides.
pub(crate) fn by_name(name: &str) -> Option<&'static str> {
    /// `hpi` and `jpi` are Jenkins' plugins.
    const JARS: [&str; 5] = [".jar", ".war", ".ear", ".hpi", ".jpi"];
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".whl") {
        return Some(types::WHEEL);
    }
    JARS.iter().any(|suffix| lower.ends_with(suffix)).then_some(types::JAR)
}

/// A zip whose first member is the folder `META-INF/` or the manifest in it (JAR File Specification).
fn is_jar(head: &[u8]) -> bool {
    let first = head.get(26..28).and_then(|length| {
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        head.get(30..30 + length)
    });
    head.starts_with(b"PK\x03\x04") && matches!(first, Some(b"META-INF/" | b"META-INF/MANIFEST.MF"))
}

/// Which archive begins with these bytes, by magic numbers. 262 bytes are enough.
pub(crate) fn archive_type(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(b"PK\x06\x06") {
        return Some(types::ZIP);
    }
    if head.starts_with(b"\x1f\x8b\x08") {
        return Some(types::GZIP);
    }
    // "ustar\0" is POSIX, "ustar " is GNU.
    (head.get(257..262) == Some(b"ustar".as_slice())).then_some(types::TAR)
}

/// UTF-8 without control characters other than white space; a character cut off at the end of the head is no fault.
fn is_text(head: &[u8]) -> bool {
    let cut = head.len() >= HEAD_BYTES;
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if cut && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.bytes().any(|byte| byte == 0x7f || (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media_type(name: &str, bytes: &[u8]) -> &'static str {
        let mut sniffer = Sniffer::new();
        // In small pieces, so that everything is found across them.
        for part in bytes.chunks(3) {
            sniffer.update(part);
        }
        sniffer.finish(name)
    }

    #[test]
    fn tells_files_apart_by_content() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (name, bytes, expected) in [
            ("x", b"PK\x03\x04".as_slice(), types::ZIP),
            ("a-1-py3-none-any.whl", b"PK\x03\x04", types::WHEEL),
            ("a-1-py3-none-any.whl", b"broken", types::WHEEL),
            ("x.tar.gz", b"\x1f\x8b\x08", types::GZIP),
            ("x.zip", &tar, types::TAR),
            ("x", b"plain\n", types::TEXT),
            ("a.JAR", b"broken", types::JAR),
            ("x.whl", b"\x7fELF\x02\x01", types::WHEEL),
            ("x.json", b"\x7fELF\x02\x01", types::ELF),
            ("x.json", b"[1]", types::JSON),
            ("x", b"\x7fELF\0\0", types::BYTES),
            ("x", b"", types::TEXT),
            ("x.j2", b"{% if a %}", types::TEXT),
            ("x", b"{\"a\": 1}", types::JSON),
        ] {
            assert_eq!(media_type(name, bytes), expected, "{name}");
        }
    }

    #[test]
    fn a_zip_that_begins_with_the_folder_of_manifests_is_a_java_archive() {
        let zip = |first: &str| {
            let mut head = vec![0; 30];
            head[..4].copy_from_slice(b"PK\x03\x04");
            head[26] = u8::try_from(first.len()).unwrap();
            media_type("x", &[head, first.into()].concat())
        };
        assert_eq!((zip("META-INF/"), zip("META-INF/MANIFEST.MF")), (types::JAR, types::JAR));
        assert_eq!((zip("META-INF/x"), zip("x/META-INF/"), zip("")), (types::ZIP, types::ZIP, types::ZIP));
    }

    #[test]
    fn finds_bills_of_materials_by_their_top_level_keys() {
        let cyclonedx = b"\xef\xbb\xbf\n {\"$schema\":\"x\", \"bomFormat\" : \"CycloneDX\"}";
        assert_eq!(media_type("sbom", cyclonedx), types::CYCLONEDX_JSON);
        assert_eq!(media_type("x.json", b"{\"spdxVersion\":\"SPDX-2.3\"}"), types::SPDX_JSON);
        assert_eq!(media_type("x.json", b"{\"artifacts\":[{}],\"artifactRelationships\":[]}"), types::SYFT_JSON);
        let mut late = format!("{{\"components\":[{}", "{\"name\":\"a\\\"b\"},".repeat(9000));
        late.push_str("{}],\"bomFormat\":\"CycloneDX\"}");
        assert_eq!(media_type("x", late.as_bytes()), types::CYCLONEDX_JSON);
    }

    #[test]
    fn finds_reports_by_two_keys_of_their_top_level() {
        for (bytes, expected) in [
            (r#"{"matches": [{"a": 1}], "source": null, "descriptor": {"name": "grype"}}"#, types::GRYPE_JSON),
            (r#"{"descriptor": {}, "matches": []}"#, types::GRYPE_JSON),
            (r#"{"SchemaVersion": 2, "CreatedAt": "x", "ArtifactName": "."}"#, types::TRIVY_JSON),
            (r#"{"results": [], "experimental_config": {}}"#, types::OSV_SCANNER_JSON),
            (r#"{"$schema": "x", "version": "2.1.0", "runs": []}"#, types::SARIF),
            (r#"{"runs": [{"tool": {}}], "version": "2.1.0"}"#, types::SARIF),
            // A report of another tool, a configuration, a quotation.
            (r#"{"matches": [], "results": [], "SchemaVersion": 2, "version": "1"}"#, types::JSON),
            (r#"{"a": {"matches": [], "descriptor": {}}}"#, types::JSON),
            (r#"{"a": "matches", "b": "descriptor"}"#, types::JSON),
        ] {
            assert_eq!(media_type("x", bytes.as_bytes()), expected, "{bytes}");
        }
    }

    #[test]
    fn finds_bills_of_materials_by_their_root_or_first_tag() {
        for (bytes, expected) in [
            ("<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"/>", types::CYCLONEDX_XML),
            (
                "\u{feff}<?xml version='1.0'?>\n<!-- > -->\n<x:bom a='>' xmlns:x = 'http://cyclonedx.org/schema/bom/9'>",
                types::CYCLONEDX_XML,
            ),
            (
                "<!DOCTYPE bom [<!ENTITY a \"b\">]><bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">",
                types::CYCLONEDX_XML,
            ),
            ("<project><!-- xmlns=\"http://cyclonedx.org/schema/bom/1.6\" --></project>", types::TEXT),
            ("<project><bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"/></project>", types::TEXT),
            ("<bom title=\"see http://cyclonedx.org/schema/bom/1.6\"/>", types::TEXT),
            ("<!-- <bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">", types::TEXT),
            ("SPDXVersion: SPDX-2.3\n", types::SPDX_TAG_VALUE),
            ("\u{feff}# a comment\r\n\r\n  SPDXVersion : SPDX-2.2", types::SPDX_TAG_VALUE),
            ("DocumentName: x\nSPDXVersion: SPDX-2.3\n", types::TEXT),
            ("about SPDXVersion: it\n", types::TEXT),
        ] {
            assert_eq!(media_type("x", bytes.as_bytes()), expected, "{bytes}");
        }
        let third = b"{\"@context\": \"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\", \"@graph\": []}";
        assert_eq!(media_type("x", third), types::SPDX_JSON);
        assert_eq!(media_type("x", b"{\"@context\": \"https://example.com/a.jsonld\"}"), types::JSON);
    }

    #[test]
    fn a_quoted_bill_of_materials_is_none() {
        for bytes in [
            b"{\"a\":{\"bomFormat\":\"CycloneDX\"}}".as_slice(),
            b"{\"a\":\"\\\"bomFormat\\\":\\\"CycloneDX\\\"\"}",
            b"{\"a\":\"bomFormat\",\"b\":\"CycloneDX\"}",
            b"{\"bomFormat\":\"other\"}",
            b"{\"bomFormat\":[\"CycloneDX\"]}",
        ] {
            assert_eq!(media_type("x", bytes), types::JSON);
        }
    }
}
