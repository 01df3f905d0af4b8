//! The measured guests, built as their author would build them.

use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// The component "asker" or "reader".
pub(crate) fn component(name: &str) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/guests");
    let target = target().join("bench-guests");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(source).args(["build", "--quiet", "--release", "--locked", "--target", TARGET]);
    cargo.arg("--target-dir").arg(&target);
    forget_the_outer_build(&mut cargo);
    assert!(cargo.status().unwrap().success(), "failed to build the guests");
    let module = target.join(TARGET).join("release").join(format!("bench_{name}.wasm"));
    chiron_sandbox::encode::component(&std::fs::read(module).unwrap()).unwrap()
}

/// `<target>` of `<target>/<profile>/deps/<bench>`.
fn target() -> PathBuf {
    let bench = std::env::current_exe().unwrap();
    bench.ancestors().nth(3).unwrap().to_path_buf()
}

/// Drops what the outer cargo set for itself, and keeps what says where crates come from.
fn forget_the_outer_build(cargo: &mut Command) {
    let keep = ["CARGO_HOME", "CARGO_REGISTR", "CARGO_HTTP", "CARGO_SOURCE", "CARGO_NET"];
    for (key, _) in std::env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        let outer = key.starts_with("CARGO") && !keep.iter().any(|prefix| key.starts_with(prefix));
        let flags = ["RUSTFLAGS", "RUSTC", "RUSTDOC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "MAKEFLAGS"];
        if outer || flags.contains(&key.as_str()) {
            cargo.env_remove(&key);
        }
    }
}
