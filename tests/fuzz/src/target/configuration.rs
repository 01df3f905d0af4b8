//! Texts of the operator's repository: whoever sends a change writes them.

use std::fs;
use std::path::Path;

use chiron_pipeline::lock::Lock;
use chiron_pipeline::mistake::Mistake;
use chiron_pipeline::{Error, Operator, config};

pub(super) fn pipeline(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (_, mistakes) = config::read(text, Path::new("pipeline.toml"));
    lie_within(text, &mistakes);
    assert_eq!(config::parse(text, Path::new("pipeline.toml")).is_ok(), mistakes.is_empty());
}

/// Each mistake has a place in the text.
fn lie_within(text: &str, mistakes: &[Mistake]) {
    for mistake in mistakes {
        assert!(mistake.span.start <= mistake.span.end && mistake.span.end <= text.len(), "{mistake:?}");
        assert!(text.get(mistake.span.clone()).is_some(), "cuts a character: {mistake:?}");
    }
}

pub(super) fn operator(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operator.toml");
    fs::write(&path, bytes).unwrap();
    // A file that others may write is refused for that alone.
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    if let Err(Error::Mistakes(mistakes)) = Operator::read(&path, "test") {
        assert!(!mistakes.items.is_empty());
        lie_within(&mistakes.text, &mistakes.items);
    }
}

/// A schema in JSON up to the first zero byte, then a configuration in TOML.
pub(super) fn schema(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (schema, configuration) = text.split_once('\0').unwrap_or((text, ""));
    if let Ok(mistakes) = config::objections(schema, configuration) {
        lie_within(configuration, &mistakes);
    }
}

pub(super) fn lock(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chiron.lock");
    fs::write(&path, bytes).unwrap();
    if let Ok(Some(lock)) = Lock::read(&path) {
        let text = lock.text().unwrap();
        fs::write(&path, &text).unwrap();
        let again = Lock::read(&path).unwrap().unwrap();
        assert_eq!(again.text().unwrap(), text);
    }
}
