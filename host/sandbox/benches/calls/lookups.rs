//! Lookups by a guest, in a database of real records.

use std::path::PathBuf;
use std::sync::Arc;

use chiron_advisories::{Database, import};
use chiron_model::advisory::{Candidate, DatabaseId, Which};
use chiron_model::component::{Component, Origin};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use chiron_sandbox::Engine;
use chiron_sandbox::powers::{Advisories, PowerError, Powers, RangeEvent, VersionError};
use criterion::Criterion;
use serde_json::Value;

use crate::{Guest, config, runtime};

/// One database, as a run hands it out.
struct One(Database);

impl Advisories for One {
    fn databases(&self) -> Vec<DatabaseId> {
        vec![self.0.id().clone()]
    }

    fn lookup(&self, purl: &Purl, which: Which) -> Result<Vec<Candidate>, PowerError> {
        self.0.lookup(purl, which).map_err(|error| PowerError::BadInput(error.to_string()))
    }

    fn get(&self, _: &str, id: &str) -> Result<Vec<u8>, PowerError> {
        Err(PowerError::BadInput(id.to_owned()))
    }

    fn compare(&self, ecosystem: &str, _: &str, _: &str) -> Result<std::cmp::Ordering, VersionError> {
        Err(VersionError::UnknownEcosystem(ecosystem.to_owned()))
    }

    fn contains(&self, ecosystem: &str, _: &str, _: &[RangeEvent]) -> Result<bool, VersionError> {
        Err(VersionError::UnknownEcosystem(ecosystem.to_owned()))
    }
}

pub(crate) fn lookups(criterion: &mut Criterion) {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let (Some(records), Some(pairs)) = (path("CHIRON_BENCH_OSV"), path("CHIRON_BENCH_PAIRS")) else {
        println!("lookups: left out, CHIRON_BENCH_OSV and CHIRON_BENCH_PAIRS are not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    import(&[records], folder.path(), &|_| {}).unwrap();
    let database = Database::open(folder.path(), "default").unwrap();
    let pairs: Vec<Value> = serde_json::from_slice(&std::fs::read(pairs).unwrap()).unwrap();
    let hits = |wanted: &dyn Fn(usize) -> bool| -> Vec<Component> {
        let found = |purl: &Purl| {
            database.lookup(purl, Which { affected: true, unknown: true, unaffected: false, withdrawn: false })
        };
        pairs.iter().filter_map(purl).filter(|purl| wanted(found(purl).unwrap().len())).map(component).collect()
    };
    let sets = [("each with one hit", hits(&|count| count == 1)), ("with 1 to 400 hits", hits(&|count| count > 0))];
    let (runtime, engine) = (runtime(), Engine::new().unwrap());
    let asker = Guest::load(&engine, "asker");
    let advisories: Arc<dyn Advisories> = Arc::new(One(database));
    let powers = Powers { advisories: Some(Arc::clone(&advisories)), ..Powers::none() };
    let mut group = criterion.benchmark_group("lookups");
    group.sample_size(20);
    for (label, components) in &sets {
        let texts: Vec<_> = components.iter().map(|component| component.id.as_str()).collect();
        group.bench_function(format!("10000 natively, {label}"), |b| b.iter(|| natively(&*advisories, &texts)));
        let components: Vec<_> = components.iter().collect();
        for lookups in [0, 10_000] {
            let config = config(0, lookups, 0);
            group.bench_function(format!("{lookups} {label}"), |b| {
                b.iter(|| runtime.block_on(asker.scan(&powers, &components, &config)));
            });
        }
    }
    group.finish();
}

/// What the host does for each of a guest's lookups, and nothing of what it costs to hand it over.
fn natively(advisories: &dyn Advisories, texts: &[&str]) -> usize {
    let which = Which { affected: true, unknown: true, unaffected: false, withdrawn: false };
    let found = |text: &&str| advisories.lookup(&Purl::parse(text).unwrap(), which).unwrap().len();
    texts.iter().cycle().take(10_000).map(found).sum()
}

fn purl(pair: &Value) -> Option<Purl> {
    let text = |key: &str| pair[key].as_str().map(encoded);
    let kind = Ecosystem::from_osv_name(pair["ecosystem"].as_str()?)?.purl_type();
    Purl::parse(&format!("pkg:{kind}/{}@{}", text("name")?, text("version")?)).ok()
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn component(purl: Purl) -> Component {
    Component {
        id: purl.to_string(),
        kind: "library".to_owned(),
        name: purl.name().to_owned(),
        version: purl.version().map(str::to_owned),
        purl: Some(purl),
        scope: String::new(),
        licenses: Vec::new(),
        digests: Vec::new(),
        locations: Vec::new(),
        origin: Origin::default(),
        properties: Vec::new(),
    }
}
