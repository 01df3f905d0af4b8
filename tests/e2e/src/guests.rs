//! First-party plugins as component files on disk.

use std::path::PathBuf;

use crate::Folder;
use crate::binary;

/// The core module of a first-party plugin, as the host's build script left it; None where the binary was not built here.
#[must_use]
pub fn module(name: &str) -> Option<PathBuf> {
    // Building the binary builds them.
    let _ = binary::path();
    let module =
        binary::target().join("guests/wasm32-unknown-unknown/guest").join(format!("chiron_plugin_{name}.wasm"));
    if module.exists() {
        return Some(module);
    }
    eprintln!("skipped: the module of the plugin {name} was not built here");
    None
}

/// Encodes a first-party plugin into a folder, as `file`.
#[must_use]
pub fn component(folder: &Folder, name: &str, file: &str) -> Option<()> {
    let module = module(name)?;
    let _ = folder.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", file]).with_code(0);
    Some(())
}
