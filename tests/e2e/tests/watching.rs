//! `--watch`: runs again when something changes, says what is new, and ends with the last exit code.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use chiron_e2e::{Folder, osv};

/// Longest that anything is waited for. Not a claim about how long it takes: without an end, a failure would hang.
const PATIENCE: Duration = Duration::from_secs(240);

/// A watching chiron, and its lines of both outputs as they come.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(work: &Folder, arguments: &[&str]) -> Self {
        let mut command = work.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let other = sender.clone();
        std::thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|line| other.send(line))
        });
        Self { child, lines }
    }

    /// Reads on until a run has said these words and that it waits, and returns what was read. Results and remarks come through two
    /// pipes: which of them is read first is chance.
    #[track_caller]
    fn until(&self, words: &str) -> String {
        let mut read = String::new();
        while ![words, "; Ctrl-C ends"].iter().all(|words| read.contains(words)) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    read.push_str(&line);
                    read.push('\n');
                }
                Err(_) => panic!("no run says `{words}` and waits:\n{read}"),
            }
        }
        read
    }

    /// Ctrl-C.
    fn interrupt(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo(), osv::record("PYSEC-2024-2", "other", "3.0", "HIGH").to_string()])
        .write("app/requirements.txt", "demo==2.0\n");
    work
}

#[test]
fn a_scan_says_what_a_changed_lock_file_brings_and_ends_with_the_last_exit_code() {
    let work = folder();
    let watching = Watching::start(
        &work,
        &["scan", "app", "--db", "db", "--fail-on", "high", "--watch", "-o", "table", "-o", "json=app/report.json"],
    );
    // Its own report lies in the folder that it watches, and is no reason to run.
    watching.until("PASSED");
    work.write("app/requirements.txt", "demo==1.0\n");
    let told = watching.until("DENIED by gate");
    for words in ["changed: app/requirements.txt", "PYSEC-2024-1"] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    work.write("app/requirements.txt", "other==2.0\n");
    let told = watching.until("DENIED by gate");
    assert!(told.contains("PYSEC-2024-1") && told.contains("PYSEC-2024-2"), "{told}");
    assert!(work.read("app/report.json").contains("PYSEC-2024-2"));
    assert_eq!(watching.interrupt(), Some(1));
}

#[test]
fn a_pipeline_is_read_anew_and_a_broken_one_is_said_and_watched_on() {
    let work = folder();
    let text = |more: &str| {
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app/*.txt\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.main]\npath = \"db\"\n{more}"
        )
    };
    work.write("app/requirements.txt", "demo==1.0\n").write("pipeline.toml", text(""));
    let watching = Watching::start(&work, &["run", "--watch"]);
    watching.until("DENIED");
    work.write("pipeline.toml", text("[gate]\nnonsense = true\n"));
    watching.until("nonsense");
    work.write("i.toml", "[[suppress]]\nid = \"PYSEC-2024-1\"\nreason = \"never called\"\n");
    work.write("pipeline.toml", text("[ignore]\nfiles = [\"i.toml\"]\n"));
    let told = watching.until("PASSED");
    assert!(told.contains("suppressed"), "{told}");
    // A file that pipeline.toml names, and one that a glob finds.
    work.write("i.toml", "[[suppress]]\nid = \"PYSEC-2024-9\"\nreason = \"never called\"\n");
    watching.until("DENIED by gate");
    work.write("app/requirements-dev.txt", "other==1.0\n");
    let told = watching.until("DENIED by gate");
    assert!(told.contains("PYSEC-2024-2"), "{told}");
    assert_eq!(watching.interrupt(), Some(1));
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let work = folder();
    work.chiron(&["scan", "-", "--watch"]).with_code(2).says(&["standard input ends, and cannot be watched"]);
    let _ = work.chiron(&["run", "--watch", "--dry-run"]).with_code(2);
}
