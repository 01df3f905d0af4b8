//! 0.1: every refusal is a `plugin-error`.

use chiron_model::advisory::{Candidate, DatabaseId, Evaluation, Which};

use super::Refusal;
use crate::abi::convert;
use crate::abi::powers::chiron::core::types::PluginError;
use crate::state::State;

super::converts!(crate::abi::powers::chiron::advisory0_1_0::db);

type Answer<T> = wasmtime::Result<Result<T, PluginError>>;

impl db::Host for State {
    fn databases(&mut self) -> wasmtime::Result<Vec<db::Database>> {
        Ok(self.advisory_databases()?.into_iter().map(db::Database::from).collect())
    }

    fn lookup(&mut self, purl: String, which: db::Which) -> Answer<Vec<db::Candidate>> {
        let found = self.advisory_lookup(&purl, which.into())?.map_err(PluginError::from);
        Ok(found.map(|candidates| candidates.into_iter().map(db::Candidate::from).collect()))
    }

    fn get(&mut self, database: String, id: String) -> Answer<Vec<u8>> {
        Ok(self.advisory_record(&database, &id)?.map_err(PluginError::from))
    }
}

impl From<Refusal> for PluginError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAPurl(reason) => Self::BadInput(reason),
            Refusal::Power(error) => error.into(),
        }
    }
}
