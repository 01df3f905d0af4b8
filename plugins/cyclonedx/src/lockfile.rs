//! A lock file's text: read within a limit, as UTF-8, with the numbers of its lines.

use chiron_sdk::content::{self, Blob};
use chiron_sdk::sbom::Inventory;
use chiron_sdk::{PluginError, progress};

use crate::listing::{self, Listing};

/// Largest lock file, in bytes. The largest seen has 12 MB; parsed it takes a few times as much memory.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The text of one file.
#[derive(Debug)]
pub(crate) struct Text {
    text: String,
    /// Where lines begin, in bytes.
    starts: Vec<usize>,
}

impl Text {
    /// Decodes a file. A byte order mark is taken off.
    ///
    /// # Errors
    /// In words, when it is not UTF-8.
    pub(crate) fn decode(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err("UTF-16, and lock files are UTF-8".to_owned());
        }
        let mut text = String::from_utf8(bytes)
            .map_err(|error| format!("not UTF-8: byte {} is wrong", error.utf8_error().valid_up_to()))?;
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        if text.contains('\0') {
            return Err("not text: it holds a zero byte".to_owned());
        }
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Ok(Self { text, starts })
    }

    /// All of it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The line, from 1, in which a part of this very text begins; none for any other text.
    pub(crate) fn line_of(&self, part: &str) -> Option<u32> {
        let at = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        if at > self.text.len() {
            return None;
        }
        u32::try_from(self.starts.partition_point(|&start| start <= at)).ok()
    }

    /// Its lines with their numbers, without their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// Reads a file and lists what `parse` finds in its text. What is wrong with the file is an outcome; only a cancelled
/// run is an error.
pub(crate) fn read(
    blob: &dyn Blob,
    parse: impl FnOnce(&Text) -> Result<Listing, String>,
) -> Result<Inventory, PluginError> {
    progress::check()?;
    let bytes = match content::read_all(blob, FILE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
        Err(error) => return Ok(listing::failed(&content::reason(&error))),
    };
    let listing = Text::decode(bytes).and_then(|text| parse(&text));
    progress::check()?;
    Ok(listing.map_or_else(|reason| listing::failed(&reason), Listing::into_inventory))
}

#[cfg(test)]
pub(crate) mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::{Coverage, Source};

    use super::*;
    use crate::CycloneDx;

    /// What the plugin makes of a file of this name.
    pub(crate) fn inventory(name: &str, text: impl AsRef<[u8]>) -> Inventory {
        use chiron_sdk::sbom::SbomGenerator as _;
        CycloneDx.generate(&fake::subject(name), Source::File(&FakeBlob::new(text.as_ref().to_vec()))).unwrap()
    }

    /// Each component as `purl-or-name@version scope`.
    pub(crate) fn listed(inventory: &Inventory) -> Vec<String> {
        inventory.components.iter().map(|component| format!("{} {}", component.id, component.scope)).collect()
    }

    /// Each relation as `source -> target`.
    pub(crate) fn needs(inventory: &Inventory) -> Vec<String> {
        inventory.relations.iter().map(|relation| format!("{} -> {}", relation.source, relation.target)).collect()
    }

    /// The values of a property of the component with this id.
    pub(crate) fn property<'a>(inventory: &'a Inventory, id: &str, key: &str) -> Vec<&'a str> {
        let component = inventory.components.iter().find(|component| component.id == id).unwrap();
        component.properties.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
    }

    /// The file's outcome as `coverage read dropped: reason`.
    pub(crate) fn outcome(inventory: &Inventory) -> String {
        let [file] = inventory.files.as_slice() else { panic!("{:?}", inventory.files) };
        let coverage = match file.coverage {
            Coverage::Read => "read",
            Coverage::Partly => "partly",
            Coverage::Unsupported => "unsupported",
            Coverage::Failed => "failed",
        };
        let reason = file.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{coverage} {} {}{reason}", file.entries_read, file.entries_dropped)
    }

    /// Runs a table of file texts and parts of their outcomes.
    pub(crate) fn outcomes(name: &str, table: &[(&str, &str)]) {
        for (text, expected) in table {
            let got = outcome(&inventory(name, text));
            assert!(got.contains(expected), "{name} of {}: {got}", crate::text::one_line(text, 100));
        }
    }

    #[test]
    fn parts_of_a_text_know_their_lines() {
        let text = Text::decode(b"\xef\xbb\xbfone\r\ntwo\n\nfour".to_vec()).unwrap();
        let lines: Vec<_> = text.lines().map(|(_, line)| line).collect();
        assert_eq!(lines, ["one", "two", "", "four"]);
        assert_eq!(
            lines.iter().map(|line| text.line_of(line)).collect::<Vec<_>>(),
            [Some(1), Some(2), Some(3), Some(4)]
        );
        assert_eq!(text.line_of("elsewhere"), None);
    }

    #[test]
    fn other_encodings_are_refused_by_name() {
        assert!(Text::decode(b"\xff\xfea\0".to_vec()).unwrap_err().contains("UTF-16"));
        assert!(Text::decode(b"\xfe\xff\0a".to_vec()).unwrap_err().contains("UTF-16"));
        assert_eq!(Text::decode(b"ab\xe9".to_vec()).unwrap_err(), "not UTF-8: byte 2 is wrong");
        assert!(Text::decode(b"a\0b".to_vec()).unwrap_err().contains("zero byte"));
    }

    #[test]
    fn a_file_that_is_too_large_or_cannot_be_read_fails_by_words() {
        let huge = FakeBlob::new(vec![b' '; FILE_BYTES_MAX as usize + 1]);
        let inventory = read(&huge, |_| Ok(Listing::default())).unwrap();
        assert!(outcome(&inventory).starts_with("failed 0 0: 33554433 bytes"), "{}", outcome(&inventory));
    }
}
