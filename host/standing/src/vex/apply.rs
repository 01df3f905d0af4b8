//! Statements held against findings. Of several that speak of one finding the newest holds, and all are shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chiron_model::finding::{
    ClaimStatus, Finding, FindingStatus, NEAR_MISSES_MAX, NearMiss, SuppressedBy, Suppression,
};
use chiron_model::report::Note;
use chiron_model::vex::{VexDocument, VexEffect, VexMiss, VexNear, VexRemark, VexStatus};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Document, Statement};
use crate::Glance;

/// Most statements of one document that a report lists as having met nothing. A distribution's feed has 100,000 of them.
const UNMATCHED_LISTED: usize = 1_000;

/// Most contradictions that are noted.
const NOTES_LISTED: usize = 50;

/// What came of a run's documents.
#[derive(Debug, Default)]
pub struct Heard {
    /// For the report.
    pub documents: Vec<VexDocument>,
    /// Contradictions, and what met nothing.
    pub notes: Vec<Note>,
}

/// A statement by its place: document, statement.
type Place = (usize, usize);

/// Sets findings aside that do not apply, and keeps why each other statement met nothing.
#[must_use]
pub fn apply(documents: &[Document], findings: &mut [Finding], glance: &Glance<'_>, now: Timestamp) -> Heard {
    let index = Index::of(documents);
    let mut outcomes: HashMap<Place, Outcome> = HashMap::new();
    let mut contradictions = Vec::new();
    for finding in findings.iter_mut() {
        let mut speaking = Vec::new();
        let mut near = by_claim(documents, &index, finding);
        for place in index.candidates(finding) {
            let statement = &documents[place.0].statements[place.1];
            match objection(statement, finding, glance) {
                None => {
                    outcomes.insert(place, Outcome::Matched);
                    speaking.push(place);
                }
                Some(reason) => {
                    if near.len() < NEAR_MISSES_MAX {
                        near.push(near_miss(&documents[place.0], statement, reason.clone()));
                    }
                    // What it met counts, and of what it missed the first.
                    outcomes.entry(place).or_insert(Outcome::Missed(reason));
                }
            }
        }
        finding.near_misses.append(&mut near);
        contradictions.extend(settle(documents, finding, &speaking, now));
    }
    let described = documents.iter().enumerate();
    let documents = described.map(|(at, document)| describe(document, at, &outcomes)).collect();
    Heard { documents, notes: notes(contradictions) }
}

/// Statements about an id that a scanner alone calls the finding by: they hold for nothing.
fn by_claim(documents: &[Document], index: &Index<'_>, finding: &Finding) -> Vec<NearMiss> {
    let mut told = Vec::new();
    for matched in &finding.matched {
        for alias in &matched.claimed_aliases {
            let reason = format!(
                "that {alias} is {} is the claim of `{}` alone: no advisory database of this run asserts it",
                finding.id, matched.step
            );
            let places = index.by_id.get(alias.as_str()).into_iter().flatten().take(NEAR_MISSES_MAX - told.len());
            told.extend(places.map(|&(document, number)| {
                near_miss(&documents[document], &documents[document].statements[number], reason.clone())
            }));
        }
    }
    told.dedup();
    told
}

fn near_miss(document: &Document, statement: &Statement, reason: String) -> NearMiss {
    let product = statement.products.first();
    let product = product.map(|product| product.subcomponents.first().unwrap_or(&product.identity).text.as_str());
    let dated = statement.timestamp.map(|time| format!(", of {time}")).unwrap_or_default();
    NearMiss {
        by: "vex",
        source: document.name.clone(),
        about: format!(
            "{} {} in {}{dated}",
            statement.vulnerability,
            statement.status.word(),
            product.unwrap_or("nothing")
        ),
        reason,
    }
}

enum Outcome {
    Matched,
    Missed(String),
}

/// Statements by every id that they use.
struct Index<'a> {
    by_id: HashMap<&'a str, Vec<Place>>,
}

impl<'a> Index<'a> {
    fn of(documents: &'a [Document]) -> Self {
        let mut by_id: HashMap<&str, Vec<Place>> = HashMap::new();
        for (at, document) in documents.iter().enumerate() {
            for (number, statement) in document.statements.iter().enumerate() {
                let ids = std::iter::once(&statement.vulnerability).chain(&statement.aliases);
                ids.for_each(|id| by_id.entry(id).or_default().push((at, number)));
            }
        }
        Self { by_id }
    }

