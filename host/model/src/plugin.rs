//! Kinds of plugins, and the powers that exist.

use std::fmt;

/// What a plugin does. Order of phases follows from it: generate, scan, assess, sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginKind {
    /// Returns an inventory.
    SbomGenerator,
    /// Returns findings about components.
    Scanner,
    /// Returns a verdict.
    Policy,
    /// Returns signed bytes.
    Signer,
}

impl PluginKind {
    /// Every kind, in the order of phases.
    pub const ALL: [Self; 4] = [Self::SbomGenerator, Self::Scanner, Self::Policy, Self::Signer];

    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SbomGenerator => "sbom-generator",
            Self::Scanner => "scanner",
            Self::Policy => "policy",
            Self::Signer => "signer",
        }
    }

    /// The works by which a component is this kind of plugin.
    pub fn works(self) -> impl Iterator<Item = Work> {
        Work::ALL.into_iter().filter(move |work| work.kind() == self)
    }

    /// What a step of this kind may touch without being told so: the powers its work consists of.
    /// Anything else stands in the step's `allow`.
    #[must_use]
    pub const fn default_capabilities(self) -> &'static [Capability] {
        match self {
            Self::SbomGenerator => &[Capability::Content],
            Self::Scanner => &[Capability::Advisories, Capability::Versions],
            Self::Policy => &[],
            Self::Signer => &[Capability::Signing],
        }
    }
}

/// What a plugin is called for: a component exports exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// A file or tree in, an inventory out.
    Generate,
    /// Components in, claims out.
    Scan,
    /// A file or tree in, with the components that are known; claims out.
    ScanContent,
    /// Evidence in, a verdict out.
    Evaluate,
    /// Statements in, signed bytes out.
    Sign,
}

impl Work {
    /// Every work, in the order of phases.
    pub const ALL: [Self; 5] = [Self::Generate, Self::Scan, Self::ScanContent, Self::Evaluate, Self::Sign];

    /// The kind of plugin that does it.
    #[must_use]
    pub const fn kind(self) -> PluginKind {
        match self {
            Self::Generate => PluginKind::SbomGenerator,
            Self::Scan | Self::ScanContent => PluginKind::Scanner,
            Self::Evaluate => PluginKind::Policy,
            Self::Sign => PluginKind::Signer,
        }
    }

    /// The interface whose export makes a component do it, without its version.
    #[must_use]
    pub const fn interface(self) -> &'static str {
        match self {
            Self::Generate => "chiron:sbom/generator",
            Self::Scan => "chiron:scan/scanner",
            Self::ScanContent => "chiron:scan/content-scanner",
            Self::Evaluate => "chiron:policy/check",
            Self::Sign => "chiron:sign/signer",
        }
    }

    /// What it needs beyond the powers of its kind: whoever is handed content may read it.
    #[must_use]
    pub const fn own_capabilities(self) -> &'static [Capability] {
        match self {
            Self::ScanContent => &[Capability::Content],
            Self::Generate | Self::Scan | Self::Evaluate | Self::Sign => &[],
        }
    }
}

impl fmt::Display for PluginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A power that exists. Each is one WIT interface, one file in the host, one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Write lines to the host's log, within a budget.
    Log,
    /// Report progress and ask whether to stop.
    Progress,
    /// Read the bytes of the subject.
    Content,
    /// Look packages up in the pinned advisory databases.
    Advisories,
    /// Compare versions.
    Versions,
    /// Use keys that the step bound, for subjects of this run.
    Signing,
    /// Send HTTP requests to endpoints that the step bound.
    Http,
    /// Run programs that the step bound, through profiles of the operator.
    Tools,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 8] = [
        Self::Log,
        Self::Progress,
        Self::Content,
        Self::Advisories,
        Self::Versions,
        Self::Signing,
        Self::Http,
        Self::Tools,
    ];

    /// The word in files and settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Progress => "progress",
            Self::Content => "content",
            Self::Advisories => "advisories",
            Self::Versions => "versions",
            Self::Signing => "signing",
            Self::Http => "http",
            Self::Tools => "tools",
        }
    }

    /// The WIT interface that is this power, without its version.
    #[must_use]
    pub const fn interface(self) -> &'static str {
        match self {
            Self::Log => "chiron:telemetry/log",
            Self::Progress => "chiron:telemetry/progress",
            Self::Content => "chiron:artifact/content",
            Self::Advisories => "chiron:advisory/db",
            Self::Versions => "chiron:advisory/versions",
            Self::Signing => "chiron:keys/signing",
            Self::Http => "chiron:egress/http",
            Self::Tools => "chiron:tool/runner",
        }
    }

    /// What it lets a plugin do, for a person.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Log => "write log lines",
            Self::Progress => "report progress",
            Self::Content => "read the subject's bytes",
            Self::Advisories => "look packages up in the advisory databases",
            Self::Versions => "compare versions",
            Self::Signing => "have the host sign statements about this run with a bound key",
            Self::Http => "send HTTP requests to bound endpoints",
            Self::Tools => "run bound programs through the operator's profiles",
        }
    }

    /// For powers that act on things of the operator's, bound to the plugin's labels: what such a thing is called in
    /// the plugin's requests. Binding one is granting the power.
    #[must_use]
    pub const fn bound_thing(self) -> Option<&'static str> {
        match self {
            Self::Signing => Some("key"),
            Self::Http => Some("endpoint"),
            Self::Tools => Some("tool"),
            Self::Log | Self::Progress | Self::Content | Self::Advisories | Self::Versions => None,
        }
    }

    /// Powers that harm nobody and that every plugin has.
    #[must_use]
    pub const fn is_ambient(self) -> bool {
        matches!(self, Self::Log | Self::Progress)
    }

    /// Finds a capability by its word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.word() == word)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A rule a plugin may report under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case id.
    pub id: String,
    /// One line.
    pub title: String,
    /// More.
    pub description: String,
    /// Where to read on.
    pub help_uri: Option<String>,
}

/// A labelled power that a plugin asks the operator to bind, e.g. (`key`, `signing`, "signs the wheels").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// `key`, `endpoint` or `tool`.
    pub capability: String,
    /// The plugin's name for it.
    pub label: String,
    /// What for.
    pub purpose: String,
}

/// What a plugin says about itself, before it is given anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its own name; never used as identity.
    pub name: String,
    /// SemVer.
    pub version: String,
    /// One line.
    pub summary: String,
    /// Rules it reports under.
    pub rules: Vec<Rule>,
    /// Labels to bind.
    pub requests: Vec<Request>,
    /// JSON Schema 2020-12 of its configuration, as text.
    pub config_schema: String,
    /// Facts by key; see `wit/PROPERTIES.md`.
    pub properties: crate::Properties,
}
