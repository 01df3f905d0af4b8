//! A tool, a runner, and how an execution ended.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use chiron_tools::{
    Confinement, Declared, Ended, Environment, Error, Execution, Input, Limits, Material, MaterialError, Order, Pinned,
    Profile, Runner, Tool, Value,
};
use tempfile::TempDir;

/// A runner in a folder of its own.
pub(crate) struct Ground {
    pub(crate) folder: TempDir,
    pub(crate) runner: Arc<Runner>,
}

pub(crate) fn ground() -> Ground {
    let folder = tempfile::tempdir().unwrap();
    let launcher = PathBuf::from(env!("CARGO_BIN_EXE_test-launcher"));
    let runner = Arc::new(Runner::new(launcher, folder.path().join("scratch")));
    Ground { folder, runner }
}

/// The same, where this machine can confine programs; says so by name where it cannot. Where CI found that the kernel makes
/// namespaces (`CHIRON_CONFINES=us`), that is a failure: of ours.
pub(crate) fn confining(test: &str) -> Option<Ground> {
    static CAN: OnceLock<Result<(), Error>> = OnceLock::new();
    let ground = ground();
    match CAN.get_or_init(|| ground.runner.probe()) {
        Ok(()) => Some(ground),
        Err(error) => {
            let promised = std::env::var("CHIRON_CONFINES").unwrap_or_default();
            assert!(!promised.split_whitespace().any(|word| word == "us"), "{test}: {error}");
            eprintln!("SKIPPED {test}: {error}");
            None
        }
    }
}

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_test-program"))
}

/// A tool whose profile `do` is these arguments, with the argument `word` declared as any text.
pub(crate) fn tool(arguments: &[&str]) -> Tool {
    tool_of(program(), arguments)
}

pub(crate) fn tool_of(program: &Path, arguments: &[&str]) -> Tool {
    let declared = BTreeMap::from([("word".to_owned(), Declared::pattern("(?s).*").unwrap())]);
    let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
    let profile = Profile::parse(&arguments, &declared, &BTreeSet::from(["data"])).unwrap();
    Tool {
        name: "tester".to_owned(),
        program: Pinned::of(program).unwrap(),
        version: String::new(),
        profiles: BTreeMap::from([("do".to_owned(), profile)]),
        environment: Vec::new(),
        reads: BTreeMap::new(),
        confinement: Confinement::Namespaces,
        limits: Limits::default(),
    }
}

pub(crate) fn variable(tool: &mut Tool, name: &str, value: &str) {
    let value = Environment::parse(value, &BTreeSet::from(["data"])).unwrap();
    tool.environment.push((name.to_owned(), value));
}

pub(crate) fn order(input: Input) -> Order {
    Order { profile: "do".to_owned(), arguments: Vec::new(), input }
}

/// A folder with `a.txt`, `sub/b.txt` and links.
pub(crate) fn folder() -> Input {
    Input::Directory(Box::new(|material: &mut Material| {
        material.file("a.txt", once(b"alpha"))?;
        material.file("sub/b.txt", once(b"beta"))?;
        material.link("inside", "sub/b.txt")?;
        material.link("outside", "/etc/passwd")
    }))
}

pub(crate) fn file(name: &str, bytes: &'static [u8]) -> Input {
    let within = name.to_owned();
    let fill = Box::new(move |material: &mut Material| material.file(&within, once(bytes)));
    Input::File { name: name.to_owned(), fill }
}

fn once(bytes: &'static [u8]) -> impl FnMut(u64) -> Result<Vec<u8>, MaterialError> {
    move |offset| Ok(if offset == 0 { bytes.to_vec() } else { Vec::new() })
}

impl Ground {
    pub(crate) fn run(&self, tool: Tool, order: Order) -> Result<Ended, Error> {
        let (execution, ended) = self.start(tool, order);
        let ended = ended.recv_timeout(Duration::from_secs(60)).unwrap();
        drop(execution);
        ended
    }

    pub(crate) fn start(&self, tool: Tool, order: Order) -> (Execution, mpsc::Receiver<Result<Ended, Error>>) {
        let (sender, receiver) = mpsc::channel();
        let execution = self.runner.start(&Arc::new(tool), order, move |ended| drop(sender.send(ended)));
        (execution, receiver)
    }

    /// What it said, of an execution that must succeed.
    #[track_caller]
    pub(crate) fn says(&self, tool: Tool, input: Input) -> String {
        let ended = self.run(tool, order(input)).unwrap();
        let complaint = std::fs::read_to_string(ended.stderr()).unwrap();
        assert_eq!(ended.code, 0, "{complaint}");
        std::fs::read_to_string(ended.stdout()).unwrap()
    }

    /// Whether scratch is as empty as before the first execution.
    pub(crate) fn is_clean(&self) -> bool {
        let base = self.folder.path().join("scratch");
        !base.exists() || std::fs::read_dir(base).unwrap().flatten().all(|entry| entry.file_name() == "lock")
    }
}

pub(crate) fn with(arguments: &[(&str, Value)]) -> Order {
    let arguments = arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Order { arguments, ..order(Input::None) }
}

/// How many processes of this machine have a word in their command line.
pub(crate) fn processes_with(token: &str) -> usize {
    let lines = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        String::from_utf8_lossy(&line).contains(token).then_some(())
    });
    lines.count()
}

/// Waits for something to become true; a generous bound proves a hang.
#[track_caller]
pub(crate) fn until(mut is: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !is() {
        assert!(std::time::Instant::now() < end, "it did not come to pass within 20 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}
