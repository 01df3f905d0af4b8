//! `[tools.NAME]`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[tools.NAME]`: a program a plugin may run, through command lines that stand here and nowhere else.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolTable {
    /// A file relative to pipeline.toml where it holds a slash, else a name to be found in `PATH`.
    pub path: String,
    /// The program's digest, e.g. `sha256:9f86d0…`; beside that of chiron.lock.
    #[serde(default)]
    pub digest: Option<String>,
    /// Command lines by name, e.g. `dir = ["scan", "dir:{input}", "-o", "json"]`. Holes: `{input}`, `{scratch}`,
    /// `{read.NAME}`, and `{argument}` for what the plugin gives; `{?flag}` at the beginning of an element switches it. Braces
    /// are doubled: `{{`, `}}`.
    #[schemars(length(min = 1))]
    pub profiles: BTreeMap<String, Vec<String>>,
    /// What the plugin may give, by the names of holes.
    #[serde(default)]
    pub arguments: BTreeMap<String, ArgumentTable>,
    /// Variables of its environment, which is empty otherwise. `{scratch}` and `{read.NAME}` may stand in the values.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files and folders it may read beside its input, relative to this file, by the names of holes.
    #[serde(default)]
    pub read: BTreeMap<String, String>,
    /// How it is kept from the rest of the machine.
    #[serde(default)]
    pub confine: Confine,
    /// Arguments with which it tells its version, for `chiron lock`, e.g. `["--version"]`.
    #[serde(default)]
    pub version: Vec<String>,
    /// What it may write to each of standard output and standard error, e.g. "256 MiB".
    #[serde(default)]
    pub output: Option<String>,
    /// What its own files may hold, in memory, e.g. "512 MiB".
    #[serde(default)]
    pub scratch: Option<String>,
    /// Memory of each of its processes, e.g. "4 GiB".
    #[serde(default)]
    pub memory: Option<String>,
    /// Longest execution, e.g. "5m"; the step's deadline holds beside it.
    #[serde(default)]
    pub timeout: Option<String>,
}

/// How a program is kept from the rest of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confine {
    /// Namespaces of its own: no network, no file but its input and `read`, nothing left running. Linux only.
    #[default]
    Namespaces,
    /// An empty environment and nothing else: the program can do what you can. It stands in the report.
    None,
}

/// What a plugin may give for a hole.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArgumentTable {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ArgumentType,
    /// For a text: what it matches as a whole, a regular expression.
    #[serde(default)]
    pub pattern: Option<String>,
    /// For a text: what it is one of.
    #[serde(default)]
    pub one_of: Option<Vec<String>>,
    /// For a number: the smallest; 0 where absent.
    #[serde(default)]
    pub min: Option<i64>,
    /// For a number: the largest.
    #[serde(default)]
    pub max: Option<i64>,
}

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ArgumentType {
    /// A text, with `pattern` or `one_of`. It never begins with `-` or `@`, and holds no control character.
    Text,
    /// A whole number.
    Number,
    /// On or off: for `{?name}`.
    Flag,
}
