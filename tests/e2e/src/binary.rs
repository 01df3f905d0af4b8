//! The binary under test: `CHIRON_BIN`, or the one that this very build makes.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// Where the binary is. Built first, because cargo builds no other package's binary for a test; when nothing changed that
/// takes cargo a moment.
///
/// # Panics
/// When it cannot be built.
pub fn path() -> &'static Path {
    // What went wrong is kept too: one failed build is enough for all tests.
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let binary = BINARY.get_or_init(|| match std::env::var_os("CHIRON_BIN") {
        Some(given) => Ok(PathBuf::from(given)),
        None => built("chiron"),
    });
    binary.as_ref().unwrap_or_else(|error| panic!("failed to build chiron:\n{error}"))
}

/// A program that does what it is told, for pipelines that run programs; built as the binary is.
///
/// # Panics
/// When it cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    // Where the binary is given, this lies beside it.
    let given = std::env::var_os("CHIRON_BIN").map(|binary| Path::new(&binary).with_file_name("test-program"));
    let program = PROGRAM.get_or_init(|| match given.filter(|beside| beside.exists()) {
        Some(beside) => Ok(beside),
        None => built("test-program"),
    });
    program.as_ref().unwrap_or_else(|error| panic!("failed to build the test program:\n{error}"))
}

/// The repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// Cargo's target folder: the running test is `<target>/<profile>/deps/<test>`.
#[must_use]
pub fn target() -> PathBuf {
    profile_folder().parent().expect("a profile lies in a target folder").to_path_buf()
}

fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a running test knows its path");
    let deps = test.ancestors().find(|folder| folder.ends_with("deps")).expect("a test lies in deps");
    deps.parent().expect("deps lies in a profile").to_path_buf()
}

fn built(name: &str) -> Result<PathBuf, String> {
    let folder = profile_folder();
    let profile = folder.file_name().expect("a profile has a name").to_string_lossy().into_owned();
    let profile = if profile == "debug" { "dev" } else { &profile };
    let mut cargo = cargo();
    // As `cargo test --workspace` builds: with fewer packages, or without tests, features of dependencies would differ, and the
    // largest of them would be compiled once more.
    cargo
        .current_dir(root())
        .args(["build", "--quiet", "--workspace", "--tests", "--bin", name, "--profile", profile, "--target-dir"])
        .arg(target());
    let built = cargo.output().expect("cargo runs");
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    Ok(folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// Cargo as a person would start it: without what the cargo that runs this test set for itself.
#[must_use]
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST", "CARGO_CRATE_", "CHIRON_"]
            .iter()
            .any(|outer| name.starts_with(outer))
        {
            cargo.env_remove(&key);
        }
    }
    cargo
}

/// The binary with nothing of this process's environment but `PATH`.
#[must_use]
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(path());
    scrub(&mut command, home);
    command
}

/// The binary below `/usr/bin/time`, which writes the peak memory in KiB into a file; None where that tool is missing.
#[must_use]
pub fn measured(home: &Path, into: &Path) -> Option<Command> {
    let time = Path::new("/usr/bin/time");
    if !time.exists() {
        crate::outside::missing("time");
        return None;
    }
    let mut command = Command::new(time);
    command.args(["-f", "%M", "-o"]).arg(into).arg(path());
    scrub(&mut command, home);
    Some(command)
}

fn scrub(command: &mut Command, home: &Path) {
    let search = std::env::var_os("PATH").unwrap_or_default();
    // Compiled plugins are kept between tests; each test has a home of its own otherwise.
    let cache = target().join("tmp/e2e-cache");
    command
        .env_clear()
        .env("PATH", search)
        .env("HOME", home)
        .env("XDG_CACHE_HOME", cache)
        .stdin(std::process::Stdio::null());
}

/// How a run of the binary ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Reads what a process left.
    #[must_use]
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("chiron writes UTF-8");
        Self { code: number(output.status), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Fails with everything that was said, unless this is how it ended.
    #[track_caller]
    #[must_use]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as one JSON value and nothing else.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not JSON: {error}\n{}\n--- stderr\n{}", self.stdout, self.stderr))
    }

    /// Fails unless standard error holds every one of the texts.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(flat(&self.stderr).contains(&flat(text)), "stderr does not say {text:?}:\n{}", self.stderr);
        }
        self
    }

    /// Fails unless standard output holds every one of the texts.
    #[track_caller]
    pub fn shows(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.stdout.contains(text), "stdout does not show {text:?}:\n{}", self.stdout);
        }
        self
    }
}

fn number(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

/// Without the frames and line breaks of a drawn message, which depend on the width.
fn flat(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || matches!(c, '│' | '×' | '╭' | '╰' | '─'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
