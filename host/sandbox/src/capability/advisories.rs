//! `chiron:advisory/db`: lookups in the databases the run has pinned.

use std::sync::Arc;

use chiron_model::advisory::{Candidate, Evaluation, Which};
use chiron_model::plugin::Capability;
use chiron_model::purl::Purl;

use crate::abi::convert;
use crate::abi::powers::chiron::advisory::db;
use crate::abi::powers::chiron::core::types::PluginError;
use crate::powers::Advisories;
use crate::state::State;

type Answer<T> = wasmtime::Result<Result<T, PluginError>>;

impl db::Host for State {
    fn databases(&mut self) -> wasmtime::Result<Vec<db::Database>> {
        self.using(Capability::Advisories, |state| {
            let databases = state.powers.advisories.as_ref().map(|engine| engine.databases()).unwrap_or_default();
            Ok(databases
                .into_iter()
                .map(|id| db::Database { name: id.name, digest: id.digest, built_at: id.built_at })
                .collect())
        })
    }

    fn lookup(&mut self, purl: String, which: db::Which) -> Answer<Vec<db::Candidate>> {
        self.using(Capability::Advisories, |state| {
            let engine = match engine(state) {
                Ok(engine) => engine,
                Err(missing) => return Ok(Err(missing)),
            };
            let purl = match Purl::parse(&purl) {
                Ok(purl) => purl,
                Err(error) => return Ok(Err(PluginError::BadInput(error.to_string()))),
            };
            let found = engine.lookup(&purl, which.into()).map_err(PluginError::from);
            Ok(found.map(|candidates| candidates.into_iter().map(db::Candidate::from).collect()))
        })
    }

    fn get(&mut self, database: String, id: String) -> Answer<Vec<u8>> {
        self.using(Capability::Advisories, |state| {
            Ok(engine(state).and_then(|engine| engine.get(&database, &id).map_err(PluginError::from)))
        })
    }
}

fn engine(state: &State) -> Result<Arc<dyn Advisories>, PluginError> {
    let missing = || PluginError::Unavailable("no advisory database".to_owned());
    state.powers.advisories.clone().ok_or_else(missing)
}

impl From<db::Which> for Which {
    fn from(which: db::Which) -> Self {
        Self {
            affected: which.contains(db::Which::AFFECTED),
            unknown: which.contains(db::Which::UNKNOWN),
            unaffected: which.contains(db::Which::UNAFFECTED),
            withdrawn: which.contains(db::Which::WITHDRAWN),
        }
    }
}

impl From<Candidate> for db::Candidate {
    fn from(candidate: Candidate) -> Self {
        let evaluation = match candidate.evaluation {
            Evaluation::Affected(found) => db::Evaluation::Affected(db::Match {
                fixed: found.fixed,
                last_affected: found.last_affected,
                matched_by: found.matched_by,
            }),
            Evaluation::Unaffected { .. } => db::Evaluation::Unaffected,
            Evaluation::Unknown(reason) => db::Evaluation::Unknown(reason),
        };
        Self {
            database: candidate.database,
            id: candidate.id,
            aliases: candidate.aliases,
            modified: candidate.modified,
            withdrawn: candidate.withdrawn,
            category: candidate.category,
            summary: candidate.summary,
            scores: candidate.scores.into_iter().map(convert::score_out).collect(),
            evaluation,
            properties: candidate.properties,
        }
    }
}
