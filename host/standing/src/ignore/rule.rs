//! One suppression, whosever file it stands in.

use std::fmt;

use chiron_model::finding::Finding;

use super::{Condition, Until};
use crate::Glance;

/// Where a rule stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, as the operator named it.
    pub file: String,
    /// From 1, where the file has lines that count.
    pub line: Option<usize>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// Which findings an id means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those whose alias group, as a pinned database asserts it, has the id.
    AliasGroup,
    /// Those of which a record of this very id matched.
    Record,
}

/// A suppression. All that it says must hold.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The vulnerability or rule; None for all of what the conditions say.
    pub id: Option<String>,
    /// What the id means.
    pub reach: Reach,
    /// What else must hold.
    pub conditions: Vec<Condition>,
    /// Why, in the words of whoever decided.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Until when.
    pub until: Option<Until>,
    /// Where it stands.
    pub source: Source,
    /// Why it sets nothing aside, whatever it says: what it demands cannot be told here.
    pub idle: Option<String>,
    /// Whether of several such rules of one file the first that fits decides, even where its time is over.
    pub first_decides: bool,
}

impl Rule {
    /// A rule that says nothing yet.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self {
            id: None,
            reach: Reach::AliasGroup,
            conditions: Vec::new(),
            reason: None,
            owner: None,
            until: None,
            source,
            idle: None,
            first_decides: false,
        }
    }

    /// Whether it speaks of a finding, at whatever time. The id is compared here once more where an index did it before.
    #[must_use]
    pub fn fits(&self, finding: &Finding, glance: &Glance<'_>) -> bool {
        let id = self.id.as_ref().is_none_or(|id| match self.reach {
            Reach::AliasGroup => finding.advisories.contains(id),
            Reach::Record => finding.matched.iter().any(|matched| matched.id == *id),
        });
        id && self.idle.is_none() && self.conditions.iter().all(|condition| condition.holds(finding, glance))
    }

    /// Why a rule that does not fit a finding is near it all the same: it is about its id, or about its package. None for one
    /// that has nothing to do with it.
    pub(crate) fn near(&self, finding: &Finding, glance: &Glance<'_>) -> Option<String> {
        if let Some(why) = &self.idle {
            return Some(format!("it sets nothing aside: {why}"));
        }
        if let Some(id) = self.id.as_ref().filter(|_| self.reach == Reach::Record)
            && !finding.matched.iter().any(|matched| matched.id == *id)
        {
            return Some(format!("its tool means the record {id} alone, and another one of the alias group matched"));
        }
        let (held, failed): (Vec<_>, Vec<_>) =
            self.conditions.iter().partition(|condition| condition.holds(finding, glance));
        let is_near = self.id.is_some() || held.iter().any(|condition| condition.names_a_package());
        let first = failed.first().filter(|_| is_near)?;
        Some(first.objection(finding, glance))
    }

    /// Whether it would set everything aside.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.id.is_none() && self.idle.is_none() && self.conditions.iter().all(Condition::is_everything)
    }

    /// What it is about, for messages.
    #[must_use]
    pub fn about(&self) -> String {
        let conditions = self.conditions.iter().map(Condition::words).filter(|words| !words.is_empty());
        let parts: Vec<_> = self.id.iter().cloned().chain(conditions).collect();
        if parts.is_empty() { "a rule".to_owned() } else { parts.join(" in ") }
    }
}
