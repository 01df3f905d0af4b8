//! `chiron:advisory/db`: lookups in the databases the run has pinned. Each effect is one function here, which holds the
//! check; the interface's versions, in files of their own, only convert what goes in and comes out.

mod v0_1;
mod v0_2;

use std::sync::Arc;

use chiron_model::advisory::{Candidate, DatabaseId, Which};
use chiron_model::plugin::Capability;
use chiron_model::purl::Purl;

use crate::powers::{Advisories, PowerError};
use crate::state::State;
use crate::weigh::Weigh as _;

/// Why there is no answer.
enum Refusal {
    /// The guest's text is none.
    NotAPurl(String),
    /// From the engine.
    Power(PowerError),
}

type Answer<T> = wasmtime::Result<Result<T, Refusal>>;

impl State {
    fn advisory_databases(&mut self) -> wasmtime::Result<Vec<DatabaseId>> {
        self.using(Capability::Advisories, 0, |state| {
            Ok(state.powers.advisories.as_ref().map(|engine| engine.databases()).unwrap_or_default())
        })
    }

    fn advisory_known(&mut self, purls: &[String]) -> Answer<Vec<bool>> {
        self.using(Capability::Advisories, purls.weight(), |state| {
            let known = |engine: Arc<dyn Advisories>| {
                // What is no purl cannot be told: `lookup` says why.
                let known = |text: &String| Purl::parse(text).map_or(Ok(true), |purl| engine.known(&purl));
                purls.iter().map(known).collect::<Result<_, _>>().map_err(Refusal::Power)
            };
            Ok(engine(state).and_then(known))
        })
    }

    fn advisory_lookup(&mut self, purl: &str, which: Which) -> Answer<Vec<Candidate>> {
        self.using(Capability::Advisories, purl.weight() + which.weight(), |state| {
            Ok(engine(state).and_then(|engine| {
                let purl = Purl::parse(purl).map_err(|error| Refusal::NotAPurl(error.to_string()))?;
                engine.lookup(&purl, which).map_err(Refusal::Power)
            }))
        })
    }

    fn advisory_record(&mut self, database: &str, id: &str) -> Answer<Vec<u8>> {
        self.using(Capability::Advisories, database.weight() + id.weight(), |state| {
            Ok(engine(state).and_then(|engine| engine.get(database, id).map_err(Refusal::Power)))
        })
    }
}

fn engine(state: &State) -> Result<Arc<dyn Advisories>, Refusal> {
    let missing = || Refusal::Power(PowerError::Unavailable("no advisory database".to_owned()));
    state.powers.advisories.clone().ok_or_else(missing)
}

/// Conversions that read alike in every version: the types are each version's own.
macro_rules! converts {
    ($db:path) => {
        use $db as db;

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

        impl From<DatabaseId> for db::Database {
            fn from(id: DatabaseId) -> Self {
                Self { name: id.name, digest: id.digest, built_at: id.built_at }
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
    };
}
use converts;
