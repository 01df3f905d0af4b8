//! A tool: a pinned program, the operator's command lines for it, and what it may see and spend.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::profile::Profile;
use crate::program::Pinned;
use crate::template::{Hole, Template, TemplateError};

/// A tool, decided.
#[derive(Clone, Debug)]
pub struct Tool {
    /// The operator's name for it.
    pub name: String,
    /// The program, as planned.
    pub program: Pinned,
    /// As the lock says; empty where nothing is known.
    pub version: String,
    /// Command lines by name.
    pub profiles: BTreeMap<String, Profile>,
    /// Variables of its environment, beyond the few that every program gets.
    pub environment: Vec<(String, Environment)>,
    /// Files and folders that it may read, by name. Absolute.
    pub reads: BTreeMap<String, PathBuf>,
    /// How it is confined.
    pub confinement: Confinement,
    /// What it may spend.
    pub limits: Limits,
}

/// How a program is kept from the rest of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confinement {
    /// Namespaces of its own: no network, no file but its input and what the operator added, and nothing left running.
    #[default]
    Namespaces,
    /// None but an empty environment and a process group of its own. It can do what this user can.
    None,
}

impl Confinement {
    /// The word in files and settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::None => "none",
        }
    }
}

/// What one execution may spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes written to each of standard output and standard error.
    pub output_bytes: u64,
    /// Bytes of its own files. They are in memory.
    pub scratch_bytes: u64,
    /// Bytes of memory of each of its processes.
    pub memory_bytes: u64,
    /// Bytes of its input.
    pub input_bytes: u64,
    /// Files, folders and links of its input.
    pub input_entries: u64,
    /// Wall clock in milliseconds, beside the deadline of the plugin that asks.
    pub timeout_ms: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // An SBOM of a large image is some tens of megabytes.
            output_bytes: 256 * 1024 * 1024,
            scratch_bytes: 512 * 1024 * 1024,
            // Grype with its database open needs about one.
            memory_bytes: 4 * 1024 * 1024 * 1024,
            input_bytes: 8 * 1024 * 1024 * 1024,
            input_entries: 1_000_000,
            timeout_ms: None,
        }
    }
}

/// The value of a variable: a text in which `{scratch}` and `{read.NAME}` may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment(pub(crate) Template);

impl Environment {
    /// Reads a value.
    ///
    /// # Errors
    /// No template, or a hole that a variable cannot have: what a plugin says never becomes a part of the environment.
    pub fn parse(text: &str, reads: &std::collections::BTreeSet<&str>) -> Result<Self, TemplateError> {
        let template = Template::parse(text)?;
        let wrong = |name: &str| TemplateError::Name { name: name.to_owned() };
        if let Some(name) = template.only_if() {
            return Err(TemplateError::Switch { name: name.to_owned() });
        }
        for hole in template.holes() {
            match hole {
                Hole::Scratch => {}
                Hole::Read(name) if reads.contains(name.as_str()) => {}
                Hole::Read(name) => return Err(wrong(&format!("read.{name}"))),
                Hole::Input => return Err(wrong("input")),
                Hole::Argument(name) => return Err(wrong(name)),
            }
        }
        Ok(Self(template))
    }

    /// Whether a name can be that of a variable.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        name.len() <= 128 && name.bytes().all(inner) && name.starts_with(|c: char| !c.is_ascii_digit())
    }

    /// Whether a name is one of a variable that decides what code is loaded: the pinned bytes would not be what runs.
    #[must_use]
    pub fn is_dangerous(name: &str) -> bool {
        name.starts_with("LD_") || name.starts_with("DYLD_") || name == "GLIBC_TUNABLES"
    }
}
