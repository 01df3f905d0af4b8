//! A small host at the level of the sandbox: little to spend, everything written down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chiron_model::digest::Digest;
use chiron_model::plugin::{Capability, Request};
use chiron_model::statement::Statement;
use chiron_model::subject::Subject;
use chiron_sandbox::grants::Bindings;
use chiron_sandbox::powers::{
    Blob, Bundling, Entry, EntryKind, Journal, Level, Page, PowerError, Powers, PublicKeyInfo, Signing, SigningError,
    SigningKey, Tree,
};
use chiron_sandbox::{Call, CallError, Engine, Grants, Limits, Plugin, PolicyInput, Source, approve, inspect};

use super::behaviours::{Generator, Policy, Scanner, Signer};
use super::guests;

/// What a hostile guest may spend: little, so that the suite is quick.
pub fn small() -> Limits {
    Limits {
        deadline_ms: 20_000,
        cpu_ms: 150,
        memory_bytes: 32 << 20,
        table_elements: 10_000,
        output_bytes: 2 << 20,
        host_calls: 20_000,
        handles: 64,
        log_lines: 10,
        log_line_bytes: 200,
        ..Limits::default()
    }
}

/// The time of every run here: 2026-01-01T00:00:00Z.
pub const NOW: Duration = Duration::from_secs(1_767_225_600);

/// What a policy is shown of a run in which nothing was found.
pub const NOTHING: PolicyInput<'static> = PolicyInput {
    pipeline: "p",
    subjects: &[],
    components: &[],
    relations: &[],
    files: &[],
    findings: &[],
    steps: &[],
    verdicts: &[],
    databases: &[],
    settings: &[],
    notes: &[],
    evaluated_at: "2026-01-01T00:00:00Z",
};

/// One engine for all tests, as a process has one.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap())
}

/// Inspects and compiles.
pub fn load(bytes: &[u8]) -> Plugin {
    Plugin::load(engine(), bytes, inspect(bytes).unwrap()).unwrap()
}

/// The compiled guest of a kind.
pub fn guest(kind: &'static str) -> Plugin {
    static LOADED: Mutex<BTreeMap<&str, Plugin>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().unwrap();
    loaded.entry(kind).or_insert_with(|| load(&guests::component(kind))).clone()
}

/// What a plugin of its kind gets, with the label `signing` bound to the key `release`, and `api` to the endpoint `acme`.
pub fn grants(plugin: &Plugin) -> Grants {
    let grants = approve(&plugin.inspection().capabilities, plugin.kind(), &[Capability::Http]).unwrap();
    if grants.allows(Capability::Http) {
        let asked = Request { capability: "endpoint".into(), label: "api".into(), purpose: "asks".into() };
        let labels = BTreeMap::from([("api".to_owned(), "acme".to_owned())]);
        return grants.bind(&[asked], &Bindings::from([(Capability::Http, labels)])).unwrap();
    }
    if grants.allows(Capability::Signing) {
        let asked = Request { capability: "key".into(), label: "signing".into(), purpose: "signs".into() };
        let labels = BTreeMap::from([("signing".to_owned(), "release".to_owned())]);
        return grants.bind(&[asked], &Bindings::from([(Capability::Signing, labels)])).unwrap();
    }
    grants
}

/// Lines that reached the host's log.
#[derive(Default)]
pub struct Lines(pub Mutex<Vec<String>>);

