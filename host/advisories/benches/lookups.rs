//! What the engine costs: import, open, verify, lookups with and without hits.
//!
//! `cargo bench -p chiron-advisories --bench lookups -- FOLDER [PAIRS.json]`: a folder of osv.dev exports, and a JSON list
//! of `{"ecosystem","name","version"}` to look up. Prints and asserts nothing: a machine may be busy.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a measurement, not a product")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chiron_advisories::{Database, import};
use chiron_model::advisory::Which;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;

const AFFECTED: Which = Which { affected: true, unknown: true, unaffected: false, withdrawn: false };

fn main() {
    let mut arguments = std::env::args_os().skip(1).filter(|argument| argument != "--bench").map(PathBuf::from);
    let Some(folder) = arguments.next() else {
        println!("usage: lookups FOLDER [PAIRS.json]: nothing measured");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let summary = import(&[folder], scratch.path(), &|_| {}).unwrap();
    println!("import: {:?}, {} records, {} bytes", started.elapsed(), summary.records, summary.bytes);
    let started = Instant::now();
    for _ in 0..100 {
        drop(Database::open(scratch.path(), "bench").unwrap());
    }
    println!("open: {:?}", started.elapsed() / 100);
    let database = Database::open(scratch.path(), "bench").unwrap();
    let started = Instant::now();
    database.verify().unwrap();
    println!("verify: {:?}", started.elapsed());
    if let Some(pairs) = arguments.next() {
        lookups(&database, &pairs);
    }
}

fn lookups(database: &Database, pairs: &PathBuf) {
    let pairs: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(pairs).unwrap()).unwrap();
    let (hits, misses): (Vec<_>, Vec<_>) =
        pairs.iter().filter_map(purl).partition(|purl| !database.lookup(purl, AFFECTED).unwrap().is_empty());
    for (label, purls) in [("with hits", hits), ("without", misses)] {
        let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round(database, &purls)).collect();
        rounds.sort();
        let (found, least, middle) = (rounds[0].1, rounds[0].0, rounds[ROUNDS / 2].0);
        println!("10,000 lookups {label}: least {least:?}, median {middle:?}, {found} candidates");
    }
}

/// On a machine that is doing other things, the least of several rounds says what the work costs.
const ROUNDS: usize = 21;

fn round(database: &Database, purls: &[Purl]) -> (Duration, usize) {
    let started = Instant::now();
    let found = purls.iter().cycle().take(10_000).map(|purl| database.lookup(purl, AFFECTED).unwrap().len()).sum();
    (started.elapsed(), found)
}

fn purl(pair: &serde_json::Value) -> Option<Purl> {
    let text = |key: &str| pair[key].as_str().map(encoded);
    let kind = Ecosystem::from_osv_name(pair["ecosystem"].as_str()?)?.purl_type();
    Purl::parse(&format!("pkg:{kind}/{}@{}", text("name")?, text("version")?)).ok()
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
