//! Signing a statement outside a run, with services that certify or witness: `chiron attest`. The same plans, ceilings and checks
//! as in a run; nothing is written here.

use std::path::Path;

use chiron_egress::{Machine, SecretSource};
use chiron_model::statement::Statement;
use chiron_trust::PrivateKey;
use chiron_trust::keyless::Logs;
use jiff::Timestamp;

use crate::config::file::{KeylessTable, WitnessTable};
use crate::keyless::{self, OFFLINE, OFFLINE_HINT, Witnessed};
use crate::operator::Operator;
use crate::plan::keyless::{Place, PlannedKeyless, TokenSource, Way, origins, read};
use crate::plan::witness::{self, PlannedWitness};

pub use crate::keyless::Trouble;

/// What stands for a key's name where there is none.
const NAME: &str = "attest";

/// Who signs, and which services take part.
pub enum Standalone {
    /// Whoever a token is about.
    Keyless(Box<PlannedKeyless>),
    /// A key, and services that witness it.
    Witnessed(Box<PlannedWitness>, PrivateKey),
}

/// A plan that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub message: String,
    /// What to do; empty where nobody knows.
    pub hint: String,
}

impl Standalone {
    /// Plans a keyless signature. Paths are relative to the working directory; `now` judges roots that expire.
    ///
    /// # Errors
    /// When services, trust root or token source cannot be used, or lie beyond an operator's ceiling.
    pub fn keyless(table: &KeylessTable, operators: &[Operator], now: Timestamp) -> Result<Self, Refused> {
        let planned = read(NAME, table, Logs::Newest, place(now)).map_err(Refused::of_fault)?;
        Self::Keyless(Box::new(planned)).within(operators)
    }

    /// Plans a signature by a key that services witness.
    ///
    /// # Errors
    /// As [`Standalone::keyless`].
    pub fn witnessed(
        table: &WitnessTable,
        key: PrivateKey,
        operators: &[Operator],
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let planned = witness::read(NAME, table, place(now)).map_err(Refused::of_fault)?;
        Self::Witnessed(Box::new(planned), key).within(operators)
    }

    fn within(self, operators: &[Operator]) -> Result<Self, Refused> {
        let ways = self.ways();
        let mut objections = operators
            .iter()
            .flat_map(|operator| ways.iter().flat_map(move |way| operator.objections_to_endpoint(&way.endpoint)));
        match objections.next() {
            Some(objection) => Err(Refused { message: objection.message, hint: objection.hint }),
            None => Ok(self),
        }
    }

    fn ways(&self) -> Vec<Way> {
        match self {
            Self::Keyless(plan) => plan.ways().cloned().collect(),
            Self::Witnessed(plan, _) => plan.ways().cloned().collect(),
        }
    }

    /// Where requests go, for people.
    #[must_use]
    pub fn origins(&self) -> String {
        origins(self.ways().iter())
    }

    /// The variable that holds the token, if one does. Whatever runs beside should not find it.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Keyless(plan) => match &plan.token {
                TokenSource::Given(SecretSource::Env(name)) => Some(name),
                TokenSource::Given(SecretSource::Pair { variable, .. }) => Some(variable),
                TokenSource::Given(SecretSource::File(_)) | TokenSource::GitHub(_) => None,
            },
            Self::Witnessed(..) => None,
        }
    }

    /// Looks, before the work begins, at what can be seen without asking anybody: the token, and whether connections are made.
    ///
    /// # Errors
    /// Why nothing would be signed.
    pub fn look(&self, offline: bool) -> Result<(), Trouble> {
        if offline {
            return Err(Trouble::new(OFFLINE, OFFLINE_HINT));
        }
        match self {
            Self::Keyless(plan) => keyless::look(plan),
            Self::Witnessed(plan, key) => keyless::refuse_unloggable(plan, key),
        }
    }

    /// Signs a statement and gives the bundle, judged against the trust root. `version` is that of the program.
    ///
    /// # Errors
    /// Why nothing was signed.
    pub async fn sign(self, statement: &Statement, version: &str) -> Result<Vec<u8>, Trouble> {
        let machine = Machine::new(&format!("chiron/{version}"));
        match self {
            Self::Keyless(plan) => {
                let session = keyless::open(&plan, &machine).await?;
                session.statement(statement).await.map_err(Trouble::of_services)
            }
            Self::Witnessed(plan, key) => {
                let key = Witnessed::open(key, &plan, &machine)?;
                key.statement(statement).await.map_err(Trouble::of_services)
            }
        }
    }
}

/// The working directory.
fn place(now: Timestamp) -> Place<'static> {
    Place { folder: Path::new(""), now }
}

impl Refused {
    fn of_fault(fault: crate::plan::keyless::Fault) -> Self {
        Self { message: fault.message, hint: fault.hint }
    }
}