impl Journal for Lines {
    fn log(&self, _: Level, message: &str, _: &[(String, String)]) {
        self.0.lock().unwrap().push(message.to_owned());
    }
    fn enabled(&self, _: Level) -> bool {
        true
    }
    fn progress(&self, _: u64, _: Option<u64>, _: &str) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// A host with a log and two keys.
pub fn powers(lines: &Arc<Lines>) -> Powers {
    let journal = Arc::clone(lines) as Arc<dyn Journal>;
    Powers { journal, signing: Some(Arc::new(TwoKeys)), ..Powers::none() }
}

/// `{"behaviour": "…"}`
pub fn config(word: &str) -> String {
    format!(r#"{{"behaviour":"{word}"}}"#)
}

/// Asks a policy, with lines and verdict as a text.
pub async fn evaluate(
    plugin: &Plugin,
    word: &str,
    limits: &Limits,
    lines: &Arc<Lines>,
) -> Result<chiron_model::verdict::PolicyVerdict, CallError> {
    let (grants, powers, config) = (grants(plugin), powers(lines), config(word));
    let call = Call { grants: &grants, limits, powers: &powers, config: &config, step: "step", now: NOW };
    plugin.evaluate(&call, &NOTHING).await
}

/// What the host answers to a policy's behaviour; afterwards an honest call must work as if nothing had been.
pub async fn policy(behaviour: Policy) -> Result<chiron_model::verdict::PolicyVerdict, CallError> {
    let (plugin, lines) = (guest("policy"), Arc::default());
    let answer = evaluate(&plugin, behaviour.word(), &small(), &lines).await;
    let after = evaluate(&plugin, Policy::Honest.word(), &small(), &lines).await.unwrap();
    assert_eq!(after.summary, "nothing speaks against it");
    answer
}

/// The same, with the lines that reached the log.
pub async fn policy_lines(behaviour: Policy) -> (Result<chiron_model::verdict::PolicyVerdict, CallError>, Vec<String>) {
    let lines = Arc::default();
    let answer = evaluate(&guest("policy"), behaviour.word(), &small(), &lines).await;
    let lines = lines.0.lock().unwrap().clone();
    (answer, lines)
}

/// What the host answers to a generator that reads the file `0123456789`.
pub async fn generator_of_file(behaviour: Generator) -> Result<chiron_model::coverage::Inventory, CallError> {
    generate(behaviour, Source::File(Arc::new(Digits))).await
}

/// What the host answers to a generator that reads a folder with the file `a.txt`.
pub async fn generator_of_folder(behaviour: Generator) -> Result<chiron_model::coverage::Inventory, CallError> {
    generate(behaviour, Source::Directory(Arc::new(Folder))).await
}

async fn generate(behaviour: Generator, source: Source) -> Result<chiron_model::coverage::Inventory, CallError> {
    let plugin = guest("generator");
    let answer = generate_with(&plugin, behaviour.word(), source).await;
    let after = generate_with(&plugin, Generator::Honest.word(), Source::File(Arc::new(Digits))).await.unwrap();
    assert_eq!(after.components[0].name, "part");
    answer
}

/// One call of any generator.
pub async fn generate_with(
    plugin: &Plugin,
    word: &str,
    source: Source,
) -> Result<chiron_model::coverage::Inventory, CallError> {
    let (grants, limits, powers, config) = (grants(plugin), small(), powers(&Arc::default()), config(word));
    let call = Call { grants: &grants, limits: &limits, powers: &powers, config: &config, step: "step", now: NOW };
    plugin.generate(&call, &subject("a.txt"), source).await
}

/// What the host answers to a scanner that is asked about nothing.
pub async fn scanner(behaviour: Scanner) -> Result<Vec<chiron_model::finding::Claim>, CallError> {
    let plugin = guest("scanner");
    let (grants, limits, powers, config) =
        (grants(&plugin), small(), powers(&Arc::default()), config(behaviour.word()));
    let call = Call { grants: &grants, limits: &limits, powers: &powers, config: &config, step: "step", now: NOW };
    plugin.scan(&call, &subject("a.txt"), &[]).await
}

/// What the host answers to a signer, and what the signer told the log.
pub async fn signer(behaviour: Signer) -> (Result<Vec<chiron_sandbox::Signed>, CallError>, Vec<String>) {
    let plugin = guest("signer");
    let lines = Arc::default();
    let (grants, limits, powers, config) = (grants(&plugin), small(), powers(&lines), config(behaviour.word()));
    let call = Call { grants: &grants, limits: &limits, powers: &powers, config: &config, step: "step", now: NOW };
    let request = chiron_sandbox::SignRequest { subjects: vec![subject("a.txt")], statements: Vec::new() };
    let answer = plugin.sign(&call, &request).await;
    let lines = lines.0.lock().unwrap().clone();
    (answer, lines)
}

/// A subject of that name.
pub fn subject(name: &str) -> Subject {
    Subject {
        name: name.to_owned(),
        media_type: "text/plain".to_owned(),
        digests: vec![Digest::sha256_of(b"0123456789")],
        size: Some(10),
        properties: Vec::new(),
    }
}

/// A file of ten digits.
pub struct Digits;

impl Blob for Digits {
    fn size(&self) -> u64 {
        10
    }
    fn media_type(&self) -> String {
        "text/plain".to_owned()
    }
    fn digest(&self, _: &str) -> Result<Digest, PowerError> {
        Ok(Digest::sha256_of(b"0123456789"))
    }
    fn available(&self, offset: u64, len: u32) -> Result<usize, PowerError> {
        let left = self.size().saturating_sub(offset);
        Ok(usize::try_from(left.min(u64::from(len))).unwrap())
    }
    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        let start = usize::try_from(offset).unwrap();
        // Beyond the end there are no bytes, and nothing is asked for.
        buffer.copy_from_slice(b"0123456789".get(start..start + buffer.len()).unwrap_or_default());
        Ok(())
    }
    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError> {
        Err(PowerError::BadInput("not an archive".to_owned()))
    }
}

/// A folder in which every path is a file of ten digits.
pub struct Folder;

impl Tree for Folder {
    fn entries(&self, _: &str, _: Option<&str>, _: u32) -> Result<Page, PowerError> {
        let entry = Entry { path: "a.txt".to_owned(), kind: EntryKind::File, size: 10 };
        Ok((vec![entry], None))
    }
    fn open(&self, _: &str) -> Result<Arc<dyn Blob>, PowerError> {
        Ok(Arc::new(Digits))
    }
    fn read_link(&self, _: &str) -> Result<String, PowerError> {
        Err(PowerError::BadInput("not a link".to_owned()))
    }
}

/// A host that would open and use any key: whether it is asked is the sandbox's to decide.
struct TwoKeys;

impl Signing for TwoKeys {
    fn open(&self, name: &str) -> Result<Arc<dyn SigningKey>, SigningError> {
        Ok(Arc::new(AnyKey(name.to_owned())))
    }
}

struct AnyKey(String);

impl SigningKey for AnyKey {
    fn public_key(&self) -> Option<PublicKeyInfo> {
        None
    }
    fn sign_statement(&self, _: &Statement) -> Result<Vec<u8>, SigningError> {
        Ok(self.0.clone().into_bytes())
    }
    fn sign_subject(&self, _: &Subject) -> Result<Vec<u8>, SigningError> {
        Ok(self.0.clone().into_bytes())
    }
    fn bundle_statement<'a>(&'a self, _: &'a Statement) -> Bundling<'a> {
        Box::pin(async { Ok(self.0.clone().into_bytes()) })
    }
    fn bundle_subject<'a>(&'a self, _: &'a Subject) -> Bundling<'a> {
        Box::pin(async { Ok(self.0.clone().into_bytes()) })
    }
}
