//! A pipeline that binds a program of this repository's to a plugin that runs it as it likes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use chiron_e2e::outside::{Whom, unconfined};
use chiron_e2e::{Ended, Folder, binary};
use serde_json::Value;

use super::behaviours::Adapter;
use super::guests;

/// A pipeline in which the hostile plugin's label `cataloger` is bound to the program `tester`.
pub struct Bench {
    /// Where it lies.
    pub work: Folder,
    /// In the command line of every program that may stay: whether something is left can be seen.
    pub token: String,
}

impl Bench {
    /// With a behaviour of the plugin, limits of its step, and more keys of the tool.
    pub fn new(behaviour: Adapter, limits: &str, more: &str) -> Self {
        let work = Folder::new();
        work.write("tree/a.txt", "alpha").write("tree/sub/b.txt", "beta").write("secret", "TOP SECRET");
        work.write("adapter.wasm", guests::component("adapter"));
        static BENCHES: AtomicU32 = AtomicU32::new(0);
        let number = BENCHES.fetch_add(1, Ordering::Relaxed);
        let token = format!("token-{}-{}-{number}", behaviour.word(), std::process::id());
        let bench = Self { work, token };
        bench.program(&std::fs::read(binary::program()).unwrap());
        bench.work.write("pipeline.toml", bench.pipeline(behaviour, limits, more));
        bench
    }

    fn pipeline(&self, behaviour: Adapter, limits: &str, more: &str) -> String {
        let word = behaviour.word();
        let tools = tools(&self.token, &self.work.path("secret"), more);
        format!(
            r#"[pipeline]
name = "p"
subjects = ["tree"]
[[step]]
id = "hostile"
uses = "./adapter.wasm"
with = {{ behaviour = "{word}" }}
limits = {{ cpu = "10s", {limits} }}
[step.bind]
tools.cataloger = "tester"
{tools}"#
        )
    }

    /// Puts another program in its place.
    pub fn program(&self, bytes: &[u8]) {
        let path = self.work.path("tester");
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Changes the program by a byte.
    pub fn change(&self) {
        let mut bytes = std::fs::read(self.work.path("tester")).unwrap();
        bytes.push(0);
        self.program(&bytes);
    }

    /// Replaces a text of pipeline.toml.
    pub fn edit(&self, from: &str, to: &str) {
        let text = self.work.read("pipeline.toml");
        assert!(text.contains(from), "{from} in\n{text}");
        self.work.write("pipeline.toml", text.replace(from, to));
    }

    /// Its own cache, and so its own scratch folders.
    pub fn chiron(&self, arguments: &[&str]) -> Ended {
        let cache = self.work.home().join("cache");
        self.work.chiron_with(&[("CHIRON_CACHE", cache.to_str().unwrap())], arguments)
    }

    /// The report; None, said loudly, where this machine confines no programs.
    pub fn run(&self, test: &str) -> Option<Value> {
        let ended = self.chiron(&["run", "-o", "json"]);
        if ended.code == 3 && ended.stderr.contains("not-confined") {
            unconfined(Whom::Us, test, &ended.stderr);
            return None;
        }
        assert!(!ended.stdout.contains("TOP SECRET"), "{}", ended.stdout);
        assert!(self.is_clean(), "scratch is left");
        Some(ended.json())
    }

    /// Whether no scratch folder is left.
    pub fn is_clean(&self) -> bool {
        let scratch = self.work.home().join("cache/scratch");
        std::fs::read_dir(scratch).unwrap().flatten().all(|entry| entry.file_name() == "lock")
    }

    /// Processes of this machine that have the token in their command line.
    pub fn left(&self) -> usize {
        let lines = std::fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&self.token)
        });
        lines.count()
    }
}

/// The table of the program `tester`, whose command lines are all that the hostile plugin asks for.
pub fn tools(token: &str, secret: &Path, more: &str) -> String {
    let secret = secret.display();
    format!(
        r#"[tools.tester]
path = "./tester"
version = ["--version"]
output = "1 MiB"
profiles.list = ["list", "{{input}}"]
profiles.quick = ["exit", "0"]
profiles.echo = ["arguments", "{{level}}"]
profiles.look = ["read", "/etc/passwd", "{secret}", "{{input}}/../secret"]
profiles.connect = ["connect", "127.0.0.1:9", "{{input}}"]
profiles.environment = ["environment", "{{input}}"]
profiles.linger = ["linger", "leave", "{token}", "{{input}}"]
profiles.flood = ["flood", "{{input}}"]
profiles.sleep = ["sleep", "{token}", "{{input}}"]
arguments.level = {{ type = "text", pattern = "[a-z; ]+" }}
{more}
"#
    )
}
