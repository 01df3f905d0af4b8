//! 0.2: `known`, and refusals by case.

use chiron_model::advisory::{Candidate, DatabaseId, Evaluation, Which};

use super::Refusal;
use crate::abi::convert;
use crate::powers::PowerError;
use crate::state::State;

super::converts!(crate::abi::powers::chiron::advisory0_2_0::db);

type Answer<T> = wasmtime::Result<Result<T, db::Error>>;

impl db::Host for State {
    fn databases(&mut self) -> wasmtime::Result<Vec<db::Database>> {
        Ok(self.advisory_databases()?.into_iter().map(db::Database::from).collect())
    }

    fn known(&mut self, purls: Vec<String>) -> Answer<Vec<bool>> {
        Ok(self.advisory_known(&purls)?.map_err(db::Error::from))
    }

    fn lookup(&mut self, purl: String, which: db::Which) -> Answer<Vec<db::Candidate>> {
        let found = self.advisory_lookup(&purl, which.into())?.map_err(db::Error::from);
        Ok(found.map(|candidates| candidates.into_iter().map(db::Candidate::from).collect()))
    }

    fn get(&mut self, database: String, id: String) -> Answer<Vec<u8>> {
        Ok(self.advisory_record(&database, &id)?.map_err(db::Error::from))
    }
}

impl From<Refusal> for db::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAPurl(reason) => Self::NotAPurl(reason),
            Refusal::Power(PowerError::BadInput(reason)) => Self::NotCovered(reason),
            Refusal::Power(PowerError::Unavailable(reason)) => Self::Unavailable(reason),
        }
    }
}
