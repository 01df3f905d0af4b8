//! Builds the first-party plugins for wasm32-unknown-unknown and embeds them as components, with their code: whoever starts the
//! program for the first time waits for no compiler.
//!
//! A nested cargo with a target folder of its own does the work: the outer one holds a lock on its folder, and `OUT_DIR`
//! differs between test, clippy, debug and release, which would build everything four times. The compiler is built by it too, and is
//! no dependency of this script: cargo decides about features of build scripts apart, and would compile wasmtime twice in each profile.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Names of the plugins in the binary, and the package of each. A package of one plugin is that plugin; one of several has
/// each as an example of type `cdylib`.
const PLUGINS: [(&str, &str); 11] = [
    ("cyclonedx", "cyclonedx"),
    ("osv", "osv"),
    ("gate", "gate"),
    ("cosign", "cosign"),
    ("syft-report", "syft"),
    ("syft-adapter", "syft"),
    ("grype-report", "grype"),
    ("grype-adapter", "grype"),
    ("trivy-report", "trivy"),
    ("osv-scanner-report", "osv-scanner"),
    ("sarif-report", "sarif"),
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    println!("cargo::rerun-if-env-changed=CHIRON_PREBUILT_PLUGINS");
    watch(&root);
    let guests = guests_folder(&out);
    fs::create_dir_all(&guests)?;
    // Two outer builds at once (an editor and a shell) must not build into one folder at once.
    let lock = fs::File::create(guests.join(".chiron-build.lock"))?;
    fs4::FileExt::lock(&lock)?;
    let modules = match env::var_os("CHIRON_PREBUILT_PLUGINS") {
        Some(folder) => prebuilt(Path::new(&folder))?,
        None => {
            if !target_is_installed()? {
                println!("cargo::error=first-party plugins need the {TARGET} target: run `rustup target add {TARGET}`");
                return Ok(());
            }
            build(&root, &guests)?
        }
    };
    let compiled = compile(&root, &guests, modules)?;
    let mut table = String::from("&[\n");
    for (name, _) in PLUGINS {
        let copy = |ending: &str| -> Result<PathBuf> {
            let file = out.join(name).with_extension(ending);
            fs::copy(compiled.join(name).with_extension(ending), &file)?;
            Ok(file)
        };
        let (component, code) = (copy("wasm")?, copy("code")?);
        let digest = sha256(&fs::read(&component)?);
        table.push_str(&format!(
            "    Embedded {{\n        builtin: chiron_pipeline::Builtin {{ name: {name:?}, version: env!(\"CARGO_PKG_VERSION\"), bytes: include_bytes!({component:?}) }},\n        compiled: chiron_sandbox::Compiled {{ digest: {digest:?}, code: include_bytes!({code:?}) }},\n    }},\n"
        ));
    }
    table.push_str("]\n");
    fs::write(out.join("builtins.rs"), table)?;
    Ok(())
}

/// What a change of which builds the plugins anew.
fn watch(root: &Path) {
    for path in
        ["plugins", "sdk/rust/src", "sdk/rust/wit", "sdk/rust/Cargo.toml", "host/compiler", "Cargo.toml", "Cargo.lock"]
    {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// Whether the target's standard library is there; works with and without rustup.
fn target_is_installed() -> Result<bool> {
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let folder = String::from_utf8(output.stdout)?;
    let Ok(entries) = fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    Ok(entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    }))
}

/// `<target>/guests`: found from `OUT_DIR`, which is `<target>/[triple/]<profile>/build/<package>/out`.
fn guests_folder(out: &Path) -> PathBuf {
    let tagged = out.ancestors().skip(4).find(|folder| folder.join("CACHEDIR.TAG").exists());
    tagged.or_else(|| out.ancestors().nth(4)).unwrap_or(out).join("guests")
}

