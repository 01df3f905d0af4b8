//! Suppressions held against findings.

use std::collections::{BTreeSet, HashMap};

use chiron_model::finding::{
    ClaimStatus, Finding, FindingStatus, NEAR_MISSES_MAX, NearMiss, SuppressedBy, Suppression,
};
use chiron_model::report::Note;
use jiff::Timestamp;

use super::{Rule, Until};
use crate::Glance;

/// Most notes of one kind: a file of 100,000 entries of which none is used must not drown the report.
const NOTES_LISTED: usize = 50;

/// Where no reason was given: other tools do not ask for one.
const NO_REASON: &str = "no reason given";

/// What came of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// It fits no finding.
    Nothing,
    /// It fits some.
    Something,
}

/// Rules, indexed: findings times rules would be 10^9 questions.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    by_id: HashMap<String, Vec<usize>>,
    without_id: Vec<usize>,
}

impl Rules {
    /// Indexes rules. Of several that fit a finding the first gives the reason.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut without_id = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            match &rule.id {
                Some(id) => by_id.entry(id.clone()).or_default().push(index),
                None => without_id.push(index),
            }
        }
        Self { rules, by_id, without_id }
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// Sets findings aside, and remarks on rules that are over, meet nothing or cannot be followed.
    pub fn apply(&self, findings: &mut [Finding], glance: &Glance<'_>, now: Timestamp) -> Vec<Note> {
        let mut met = vec![Met::Nothing; self.rules.len()];
        for finding in findings.iter_mut() {
            self.judge(finding, glance, now, &mut met);
        }
        self.notes(&met, now)
    }

    fn judge(&self, finding: &mut Finding, glance: &Glance<'_>, now: Timestamp, met: &mut [Met]) {
        let mut decided = BTreeSet::new();
        let mut near = self.by_claim(finding);
        for index in self.candidates(finding) {
            let rule = &self.rules[index];
            if !rule.fits(finding, glance) {
                if near.len() < NEAR_MISSES_MAX {
                    near.extend(rule.near(finding, glance).map(|reason| near_miss(rule, reason)));
                }
                continue;
            }
            met[index] = Met::Something;
            let first = !rule.first_decides || decided.insert(rule.source.file.as_str());
            let over = rule.until.as_ref().filter(|until| until.is_over(now));
            if let Some(until) = over.filter(|_| near.len() < NEAR_MISSES_MAX) {
                near.push(near_miss(rule, format!("it expired on {until}")));
            }
            if first && over.is_none() && !matches!(finding.status, FindingStatus::Suppressed(_)) {
                finding.status = FindingStatus::Suppressed(suppression(rule, &finding.status));
            }
        }
        finding.near_misses.append(&mut near);
    }

    /// Rules about an id that a scanner alone calls the finding by: they hold for nothing, and whoever wrote them wants to know.
    fn by_claim(&self, finding: &Finding) -> Vec<NearMiss> {
        let claims = finding.matched.iter().flat_map(|matched| {
            matched.claimed_aliases.iter().filter_map(move |alias| Some((self.by_id.get(alias)?, alias, &matched.step)))
        });
        let told = claims.flat_map(|(rules, alias, step)| {
            let reason = format!(
                "that {alias} is {} is the claim of `{step}` alone: no advisory database of this run asserts it",
                finding.id
            );
            rules.iter().map(move |&index| near_miss(&self.rules[index], reason.clone()))
        });
        let mut told: Vec<_> = told.take(NEAR_MISSES_MAX).collect();
        told.dedup();
        told
    }

    /// In the order of the rules.
    fn candidates(&self, finding: &Finding) -> Vec<usize> {
        let by_id = finding.advisories.iter().filter_map(|id| self.by_id.get(id)).flatten();
        let mut all: Vec<_> = by_id.chain(&self.without_id).copied().collect();
        all.sort_unstable();
        all
    }

    fn notes(&self, met: &[Met], now: Timestamp) -> Vec<Note> {
        let mut listed: Vec<(&str, Vec<String>)> =
            ["suppression-expired", "suppression-unused", "suppression-idle"].map(|code| (code, Vec::new())).to_vec();
        for (rule, met) in self.rules.iter().zip(met) {
            let (what, source) = (rule.about(), &rule.source);
            let over = rule.until.as_ref().filter(|until| until.is_over(now));
            let (kind, message) = match (&rule.idle, met, over) {
                (Some(why), ..) => (2, format!("the suppression of {what} ({source}) sets nothing aside: {why}")),
                (None, Met::Something, Some(until)) => (0, over_message(&what, source, until)),
                (None, Met::Something, None) => continue,
                (None, Met::Nothing, _) => (1, format!("the suppression of {what} ({source}) meets no finding")),
            };
            listed[kind].1.push(message);
        }
        listed.into_iter().flat_map(|(code, messages)| bounded(code, messages)).collect()
    }
}

fn over_message(what: &str, source: &super::Source, until: &Until) -> String {
    format!("the suppression of {what} ({source}) expired on {until}: it no longer holds")
}

fn bounded(code: &str, mut messages: Vec<String>) -> Vec<Note> {
    let more = messages.len().saturating_sub(NOTES_LISTED);
    messages.truncate(NOTES_LISTED);
    if more > 0 {
        messages.push(format!("and {more} more suppressions of which the same is true"));
    }
    messages.into_iter().map(|message| Note { code: code.to_owned(), message }).collect()
}

fn near_miss(rule: &Rule, reason: String) -> NearMiss {
    NearMiss { by: SuppressedBy::Rule.word(), source: rule.source.to_string(), about: rule.about(), reason }
}

fn suppression(rule: &Rule, status: &FindingStatus) -> Suppression {
    let was = match status {
        FindingStatus::Unknown => ClaimStatus::Unknown,
        FindingStatus::Affected | FindingStatus::Suppressed(_) => ClaimStatus::Affected,
    };
    Suppression {
        reason: rule.reason.clone().unwrap_or_else(|| NO_REASON.to_owned()),
        was,
        expires: rule.until.as_ref().map(ToString::to_string),
        by: SuppressedBy::Rule,
        source: rule.source.to_string(),
        owner: rule.owner.clone(),
    }
}
