//! The targets.

mod address;
mod archive;
mod cataloger;
mod component;
mod configuration;
mod database;
mod evidence;
mod feeds;
mod image;
mod names;
mod program;
mod records;
mod report;
mod roots;
mod signatures;
mod tree;
mod words;

/// A reader of untrusted bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A component: inspection and, where that passes, compilation and linking.
    Component,
    /// A core module, on its way to a component (`chiron plugin build`).
    Module,
    /// pipeline.toml.
    Pipeline,
    /// chiron.lock.
    Lock,
    /// The operator's file.
    Operator,
    /// The configuration schema of a plugin, then a configuration.
    Schema,
    /// A database file, with digests and checksums made right: what remains is the content.
    Database,
    /// An OSV record: import, then lookups.
    Record,
    /// An archive of OSV records.
    Export,
    /// The catalogue of known exploited vulnerabilities.
    Kev,
    /// Scores of EPSS.
    Epss,
    /// A wheel or another zip.
    Zip,
    /// A tar.
    Tar,
    /// A gzipped tar.
    Gzip,
    /// The layers of a container image.
    Image,
    /// The index of git in a folder that is a subject.
    GitIndex,
    /// A program that is going to be pinned.
    Program,
    /// A file as the `cyclonedx` plugin reads it: its path, then its bytes.
    Cataloger,
    /// A Sigstore bundle.
    Bundle,
    /// A DSSE envelope.
    Envelope,
    /// The payload of an envelope: strict JSON, in-toto.
    Statement,
    /// Keys.
    Pem,
    /// The URI of a key in a token.
    TokenUri,
    /// A package URL and what it is asked.
    Purl,
    /// Versions and ranges, as plugins give them.
    Versions,
    /// A VEX document: OpenVEX, CSAF or CycloneDX.
    Vex,
    /// An ignore file of each tool.
    Ignore,
    /// An attestation of PEP 740.
    Pep740,
    /// A list of checksums beside a file.
    Checksums,
    /// An SBOM beside a file.
    Sbom,
    /// A pack.
    Pack,
    /// What is kept of a TUF repository.
    Roots,
    /// A report of Chiron's: baselines, `explain`, `diff`.
    Report,
    /// An address: what endpoints, mirrors and proxies are named by.
    Address,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Self::Component,
        Self::Module,
        Self::Pipeline,
        Self::Lock,
        Self::Operator,
        Self::Schema,
        Self::Database,
        Self::Record,
        Self::Export,
        Self::Kev,
        Self::Epss,
        Self::Zip,
        Self::Tar,
        Self::Gzip,
        Self::Image,
        Self::GitIndex,
        Self::Program,
        Self::Cataloger,
        Self::Bundle,
        Self::Envelope,
        Self::Statement,
        Self::Pem,
        Self::TokenUri,
        Self::Purl,
        Self::Versions,
        Self::Vex,
        Self::Ignore,
        Self::Pep740,
        Self::Checksums,
        Self::Sbom,
        Self::Pack,
        Self::Roots,
        Self::Report,
        Self::Address,
    ];

    /// Its name on the command line, and that of its folder in `corpus/`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Module => "module",
            Self::Pipeline => "pipeline",
            Self::Lock => "lock",
            Self::Operator => "operator",
            Self::Schema => "schema",
            Self::Database => "database",
            Self::Record => "record",
            Self::Export => "export",
            Self::Kev => "kev",
            Self::Epss => "epss",
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::Gzip => "gzip",
            Self::Image => "image",
            Self::GitIndex => "git-index",
            Self::Program => "program",
            Self::Cataloger => "cataloger",
            Self::Bundle => "bundle",
            Self::Envelope => "envelope",
            Self::Statement => "statement",
            Self::Pem => "pem",
            Self::TokenUri => "token-uri",
            Self::Purl => "purl",
            Self::Versions => "versions",
            Self::Vex => "vex",
            Self::Ignore => "ignore",
            Self::Pep740 => "pep740",
            Self::Checksums => "checksums",
            Self::Sbom => "sbom",
            Self::Pack => "pack",
            Self::Roots => "roots",
            Self::Report => "report",
            Self::Address => "address",
        }
    }

    /// The target of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.word() == word)
    }

    /// Reads the bytes.
    ///
    /// # Panics
    /// When a promise of the reader is broken: that is what is looked for.
    pub fn run(self, bytes: &[u8]) {
        match self {
            Self::Component => component::component(bytes),
            Self::Module => component::module(bytes),
            Self::Pipeline => configuration::pipeline(bytes),
            Self::Lock => configuration::lock(bytes),
            Self::Operator => configuration::operator(bytes),
            Self::Schema => configuration::schema(bytes),
            Self::Database => database::database(bytes),
            Self::Record => records::imported(bytes, "record.json"),
            Self::Export => records::imported(bytes, "all.zip"),
            Self::Kev => feeds::kev(bytes),
            Self::Epss => feeds::epss(bytes),
            Self::Zip => archive::archive(bytes, "a-1-py3-none-any.whl"),
            Self::Tar => archive::archive(bytes, "a.tar"),
            Self::Gzip => archive::archive(bytes, "a-1.tar.gz"),
            Self::Image => image::image(bytes),
            Self::GitIndex => tree::git_index(bytes),
            Self::Program => program::program(bytes),
            Self::Cataloger => cataloger::cataloger(bytes),
            Self::Bundle => signatures::bundle(bytes),
            Self::Envelope => signatures::envelope(bytes),
            Self::Statement => signatures::statement(bytes),
            Self::Pem => signatures::pem(bytes),
            Self::TokenUri => names::token_uri(bytes),
            Self::Purl => names::purl(bytes),
            Self::Versions => names::versions(bytes),
            Self::Vex => words::vex(bytes),
            Self::Ignore => words::ignore(bytes),
            Self::Pep740 => evidence::pep740(bytes),
            Self::Checksums => evidence::checksums(bytes),
            Self::Sbom => evidence::sbom(bytes),
            Self::Pack => evidence::pack(bytes),
            Self::Roots => roots::store(bytes),
            Self::Report => report::report(bytes),
            Self::Address => address::address(bytes),
        }
    }
}
