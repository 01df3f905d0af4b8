//! What a report says of the files that a pipeline extends.

use chiron_model::report::{Note, Setting};

use crate::config::PipelineConfig;

/// Name and digest of each. Reports hold no absolute path: of one, the last part is named.
pub(super) fn named(config: &PipelineConfig) -> Vec<(String, String)> {
    config.bases.read.iter().map(|base| (shown(&base.name), base.digest.to_string())).collect()
}

pub(super) fn settings(config: &PipelineConfig) -> Vec<Setting> {
    let setting =
        |(name, digest)| Setting { key: format!("extends.{name}"), value: digest, source: "pipeline.toml".to_owned() };
    named(config).into_iter().map(setting).collect()
}

/// The base in which a value stands; None for the pipeline itself.
pub(super) fn source(config: &PipelineConfig, pointer: &str) -> Option<String> {
    let origin = config.document.origin(pointer);
    config.bases.read.iter().find(|base| base.name == origin).map(|base| shown(&base.name))
}

/// What the extending file says otherwise than a base. It may; a reader should know.
pub(super) fn notes(config: &PipelineConfig) -> Vec<Note> {
    let replaced = &config.bases.replaced;
    let message = format!("pipeline.toml replaces what a file says that it extends: {}", replaced.join(", "));
    let note = Note { code: "base-replaced".to_owned(), message };
    (!replaced.is_empty()).then_some(note).into_iter().collect()
}

fn shown(name: &str) -> String {
    match name.strip_prefix('/') {
        Some(rest) => rest.rsplit('/').next().unwrap_or(rest).to_owned(),
        None => name.to_owned(),
    }
}
