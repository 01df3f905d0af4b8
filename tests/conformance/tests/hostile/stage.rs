//! One folder in which every hostile guest runs beside honest steps: a generator, a scanner, and a policy.

use std::os::unix::fs::PermissionsExt as _;

use chiron_e2e::{Folder, binary, bom, keys, osv};
use p256::pkcs8::EncodePrivateKey as _;

use super::behaviours::{Adapter, Client, Generator, Judge, Policy, Scanner, Signer};
use super::{bench, guests, server};

/// A guest and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// A policy as of 0.1.
    Policy(Policy),
    /// A policy as of 0.2.
    Judge(Judge),
    /// A generator.
    Generator(Generator),
    /// A scanner.
    Scanner(Scanner),
    /// A scanner with an endpoint.
    Client(Client),
    /// A signer.
    Signer(Signer),
    /// A generator with a program.
    Adapter(Adapter),
}

/// The kinds, by the names of their components.
pub const KINDS: [&str; 7] = ["policy", "judge", "generator", "scanner", "client", "signer", "adapter"];

impl Guest {
    /// All that those of a kind do, the honest one first.
    pub fn of_kind(kind: &str) -> Vec<Self> {
        match kind {
            "policy" => Policy::ALL.iter().map(|&behaviour| Self::Policy(behaviour)).collect(),
            "judge" => Judge::ALL.iter().map(|&behaviour| Self::Judge(behaviour)).collect(),
            "generator" => Generator::ALL.iter().map(|&behaviour| Self::Generator(behaviour)).collect(),
            "scanner" => Scanner::ALL.iter().map(|&behaviour| Self::Scanner(behaviour)).collect(),
            "client" => Client::ALL.iter().map(|&behaviour| Self::Client(behaviour)).collect(),
            "signer" => Signer::ALL.iter().map(|&behaviour| Self::Signer(behaviour)).collect(),
            "adapter" => Adapter::ALL.iter().map(|&behaviour| Self::Adapter(behaviour)).collect(),
            other => panic!("no kind {other}"),
        }
    }

    /// The word in its configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Policy(behaviour) => behaviour.word(),
            Self::Judge(behaviour) => behaviour.word(),
            Self::Generator(behaviour) => behaviour.word(),
            Self::Scanner(behaviour) => behaviour.word(),
            Self::Client(behaviour) => behaviour.word(),
            Self::Signer(behaviour) => behaviour.word(),
            Self::Adapter(behaviour) => behaviour.word(),
        }
    }

    /// The text that some signers return, and others name a file by.
    fn text(self) -> &'static str {
        match self {
            Self::Signer(Signer::NameOutside) => "../outside.sigstore.json",
            Self::Signer(Signer::LeaveOut) => "dsseEnvelope",
            Self::Signer(_) => "pipeline.toml",
            _ => "",
        }
    }

    /// As short as it takes to end: most wait for nothing.
    const fn deadline(self) -> &'static str {
        match self {
            Self::Client(Client::Wait) => "500ms",
            Self::Adapter(Adapter::SleepBeyondDeadline) => "2s",
            _ => "60s",
        }
    }
}

/// A gate that what is found here passes, and that judges nobody's account of files: that would be the guest's.
const GATE: &str = "[gate]\nfail_on = \"critical\"\ncoverage = \"allow\"\nunreadable = \"allow\"\n";

/// The folder.
pub struct Stage {
    /// Where it lies.
    pub work: Folder,
    kind: &'static str,
    port: u16,
    /// In the command line of every program that may stay.
    pub token: String,
}

impl Stage {
    /// For guests of one kind.
    pub fn new(kind: &'static str) -> Self {
        let (work, token) = (Folder::new(), format!("stage-{kind}-{}", std::process::id()));
        work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0", "pkg:pypi/other@1.0"]));
        work.write("more.cdx.json", bom::of(&["pkg:pypi/demo@1.5"]));
        work.write("tree/a.txt", "0123456789").write("tree/sub/b.txt", "beta").write("secret", "TOP SECRET");
        for name in [kind, "policy"] {
            work.write(&format!("{name}.wasm"), guests::component(name));
        }
        let key = p256::SecretKey::from_slice(&[7; 32]).unwrap().to_pkcs8_pem(Default::default()).unwrap();
        work.write("release.key", key.as_bytes()).write("token", server::TOKEN);
        keys::close(&work.path("release.key"));
        keys::close(&work.path("token"));
        std::fs::copy(binary::program(), work.path("tester")).unwrap();
        std::fs::set_permissions(work.path("tester"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let (port, _) = server::server();
        Self { work, kind, port, token }
    }

    /// The pipeline with this guest in it, before the honest steps in the file.
    pub fn pipeline(&self, guest: Guest) -> String {
        self.with(&self.step(guest), &self.tables(guest))
    }

    /// The same with another step in its place, or with none.
    pub fn with(&self, step: &str, tables: &str) -> String {
        // A folder is not signed.
        let subjects = if self.kind == "signer" { "\"*.cdx.json\"" } else { "\"tree\", \"*.cdx.json\"" };
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [{subjects}]\n{step}\
             [[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n[[step]]\nid = \"osv\"\nuses = \"osv\"\n\
             [[step]]\nid = \"honest\"\nuses = \"./policy.wasm\"\nwith = {{ behaviour = \"honest\" }}\n\
             [databases.default]\npath = \"db\"\n{GATE}{tables}"
        )
    }

    fn step(&self, guest: Guest) -> String {
        let (kind, word, deadline) = (self.kind, guest.word(), guest.deadline());
        let text = if kind == "signer" { format!(", text = \"{}\"", guest.text()) } else { String::new() };
        let bind = match kind {
            "client" => "bind = { endpoints = { api = \"acme\" } }\n",
            "signer" => "bind = { keys = { signing = \"release\" } }\n",
            "adapter" => "bind = { tools = { cataloger = \"tester\" } }\n",
            _ => "",
        };
        format!(
            "[[step]]\nid = \"hostile\"\nuses = \"./{kind}.wasm\"\nwith = {{ behaviour = \"{word}\"{text} }}\n{bind}\
             limits = {{ cpu = \"300ms\", deadline = \"{deadline}\", memory = \"32 MiB\", output = \"2 MiB\", \
             handles = 8, host_calls = 20000, log_lines = 10 }}\n"
        )
    }

    fn tables(&self, guest: Guest) -> String {
        match guest {
            Guest::Client(behaviour) => format!(
                "[endpoints.acme]\nbase = \"http://127.0.0.1:{}/api/\"\nplaintext_unsafe = true\n\
                 private_addresses = {}\nresponse = \"1 MiB\"\ntoken = {{ file = \"token\" }}\n",
                self.port,
                behaviour != Client::AskPrivate
            ),
            Guest::Signer(_) => "[keys.release]\nfile = \"release.key\"\n".to_owned(),
            Guest::Adapter(_) => bench::tools(&self.token, &self.work.path("secret"), ""),
            Guest::Policy(_) | Guest::Judge(_) | Guest::Generator(_) | Guest::Scanner(_) => String::new(),
        }
    }
}
