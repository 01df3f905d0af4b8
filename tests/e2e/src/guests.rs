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

/// The core module of a misbehaving guest of `tests/guests`, built as its author would build it.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn stranger(name: &str) -> PathBuf {
    const TARGET: &str = "wasm32-unknown-unknown";
    let folder = binary::target().join("hostile");
    let mut cargo = binary::cargo();
    cargo
        .current_dir(binary::root().join("tests/guests"))
        .args(["build", "--quiet", "--release", "--locked", "--target", TARGET, "--target-dir"])
        .arg(&folder);
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        cargo.env_remove(variable);
    }
    let built = cargo.output().expect("cargo runs");
    assert!(built.status.success(), "failed to build the guests:\n{}", String::from_utf8_lossy(&built.stderr));
    folder.join(TARGET).join("release").join(format!("hostile_{name}.wasm"))
}
