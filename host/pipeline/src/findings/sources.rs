//! Which database a claim is from. A scanner says it, and is believed where that database holds the record.

use chiron_model::finding::Claim;
use chiron_model::property;

use crate::databases::Databases;

/// The databases of the run, by place and name.
pub(super) struct Sources<'a> {
    databases: Option<&'a Databases>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(databases: Option<&'a Databases>) -> Self {
        Self { databases }
    }

    /// The place of the claim's database in their order; None for what a scanner knows by itself.
    pub(super) fn place(&self, claim: &Claim) -> Option<usize> {
        let said = property(&claim.properties, "chiron:database")?;
        let open = &self.databases?.open;
        let place = open.iter().position(|database| database.id().name == said)?;
        open.get(place).filter(|database| database.holds(&claim.rule_id)).map(|_| place)
    }

    /// The operator's name for it.
    pub(super) fn name(&self, claim: &Claim) -> Option<&str> {
        let place = self.place(claim)?;
        self.databases?.open.get(place).map(|database| database.id().name.as_str())
    }

    /// For sorting: what a scanner knows by itself stands beside the last database.
    pub(super) fn rank(&self, claim: &Claim) -> usize {
        let last = self.databases.map_or(0, |databases| databases.open.len().saturating_sub(1));
        self.place(claim).unwrap_or(last)
    }
}
