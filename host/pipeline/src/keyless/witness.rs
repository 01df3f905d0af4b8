//! Who witnesses a signature: a timestamp authority, a transparency log, or both. The time comes first: a log entry cannot be
//! taken back. What both answered is held against the trust root before anybody gets a bundle.

use std::sync::{Arc, Mutex};

use chiron_egress::Machine;
use chiron_model::statement::Statement;
use chiron_trust::judge::{Signer, TrustRoot};
use chiron_trust::keyless::{Answers, Draft, Log, Service, ServiceError, Witnesses};
use chiron_trust::{Message, PrivateKey, PublicKey};

use super::Trouble;
use super::service::Open;
use crate::plan::keyless::Way;
use crate::plan::witness::{PlannedLog, PlannedWitness};

/// Witnesses that can be asked.
pub(super) struct Asked {
    log: Option<(Open, Log)>,
    timestamps: Option<Open>,
    root: Arc<TrustRoot>,
}

impl Asked {
    /// Opens the ways; nobody is asked yet.
    pub(super) fn open(
        log: Option<&PlannedLog>,
        timestamps: Option<&Way>,
        root: &Arc<TrustRoot>,
        machine: &Machine,
    ) -> Result<Self, Trouble> {
        let opened = |service, way: &Way| Open::new(service, way, machine).map_err(Trouble::of_services);
        let log = log.map(|log| opened(Service::Rekor, &log.way).map(|open| (open, Log(log.version)))).transpose()?;
        let timestamps = timestamps.map(|way| opened(Service::Timestamps, way)).transpose()?;
        Ok(Self { log, timestamps, root: Arc::clone(root) })
    }

    /// How the log is spoken to, where one is asked.
    pub(super) fn log(&self) -> Option<Log> {
        self.log.as_ref().map(|(_, log)| *log)
    }

    /// What has to stand in each bundle.
    pub(super) fn needed(&self) -> Witnesses {
        Witnesses { log: self.log(), timestamp: self.timestamps.is_some() }
    }

    /// What they are held against.
    pub(super) fn root(&self) -> &TrustRoot {
        &self.root
    }

    /// Has a signature witnessed, and gives the bundle, judged.
    pub(super) async fn complete(
        &self,
        draft: Result<Draft<'_>, ServiceError>,
        by: &Signer,
    ) -> Result<Vec<u8>, String> {
        let draft = draft.map_err(|error| error.to_string())?;
        let timestamp = match &self.timestamps {
            Some(authority) => {
                Some(authority.post(&authority.path, "application/timestamp-query", &draft.timestamp, None).await?)
            }
            None => None,
        };
        let log = match (&self.log, &draft.log) {
            (Some((rekor, _)), Some(entry)) => Some(rekor.enter(entry).await?),
            (None, _) | (_, None) => None,
        };
        let answers = Answers { log: log.as_deref(), timestamp: timestamp.as_deref() };
        draft.bundle(&answers, by, &self.root).map_err(|error| error.to_string())
    }
}

/// Refuses a key of which the log takes nothing.
///
/// # Errors
/// When this is one.
pub(crate) fn refuse_unloggable(plan: &PlannedWitness, key: &PrivateKey) -> Result<(), Trouble> {
    if plan.log.is_none() || Log::takes(key.public()) {
        return Ok(());
    }
    let hint = "sign with a P-256 key, or name a signing configuration with a timestamp authority and no log";
    Err(Trouble::new(&ServiceError::Unloggable.to_string(), hint))
}

/// A key of the operator's whose signatures are witnessed.
pub(crate) struct Witnessed {
    key: PrivateKey,
    by: Signer,
    asked: Asked,
    trouble: Mutex<Option<Trouble>>,
}

impl Witnessed {
    /// Puts a key and its witnesses together.
    ///
    /// # Errors
    /// When a way cannot be opened, or the log takes nothing that this key signs.
    pub(crate) fn open(key: PrivateKey, plan: &PlannedWitness, machine: &Machine) -> Result<Self, Trouble> {
        refuse_unloggable(plan, &key)?;
        let asked = Asked::open(plan.log.as_ref(), plan.timestamps.as_ref(), &plan.root, machine)?;
        let by = Signer::Key(key.public().clone());
        Ok(Self { key, by, asked, trouble: Mutex::new(None) })
    }

    /// The key that verifies what it signs.
    pub(crate) fn public(&self) -> &PublicKey {
        self.key.public()
    }

    /// Who has to have signed.
    pub(crate) fn signer(&self) -> &Signer {
        &self.by
    }

    /// What has to stand in each bundle.
    pub(crate) fn needed(&self) -> Witnesses {
        self.asked.needed()
    }

    /// What it is held against.
    pub(crate) fn root(&self) -> &TrustRoot {
        self.asked.root()
    }

    /// What went wrong last.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().ok()?.take()
    }

    /// A bundle over a file.
    ///
    /// # Errors
    /// In words, for the operator.
    pub(crate) async fn file(&self, file: Message<'_>) -> Result<Vec<u8>, String> {
        let draft = Draft::file(&self.key, file, self.asked.log());
        Trouble::kept(self.asked.complete(draft, &self.by).await, &self.trouble)
    }

    /// A bundle over a statement.
    ///
    /// # Errors
    /// As [`Witnessed::file`].
    pub(crate) async fn statement(&self, statement: &Statement) -> Result<Vec<u8>, String> {
        let draft = Draft::statement(&self.key, statement, self.asked.log());
        Trouble::kept(self.asked.complete(draft, &self.by).await, &self.trouble)
    }
}
