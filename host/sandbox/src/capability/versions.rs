//! `chiron:advisory/versions`: version orders, for scanners with data of their own.

use std::cmp::Ordering;
use std::sync::Arc;

use chiron_model::plugin::Capability;

use crate::abi::powers::chiron::advisory0_1_0::versions;
use crate::powers::{Advisories, RangeEvent, VersionError};
use crate::state::State;
use crate::weigh::Weigh as _;

type Answer<T> = wasmtime::Result<Result<T, versions::Error>>;

impl versions::Host for State {
    fn compare(&mut self, ecosystem: String, left: String, right: String) -> Answer<versions::Order> {
        self.using(Capability::Versions, ecosystem.weight() + left.weight() + right.weight(), |state| {
            let order = engine(state, &ecosystem).and_then(|e| Ok(e.compare(&ecosystem, &left, &right)?));
            Ok(order.map(|order| match order {
                Ordering::Less => versions::Order::Less,
                Ordering::Equal => versions::Order::Equal,
                Ordering::Greater => versions::Order::Greater,
            }))
        })
    }

    fn contains(&mut self, ecosystem: String, version: String, events: Vec<versions::Event>) -> Answer<bool> {
        self.using(Capability::Versions, ecosystem.weight() + version.weight() + events.weight(), |state| {
            let events: Vec<_> = events.into_iter().map(RangeEvent::from).collect();
            Ok(engine(state, &ecosystem).and_then(|e| Ok(e.contains(&ecosystem, &version, &events)?)))
        })
    }
}

fn engine(state: &State, ecosystem: &str) -> Result<Arc<dyn Advisories>, versions::Error> {
    state.powers.advisories.clone().ok_or_else(|| versions::Error::UnknownEcosystem(ecosystem.to_owned()))
}

impl From<versions::Event> for RangeEvent {
    fn from(event: versions::Event) -> Self {
        match event {
            versions::Event::Introduced(version) => Self::Introduced(version),
            versions::Event::Fixed(version) => Self::Fixed(version),
            versions::Event::LastAffected(version) => Self::LastAffected(version),
            versions::Event::Limit(version) => Self::Limit(version),
        }
    }
}

impl From<VersionError> for versions::Error {
    fn from(error: VersionError) -> Self {
        match error {
            VersionError::UnknownEcosystem(name) => Self::UnknownEcosystem(name),
            VersionError::NotAVersion(text) => Self::NotAVersion(text),
        }
    }
}
