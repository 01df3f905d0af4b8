//! The hostile guests, built as their author would build them, once for each test binary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "wasm32-unknown-unknown";

/// The component of a kind: "policy", "judge", "generator", "scanner", ...
pub fn component(kind: &str) -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    encoded(BUILT.get_or_init(|| build("release", &[])), kind)
}

/// The policy with files and lines left in it.
pub fn policy_with_lines() -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    encoded(BUILT.get_or_init(|| build("lines", &["-p", "hostile-policy"])), "policy")
}

fn encoded(folder: &Path, kind: &str) -> Vec<u8> {
    let module = folder.join(format!("hostile_{kind}.wasm"));
    let module = std::fs::read(&module).unwrap_or_else(|error| panic!("{}: {error}", module.display()));
    chiron_sandbox::encode::component(&module).unwrap()
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Builds guests in a profile; where their modules are.
fn build(profile: &str, which: &[&str]) -> PathBuf {
    let target = target().join("hostile");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root().join("tests/guests"));
    cargo.args(["build", "--quiet", "--locked", "--profile", profile, "--target", TARGET]).args(which);
    cargo.arg("--target-dir").arg(&target);
    forget_the_outer_build(&mut cargo);
    let built = cargo.output().unwrap();
    assert!(built.status.success(), "failed to build the hostile guests:\n{}", String::from_utf8_lossy(&built.stderr));
    target.join(TARGET).join(profile)
}

/// `<target>` of `<target>/<profile>/deps/<test>`.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let deps = test.ancestors().find(|folder| folder.ends_with("deps")).unwrap();
    deps.ancestors().nth(2).unwrap().to_path_buf()
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