    /// In the order of documents. Those that name an id of the group among their aliases alone are here too, to be told why not.
    fn candidates(&self, finding: &Finding) -> Vec<Place> {
        let mut places: Vec<_> =
            finding.advisories.iter().filter_map(|id| self.by_id.get(id.as_str())).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// Why a statement does not speak of a finding, if it does not.
fn objection(statement: &Statement, finding: &Finding, glance: &Glance<'_>) -> Option<String> {
    if !finding.advisories.contains(&statement.vulnerability) {
        return Some(format!(
            "that {} is {} is the document's own claim: no advisory database of this run asserts it",
            statement.vulnerability, finding.id
        ));
    }
    let mut first = None;
    for product in &statement.products {
        match product.objection(finding, glance) {
            None => return None,
            Some(objection) => first = first.or(Some(objection)),
        }
    }
    first.or_else(|| Some("it names no product".to_owned()))
}

/// The one that holds, and the others beside it; a note where they contradict each other.
fn settle(documents: &[Document], finding: &mut Finding, speaking: &[Place], now: Timestamp) -> Option<String> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let of = |place: &Place| (&documents[place.0], &documents[place.0].statements[place.1]);
    let is_over = |statement: &Statement| statement.until.is_some_and(|last| today > last);
    let badness = |status: VexStatus| VexStatus::WORST_FIRST.iter().position(|other| *other == status);
    // Of one age the worse holds: a tie must not be a way to silence.
    let holding = speaking.iter().filter(|place| !is_over(of(place).1)).max_by_key(|place| {
        let statement = of(place).1;
        (statement.timestamp, Reverse(badness(statement.status)), Reverse(**place))
    });
    for place in speaking {
        let (document, statement) = of(place);
        let effect = match (is_over(statement), Some(place) == holding) {
            (true, _) => VexEffect::Expired,
            (false, true) => VexEffect::Holds,
            (false, false) => VexEffect::Overruled,
        };
        finding.vex.push(remark(document, statement, effect));
    }
    let (document, statement) = of(holding?);
    if statement.status.sets_aside() && !matches!(finding.status, FindingStatus::Suppressed(_)) {
        finding.status = FindingStatus::Suppressed(suppression(document, statement, &finding.status));
    }
    contradiction(finding)
}

fn contradiction(finding: &Finding) -> Option<String> {
    let holds = finding.vex.iter().find(|remark| remark.effect == VexEffect::Holds)?;
    let against = |remark: &&VexRemark| {
        remark.effect == VexEffect::Overruled && remark.status.sets_aside() != holds.status.sets_aside()
    };
    let other = finding.vex.iter().find(against)?;
    let said = |remark: &VexRemark| {
        let when = remark.timestamp.as_deref().map_or_else(|| "undated".to_owned(), |time| format!("of {time}"));
        format!("{} ({}, {when})", remark.document, remark.status.word())
    };
    let why = if holds.timestamp == other.timestamp { "of one age the worse holds" } else { "the newer holds" };
    Some(format!(
        "VEX statements about {} contradict each other: {} and {}; {why}",
        finding.id,
        said(holds),
        said(other)
    ))
}

fn remark(document: &Document, statement: &Statement, effect: VexEffect) -> VexRemark {
    VexRemark {
        document: document.name.clone(),
        author: document.author.clone(),
        status: statement.status,
        justification: statement.justification,
        text: statement.text.clone(),
        timestamp: statement.timestamp.map(|time| time.to_string()),
        effect,
    }
}

fn suppression(document: &Document, statement: &Statement, status: &FindingStatus) -> Suppression {
    let was = match status {
        FindingStatus::Unknown => ClaimStatus::Unknown,
        FindingStatus::Affected | FindingStatus::Suppressed(_) => ClaimStatus::Affected,
    };
    let justification = statement.justification.map(|justification| justification.word().replace('_', " "));
    let reason = match (statement.status, justification, &statement.text) {
        (_, Some(word), Some(text)) => format!("{word}: {text}"),
        (_, Some(word), None) => word,
        (_, None, Some(text)) => text.clone(),
        (VexStatus::Fixed, None, None) => "it holds a fix".to_owned(),
        (_, None, None) => "no reason given".to_owned(),
    };
    Suppression {
        reason,
        was,
        expires: statement.until.map(|date| date.to_string()),
        by: SuppressedBy::Vex(statement.status, statement.justification),
        source: document.name.clone(),
        owner: document.author.clone(),
    }
}

fn describe(document: &Document, at: usize, outcomes: &HashMap<Place, Outcome>) -> VexDocument {
    let (mut matched, mut unmatched) = (0, Vec::new());
    for (number, statement) in document.statements.iter().enumerate() {
        let (elsewhere, reason) = match outcomes.get(&(at, number)) {
            Some(Outcome::Matched) => {
                matched += 1;
                continue;
            }
            Some(Outcome::Missed(reason)) => (VexNear::SameVulnerability, reason.clone()),
            None => (VexNear::NothingFound, "no finding is about this vulnerability".to_owned()),
        };
        let product = statement.products.first();
        let product = product.map(|product| product.subcomponents.first().unwrap_or(&product.identity));
        unmatched.push(VexMiss {
            elsewhere,
            vulnerability: statement.vulnerability.clone(),
            product: product.map(|identity| identity.text.clone()).unwrap_or_default(),
            status: statement.status.word().to_owned(),
            reason,
        });
    }
    unmatched.sort();
    let unlisted = unmatched.len().saturating_sub(UNMATCHED_LISTED) as u64;
    unmatched.truncate(UNMATCHED_LISTED);
    VexDocument {
        name: document.name.clone(),
        digest: document.digest.to_string(),
        format: document.format.word().to_owned(),
        author: document.author.clone(),
        statements: document.statements.len() as u64,
        matched,
        unmatched,
        unlisted,
    }
}

fn notes(mut contradictions: Vec<String>) -> Vec<Note> {
    let more = contradictions.len().saturating_sub(NOTES_LISTED);
    contradictions.truncate(NOTES_LISTED);
    if more > 0 {
        contradictions.push(format!("and {more} more findings of which VEX statements contradict each other"));
    }
    let notes: BTreeMap<_, ()> = contradictions.into_iter().map(|message| (message, ())).collect();
    notes.into_keys().map(|message| Note { code: "vex-contradiction".to_owned(), message }).collect()
}
