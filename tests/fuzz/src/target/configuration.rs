//! Texts of the operator's repository: whoever sends a change writes them.

use std::path::Path;

use chiron_pipeline::config;
use chiron_pipeline::lock::Lock;

pub(super) fn pipeline(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (_, mistakes) = config::read(text, Path::new("pipeline.toml"));
    for mistake in &mistakes {
        assert!(mistake.span.start <= mistake.span.end && mistake.span.end <= text.len(), "{mistake:?}");
        assert!(text.get(mistake.span.clone()).is_some(), "cuts a character: {mistake:?}");
    }
    assert_eq!(config::parse(text, Path::new("pipeline.toml")).is_ok(), mistakes.is_empty());
}

pub(super) fn lock(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chiron.lock");
    std::fs::write(&path, bytes).unwrap();
    if let Ok(Some(lock)) = Lock::read(&path) {
        let text = lock.text().unwrap();
        std::fs::write(&path, &text).unwrap();
        let again = Lock::read(&path).unwrap().unwrap();
        assert_eq!(again.text().unwrap(), text);
    }
}
