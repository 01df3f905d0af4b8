//! What runs with hostile guests leave behind: nothing. Alone in its process, because it counts what the process holds.
#![cfg(target_os = "linux")]

mod hostile;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chiron_e2e::binary;
use chiron_model::report::Report;
use chiron_pipeline::event::Unwatched;
use chiron_pipeline::{Builtin, DatabaseChoice, Error, House, LockMode, Time, Walking, Words};
use chiron_sandbox::{Cache, Engine};
use hostile::process::{children, descriptors, kib};
use hostile::stage::{Guest, KINDS, Stage};
use hostile::{guests, raw};

/// What memory may grow by from one round to the next, in KiB. A round is more than a hundred runs, each of which a guest with 32 MiB
/// of memory ends badly in: a single one that stayed would be seen.
const GROWTH_KIB_MAX: u64 = 8 * 1024;

/// What the WASI guest does (`tests/fixtures/foreign/rust`).
const WASI: [&str; 15] = [
    "honest",
    "clocks",
    "random",
    "sleep",
    "surroundings",
    "file",
    "write",
    "socket",
    "name",
    "print",
    "flood",
    "long-line",
    "panic",
    "exit",
    "hoard",
];

#[test]
fn memory_descriptors_scratch_and_processes_come_back() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let stages: Vec<(Stage, Vec<String>)> = KINDS.into_iter().map(staged).chain([foreign()]).collect();
    let house = house(stages[0].0.work.home());
    let round = || {
        let endings = stages.iter().flat_map(|(stage, texts)| texts.iter().map(move |text| (stage, text)));
        let endings: Vec<String> = endings.map(|(stage, text)| runtime.block_on(run(stage, text, &house))).collect();
        (endings, settled(), kib("VmRSS"))
    };
    let _ = round();
    let (first, second) = (round(), round());
    // Equal rounds, most runs of which end badly: otherwise they prove little.
    assert_eq!(first.0, second.0);
    let failed = first.0.iter().filter(|ending| ending.as_str() != "Succeeded").count();
    assert!(failed > 50, "{:?}", first.0);
    // Each of the guests that no SDK made is run; the last stage is theirs.
    let foreign = &first.0[first.0.len() - stages.last().unwrap().1.len()..];
    let ran = |ending: &String| ending == "Succeeded" || ending.starts_with("Failed(");
    assert!(foreign.iter().all(ran), "{foreign:?}");
    assert_eq!(first.1, second.1, "descriptors");
    assert!(second.2 < first.2 + GROWTH_KIB_MAX, "resident: {} KiB, then {} KiB", first.2, second.2);
}

/// Every behaviour of a kind.
fn staged(kind: &'static str) -> (Stage, Vec<String>) {
    let stage = Stage::new(kind);
    let texts = Guest::of_kind(kind).into_iter().map(|guest| stage.pipeline(guest)).collect();
    (stage, texts)
}

/// Guests of another toolchain, and those that are written by hand.
fn foreign() -> (Stage, Vec<String>) {
    let stage = Stage::new("policy");
    let wasi = guests::root().join("tests/fixtures/foreign/rust.wasm");
    stage.work.write("wasi.wasm", std::fs::read(wasi).unwrap());
    let step = |file: &str, with: &str| {
        let with = format!("with = {{ {with} }}");
        let limits =
            "limits = { cpu = \"300ms\", memory = \"64 MiB\", table_elements = 10000, handles = 64, log_lines = 10 }";
        stage.with(&format!("[[step]]\nid = \"hostile\"\nuses = \"./{file}.wasm\"\n{with}\n{limits}\n"), "")
    };
    let mut texts: Vec<String> = WASI.iter().map(|word| step("wasi", &format!("behaviour = \"{word}\""))).collect();
    let grow = "(drop (table.grow $t (ref.null func) (i32.const 1000000))) unreachable";
    // Described, so that a plan takes them.
    let described = |more: &str| {
        let more = format!("{} {more}", raw::Policy::describing("{}").more);
        raw::Policy { more: Box::leak(more.into_boxed_str()), ..Default::default() }
    };
    let tables = [
        raw::Policy { evaluate: grow, ..described("(table $t 1 funcref)") },
        raw::Policy { evaluate: "(i32.const -4)", ..described("") },
    ];
    for (number, guest) in tables.iter().enumerate() {
        stage.work.write(&format!("raw{number}.wasm"), guest.component());
        texts.push(step(&format!("raw{number}"), ""));
    }
    (stage, texts)
}

/// How the hostile step of a run ended; the run leaves no scratch and no process.
async fn run(stage: &Stage, text: &str, house: &House) -> String {
    let _ = std::fs::remove_dir_all(stage.work.path("attestations"));
    let ending = match planned_and_run(stage, text, house).await {
        Ok(report) => {
            let step = report.steps.iter().find(|step| step.id.as_str() == "hostile").unwrap();
            format!("{:?}", step.ending)
        }
        Err(error) => error.to_string(),
    };
    let left =
        std::fs::read_dir(&house.scratch).map_or(0, |all| all.flatten().filter(|e| e.file_name() != "lock").count());
    assert_eq!(left, 0, "scratch is left by\n{text}");
    assert_eq!(children(), Vec::<String>::new(), "left by\n{text}");
    ending
}

async fn planned_and_run(stage: &Stage, text: &str, house: &House) -> Result<Report, Error> {
    let (plan, _) = chiron_pipeline::plan(text, &stage.work.path("pipeline.toml"), house).await?;
    Ok(chiron_pipeline::run(plan, house).await?.report)
}

/// Descriptors, once threads of the server have closed theirs.
fn settled() -> usize {
    let (mut last, mut since) = (descriptors(), Instant::now());
    while since.elapsed() < Duration::from_millis(500) {
        std::thread::sleep(Duration::from_millis(20));
        let now = descriptors();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    last
}

/// This machine, with the first-party plugins of a released version.
fn house(home: &Path) -> House {
    let at = "2026-06-01T00:00:00Z";
    let builtin = |name: &'static str| {
        let file = guests::root().join(format!("tests/fixtures/released/0.1.0/{name}.wasm"));
        Builtin { name, version: "0.1.0", bytes: Box::leak(std::fs::read(file).unwrap().into_boxed_slice()) }
    };
    let builtins: Vec<Builtin> = ["cyclonedx", "osv", "gate", "cosign"].into_iter().map(builtin).collect();
    House {
        engine: Engine::new().unwrap().with_cache(Cache::open(&home.join("compiled")).unwrap()),
        builtins: Box::leak(builtins.into_boxed_slice()),
        version: "0.1.0",
        observer: Arc::new(Unwatched),
        database: DatabaseChoice::Default(None),
        lock: LockMode::IfPresent,
        overrides: BTreeMap::new(),
        time: Time {
            evaluated_at: at.parse().unwrap(),
            clock: at.parse().unwrap(),
            frozen: true,
            printed_at: at.parse().unwrap(),
        },
        jobs: 2,
        operators: Vec::new(),
        offline: false,
        launcher: binary::path().to_path_buf(),
        scratch: home.join("scratch"),
        walking: Walking::default(),
        words: Words::default(),
        settings: Vec::new(),
    }
}
