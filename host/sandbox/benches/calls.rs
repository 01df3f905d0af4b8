//! What it costs to be sandboxed: starting an instance, calling the host, reading a file, looking packages up, two
//! instances beside each other, compiling.
//!
//! `cargo bench -p chiron-sandbox --bench calls`. Lookups need real records: `CHIRON_BENCH_OSV` names a folder of
//! osv.dev exports, `CHIRON_BENCH_PAIRS` a JSON list of `{"ecosystem","name","version","ids"}`; without them that part is
//! left out, and the output says so. Asserts nothing: a machine may be busy.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement, not a product"
)]

#[path = "calls/guests.rs"]
mod guests;
#[path = "calls/lookups.rs"]
mod lookups;
#[path = "calls/reading.rs"]
mod reading;

use std::time::Duration;

use chiron_model::component::Component;
use chiron_model::subject::Subject;
use chiron_sandbox::powers::Powers;
use chiron_sandbox::{Call, Engine, Grants, Limits, Plugin, Source, approve, inspect};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

/// A plugin with the grants of its kind.
struct Guest {
    plugin: Plugin,
    grants: Grants,
    subject: Subject,
}

impl Guest {
    fn load(engine: &Engine, name: &str) -> Self {
        let bytes = guests::component(name);
        let plugin = Plugin::load(engine, &bytes, inspect(&bytes).unwrap()).unwrap();
        let grants = approve(&plugin.inspection().capabilities, plugin.kind(), &[]).unwrap();
        let subject = Subject {
            name: "a".to_owned(),
            media_type: "application/octet-stream".to_owned(),
            digests: Vec::new(),
            size: None,
            properties: Vec::new(),
        };
        Self { plugin, grants, subject }
    }

    async fn scan(&self, powers: &Powers, components: &[&Component], config: &str) {
        let limits = Limits::default();
        let call = Call { grants: &self.grants, limits: &limits, powers, config, step: "bench", now: Duration::ZERO };
        self.plugin.scan(&call, &self.subject, components).await.unwrap();
    }

    /// What the guest says it read.
    async fn read(&self, source: Source, config: &str) -> u64 {
        let limits = Limits::default();
        let call = Call {
            grants: &self.grants,
            limits: &limits,
            powers: &Powers::none(),
            config,
            step: "bench",
            now: Duration::ZERO,
        };
        self.plugin.generate(&call, &self.subject, source).await.unwrap().files[0].entries_read
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

fn config(calls: u64, lookups: usize, rounds: u64) -> String {
    format!(r#"{{"calls":{calls},"lookups":{lookups},"rounds":{rounds}}}"#)
}

/// A store, an instance, `configure` and one call; then the same with 10,000 calls into the host.
fn starting(criterion: &mut Criterion) {
    let (runtime, engine) = (runtime(), Engine::new().unwrap());
    let asker = Guest::load(&engine, "asker");
    let powers = Powers::none();
    let (nothing, calls) = (config(0, 0, 0), config(10_000, 0, 0));
    let mut group = criterion.benchmark_group("sandbox");
    group.bench_function("store, instance, configure, first call", |b| {
        b.iter(|| runtime.block_on(asker.scan(&powers, &[], &nothing)));
    });
    group.bench_function("the same with 10,000 host calls that do nothing", |b| {
        b.iter(|| runtime.block_on(asker.scan(&powers, &[], &calls)));
    });
    group.finish();
}

/// The same computing once, and twice at one time: on two cores, twice should take as long as once.
fn beside_each_other(criterion: &mut Criterion) {
    let (runtime, engine) = (runtime(), Engine::new().unwrap());
    let asker = std::sync::Arc::new(Guest::load(&engine, "asker"));
    let work = std::sync::Arc::new(config(0, 0, 50_000_000));
    let start = || {
        let (asker, work) = (std::sync::Arc::clone(&asker), std::sync::Arc::clone(&work));
        runtime.spawn(async move { asker.scan(&Powers::none(), &[], &work).await })
    };
    let mut group = criterion.benchmark_group("instances");
    group.sample_size(10);
    for count in [1, 2] {
        group.bench_function(format!("{count} computing"), |b| {
            b.iter(|| {
                let running: Vec<_> = (0..count).map(|_| start()).collect();
                running.into_iter().for_each(|one| runtime.block_on(one).unwrap());
            });
        });
    }
    group.finish();
}

/// Compiling, without a cache, on all cores.
fn compiling(criterion: &mut Criterion) {
    let bytes = guests::component("asker");
    let engine = Engine::new().unwrap();
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    group.bench_function(format!("a component of {} KiB", bytes.len() / 1024), |b| {
        b.iter(|| Plugin::load(&engine, &bytes, inspect(&bytes).unwrap()).unwrap());
    });
    group.finish();
}

criterion_group!(benches, starting, reading::reading, lookups::lookups, beside_each_other, compiling);
criterion_main!(benches);
