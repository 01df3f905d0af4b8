//! Runs that are stopped while a guest computes or waits: it hears of it, has a grace in which to end by itself, and no more; and
//! whatever it answers, the run was interrupted.

mod hostile;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chiron_e2e::{Ended, Folder, keys, wheel};
use chiron_sandbox::limits::{GRACE_MS, TICK_MS};
use chiron_sandbox::powers::{Http, HttpRequest, Journal, Level, Powers, Sending};
use chiron_sandbox::{Call, CallError, Limits};
use hostile::behaviours::{Client, Policy, Signer};
use hostile::{guests, host};

/// What the guests say (`tests/guests/act.rs`).
const BEGUN: &str = "it has begun";
const HEARD: &str = "it has heard";

/// A run that is stopped as soon as its guest has begun.
#[derive(Default)]
struct Stopped {
    stopped: AtomicBool,
    told: AtomicBool,
}

impl Journal for Stopped {
    fn log(&self, _: Level, _: &str, _: &[(String, String)]) {}
    fn enabled(&self, _: Level) -> bool {
        false
    }
    fn progress(&self, _: u64, _: Option<u64>, _: &str) {
        self.stopped.store(true, Ordering::SeqCst);
    }
    /// Says so for the first time only after the engine's clock has ticked: whoever hears it has more to do than one slice.
    fn cancelled(&self) -> bool {
        let stopped = self.stopped.load(Ordering::SeqCst);
        if stopped && !self.told.swap(true, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(3 * TICK_MS));
        }
        stopped
    }
}

/// Enough of everything that only the stop ends the call.
fn ample() -> Limits {
    Limits { deadline_ms: 120_000, cpu_ms: 120_000, host_calls: u64::MAX, ..host::small() }
}

/// What becomes of a policy, and how long it took.
async fn policy(behaviour: Policy, journal: Stopped) -> (Result<String, CallError>, Duration) {
    let plugin = host::guest("policy");
    let (grants, limits, config) = (host::grants(&plugin), ample(), host::config(behaviour.word()));
    let powers = Powers { journal: Arc::new(journal), ..Powers::none() };
    let now = host::NOW;
    let call = Call { grants: &grants, limits: &limits, powers: &powers, config: &config, step: "step", now };
    let began = Instant::now();
    let answer = plugin.evaluate(&call, &host::NOTHING).await;
    (answer.map(|verdict| verdict.summary), began.elapsed())
}

#[tokio::test]
async fn a_guest_that_asks_hears_it_and_ends_with_its_own_answer() {
    let (answer, _) = policy(Policy::AskCancelled, Stopped::default()).await;
    assert_eq!(answer.unwrap(), "stopped when asked to");
}

#[tokio::test]
async fn a_guest_that_computes_on_is_ended_after_the_grace() {
    let (answer, took) = policy(Policy::IgnoreCancelled, Stopped::default()).await;
    assert_eq!(answer.unwrap_err(), CallError::Cancelled);
    assert!(took >= Duration::from_millis(GRACE_MS), "{took:?}");
}

#[tokio::test]
async fn of_a_run_that_is_being_stopped_no_call_begins() {
    let journal = Stopped { stopped: AtomicBool::new(true), ..Stopped::default() };
    let (answer, _) = policy(Policy::Honest, journal).await;
    assert_eq!(answer.unwrap_err(), CallError::Cancelled);
}

/// Never answers; whoever asks it stops the run.
struct Silence(Arc<Stopped>);

impl Http for Silence {
    fn send<'a>(&'a self, _: &'a str, _: HttpRequest) -> Sending<'a> {
        self.0.stopped.store(true, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_guest_that_waits_is_ended_where_it_waits() {
    let (plugin, journal) = (host::guest("client"), Arc::new(Stopped::default()));
    let (grants, limits, config) = (host::grants(&plugin), ample(), host::config(Client::Wait.word()));
    let http: Arc<dyn Http> = Arc::new(Silence(Arc::clone(&journal)));
    let powers = Powers { journal, http: Some(http), ..Powers::none() };
    let now = host::NOW;
    let call = Call { grants: &grants, limits: &limits, powers: &powers, config: &config, step: "step", now };
    let answer = plugin.scan(&call, &host::subject("a.txt"), &[]).await;
    assert_eq!(answer.unwrap_err(), CallError::Cancelled);
}

/// A run of the built binary whose step of this id has begun.
struct Run {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Run {
    fn begin(work: &Folder) -> Self {
        let mut command = work.command(&["run", "-o", "json=report.json"]);
        command.env("CHIRON_CACHE", work.home().join("cache")).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(BEGUN) {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended before it had begun");
        }
        Self { child, stderr }
    }

    /// One Ctrl-C, and all that is said after it.
    fn interrupt(mut self) -> (i32, String) {
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), said)
    }
}

const LIMITS: &str = "limits = { cpu = \"300s\", deadline = \"300s\", host_calls = 1000000000 }";

/// A policy that would let everything pass, but is interrupted first.
fn interrupted_policy(behaviour: Policy) -> String {
    let work = Folder::new();
    work.write("tree/a.txt", "0123456789").write("policy.wasm", guests::component("policy")).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"tree\"]\non_empty = \"pass\"\n[[step]]\nid = \"decides\"\nuses = \"./policy.wasm\"\n\
             with = {{ behaviour = \"{}\" }}\n{LIMITS}\n",
            behaviour.word()
        ),
    );
    let (code, said) = Run::begin(&work).interrupt();
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("press Ctrl-C again to end at once") && said.contains("interrupted"), "{said}");
    assert!(!said.to_lowercase().contains("passed"), "{said}");
    assert!(!work.has("report.json"), "a run that was stopped has no report");
    said
}

#[test]
fn a_run_is_interrupted_whether_its_guest_heard_it_or_not() {
    assert!(interrupted_policy(Policy::AskCancelled).contains(HEARD));
    assert!(!interrupted_policy(Policy::IgnoreCancelled).contains(HEARD));
}

#[test]
fn what_was_signed_while_the_run_is_stopped_is_not_written() {
    let work = Folder::new();
    let key = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    let pem = p256::pkcs8::EncodePrivateKey::to_pkcs8_pem(&key, Default::default()).unwrap();
    work.write("release.key", pem.as_bytes()).write("signer.wasm", guests::component("signer"));
    keys::close(&work.path("release.key"));
    let pipeline = |behaviour: Signer| {
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"*.whl\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"sign\"\nuses = \"./signer.wasm\"\nwith = {{ behaviour = \"{}\" }}\n{LIMITS}\n\
             bind = {{ keys = {{ signing = \"release\" }} }}\n[keys.release]\nfile = \"release.key\"\n",
            behaviour.word()
        )
    };
    work.write("demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"));
    let signed = || work.listing().keys().filter(|name| name.ends_with(".sigstore.json")).count();
    work.write("pipeline.toml", pipeline(Signer::AskCancelled));
    let (code, said) = Run::begin(&work).interrupt();
    assert_eq!(code, 130, "{said}");
    assert!(said.contains(HEARD) && said.contains("interrupted"), "{said}");
    assert_eq!(signed(), 0);
    assert!(!work.has("report.json"), "a run that was stopped has no report");
    // The control: the same signer signs where nobody stops it.
    work.write("pipeline.toml", pipeline(Signer::Honest));
    let ended: Ended = work.chiron(&["run", "-o", "json=report.json"]);
    assert!(signed() > 0, "{ended:?}");
}
