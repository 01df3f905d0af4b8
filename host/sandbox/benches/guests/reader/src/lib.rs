//! A generator that reads its file from start to end, in windows of the size its configuration names.

use chiron_sdk::sbom::{FileOutcome, Inventory, SbomGenerator, Source};
use chiron_sdk::{Description, Plugin, PluginError, Subject, config};

#[derive(serde::Deserialize)]
struct Reader {
    /// In bytes.
    window: u32,
}

impl Plugin for Reader {
    fn describe() -> Description {
        Description::new("bench-reader", "0.1.0", "reads a file").config_schema("{}")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        config::parse(text)
    }
}

impl SbomGenerator for Reader {
    fn generate(&self, _: &Subject, source: Source<'_>) -> Result<Inventory, PluginError> {
        let Source::File(blob) = source else {
            return Err(PluginError::BadInput("not a file".to_owned()));
        };
        let (mut offset, mut marks) = (0, 0);
        loop {
            let bytes = blob.read(offset, self.window)?;
            // One byte of each page, as the native loop that it is compared with.
            marks += bytes.iter().step_by(4096).map(|byte| u64::from(*byte)).sum::<u64>();
            match bytes.len() {
                0 => return Ok(Inventory::of_file(FileOutcome::read(&marks.to_string(), offset))),
                length => offset += length as u64,
            }
        }
    }
}

chiron_sdk::export!(Reader as sbom_generator);
