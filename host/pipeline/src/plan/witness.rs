//! Witnesses of local keys, planned: which log and which timestamp authority is asked, by which way, and whom to believe.

use std::sync::Arc;

use chiron_trust::judge::TrustRoot;
use chiron_trust::keyless::{LogVersion, Logs};

use super::PlannedStep;
use super::keyless::{Asked, Fault, Place, Way, is_bound, log, root, services, unfit, whole};
use crate::config::PipelineConfig;
use crate::config::file::WitnessTable;
use crate::mistake::Mistake;

/// A log that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLog {
    /// Where it is.
    pub way: Way,
    /// How it is spoken to.
    pub version: LogVersion,
}

/// Who witnesses what a local key signs: a log, a timestamp authority, or both.
pub struct PlannedWitness {
    /// The pipeline's name for the key.
    pub name: String,
    /// Logs.
    pub log: Option<PlannedLog>,
    /// Says when.
    pub timestamps: Option<Way>,
    /// What both are held against.
    pub root: Arc<TrustRoot>,
}

impl PlannedWitness {
    /// Every way that requests may take.
    pub(crate) fn ways(&self) -> impl Iterator<Item = &Way> {
        self.log.iter().map(|log| &log.way).chain(&self.timestamps)
    }
}

/// Plans the witnesses of keys that steps bind. What is wrong with one is told at its key.
pub(super) fn plan(
    config: &PipelineConfig,
    steps: &[PlannedStep],
    place: Place<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<PlannedWitness> {
    let mut planned = Vec::new();
    for (name, table) in config.file.keys.iter().filter_map(|(name, key)| Some((name, key.witness.as_ref()?))) {
        match read(name, table, place) {
            Ok(witness) if is_bound(steps, name) => planned.push(witness),
            Ok(_) => {}
            Err(fault) => mistakes.push(fault.at(config, &format!("/keys/{name}/witness"))),
        }
    }
    planned
}

/// Reads a table.
pub(crate) fn read(name: &str, table: &WitnessTable, place: Place<'_>) -> Result<PlannedWitness, Fault> {
    let asked = Asked::witness(table, place);
    let services = services(&asked, Logs::Newest)?;
    services.witnessing().map_err(unfit)?;
    Ok(PlannedWitness {
        name: name.to_owned(),
        log: services.rekor.as_ref().map(|service| log(service, &asked)).transpose()?,
        timestamps: services.timestamps.as_deref().map(|address| whole(address, &asked)).transpose()?,
        root: root(&asked)?,
    })
}