fn build(root: &Path, guests: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut cargo = cargo(root, guests, "guest");
    cargo.args(["--lib", "--examples", "--target", TARGET]);
    for (_, package) in PLUGINS {
        cargo.args(["-p", &format!("chiron-plugin-{package}")]);
    }
    // The same bytes from any folder: neither the checkout's path nor cargo's home may stand in panic messages.
    let mut flags = format!("--remap-path-prefix={}=/chiron", root.display());
    if let Some(home) = cargo_home() {
        flags.push_str(&format!("\u{1f}--remap-path-prefix={}=/cargo", home.display()));
        // Below this, each registry has a folder that is named after its address: a mirror must not change the bytes. Of
        // two prefixes that match, rustc takes the later one.
        let sources = home.join("registry/src");
        for registry in fs::read_dir(&sources).into_iter().flatten().flatten() {
            let path = registry.path();
            flags.push_str(&format!("\u{1f}--remap-path-prefix={}=/cargo/registry", path.display()));
        }
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    run(cargo, "failed to build the first-party plugins")?;
    let folder = guests.join(TARGET).join("guest");
    let module = |(name, package): &(&str, &str)| {
        let file = if name == package {
            folder.join(format!("chiron_plugin_{name}.wasm"))
        } else {
            folder.join("examples").join(format!("{}.wasm", name.replace('-', "_")))
        };
        let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(((*name).to_owned(), bytes))
    };
    PLUGINS.iter().map(module).collect()
}

/// A folder with `NAME.wasm`, the component, and `NAME.code`, what it is compiled to, for each module.
fn compile(root: &Path, guests: &Path, modules: Vec<(String, Vec<u8>)>) -> Result<PathBuf> {
    let target = env::var("TARGET")?;
    let mut cargo = cargo(root, guests, "compiler");
    cargo.args(["-p", "chiron-compiler", "--bin", "chiron-compiler"]);
    run(cargo, "failed to build the compiler of plugins")?;
    let compiler = guests.join("compiler/chiron-compiler");
    let (folder, sources) = (guests.join("compiled").join(&target), guests.join("modules"));
    let stamp = folder.join("made-of");
    let tool = fs::read(&compiler).map_err(|error| format!("{}: {error}", compiler.display()))?;
    let mut made_of = format!("{target}\n{}\n", sha256(&tool));
    for (name, module) in &modules {
        made_of.push_str(&format!("{name} {}\n", sha256(module)));
    }
    // Written last: where it says so, all of them were compiled to their end.
    if fs::read_to_string(&stamp).is_ok_and(|before| before == made_of) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(&sources)?;
    let _ = fs::remove_file(&stamp);
    let mut command = Command::new(compiler);
    command.arg(target).arg(&folder);
    for (name, module) in modules {
        let file = sources.join(format!("{name}.wasm"));
        fs::write(&file, module)?;
        command.arg(file);
    }
    run(command, "failed to compile the first-party plugins")?;
    fs::write(&stamp, made_of)?;
    Ok(folder)
}

/// A cargo below this one, with a target folder of its own.
fn cargo(root: &Path, target_dir: &Path, profile: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--locked", "--profile", profile, "--target-dir"]).arg(target_dir);
    forget_the_outer_build(&mut cargo);
    cargo
}

/// What it wrote to standard error is cargo's error, if it fails.
fn run(mut command: Command, failed: &str) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        println!("cargo::error={line}");
    }
    Err(failed.into())
}

/// Drops what the outer cargo set for itself, and keeps what says where crates come from.
fn forget_the_outer_build(cargo: &mut Command) {
    let keep = ["CARGO_HOME", "CARGO_REGISTR", "CARGO_HTTP", "CARGO_SOURCE", "CARGO_NET"];
    for (key, _) in env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        let outer = key.starts_with("CARGO_") && !keep.iter().any(|prefix| key.starts_with(prefix));
        let tools = ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "MAKEFLAGS", "RUSTC", "RUSTDOC"];
        if outer || tools.contains(&key.as_str()) {
            cargo.env_remove(&key);
        }
    }
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))
}

/// Core modules or components that a packager built before: `NAME.wasm`, checked against `SHA256SUMS` in the same folder.
fn prebuilt(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let sums = fs::read_to_string(folder.join("SHA256SUMS"))
        .map_err(|error| format!("CHIRON_PREBUILT_PLUGINS: {}/SHA256SUMS: {error}", folder.display()))?;
    let mut modules = Vec::new();
    for (name, _) in PLUGINS {
        let file = format!("{name}.wasm");
        let bytes =
            fs::read(folder.join(&file)).map_err(|error| format!("CHIRON_PREBUILT_PLUGINS: {file}: {error}"))?;
        let expected = sums.lines().filter_map(|line| line.split_once("  ")).find(|(_, listed)| *listed == file);
        let Some((expected, _)) = expected else {
            return Err(format!("CHIRON_PREBUILT_PLUGINS: SHA256SUMS does not list {file}").into());
        };
        if sha256(&bytes) != expected {
            return Err(format!("CHIRON_PREBUILT_PLUGINS: {file} is not what SHA256SUMS says").into());
        }
        modules.push((name.to_owned(), bytes));
    }
    Ok(modules)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
