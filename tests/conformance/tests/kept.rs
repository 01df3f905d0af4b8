//! Compiled code that is kept: what is damaged is made anew, and the run does not notice.

mod hostile;

use std::path::{Path, PathBuf};

use chiron_model::event::Code;
use chiron_sandbox::{Cache, Engine, Plugin, inspect};
use hostile::{host, raw};

/// The only entry of the folder.
fn entry(folder: &Path) -> PathBuf {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut compiled: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "compiled")).collect();
    assert_eq!(compiled.len(), 1, "{compiled:?}");
    compiled.remove(0)
}

#[tokio::test]
async fn a_damaged_entry_is_compiled_anew_and_kept_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("cache");
    let bytes = raw::Policy::default().component();
    // As a process that starts: only the folder remembers.
    let load = || {
        let engine = Engine::new().unwrap().with_cache(Cache::open(&folder).unwrap());
        Plugin::load(&engine, &bytes, inspect(&bytes).unwrap()).unwrap()
    };
    assert_eq!((load().code(), load().code()), (Code::Compiled, Code::Cached));
    let path = entry(&folder);
    let good = std::fs::read(&path).unwrap();
    let damage: [fn(&mut Vec<u8>); 5] = [
        |bytes| bytes[0] ^= 1,
        |bytes| *bytes.last_mut().unwrap() ^= 0x80,
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.push(0),
        Vec::clear,
    ];
    for damage in damage {
        let mut bad = good.clone();
        damage(&mut bad);
        std::fs::write(&path, &bad).unwrap();
        let plugin = load();
        assert_eq!(plugin.code(), Code::Compiled);
        let answer = host::evaluate(&plugin, "", &host::small(), &std::sync::Arc::default()).await;
        assert!(answer.is_ok(), "{answer:?}");
        assert_eq!(load().code(), Code::Cached);
    }
}
