//! From claims to findings: merged by the aliases that a pinned database asserts.

mod aliases;
mod panel;
mod sources;

use std::collections::BTreeMap;

use chiron_model::component::Component;
use chiron_model::digest::Digest;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::finding::{Claim, ClaimStatus, Finding, FindingStatus, Matched};
use chiron_model::property;
use chiron_model::severity::Severity;

use crate::databases::Databases;
use crate::evidence::Evidence;
use aliases::Aliases;
pub(crate) use panel::Panel;
use sources::Sources;

/// Merges all claims of the evidence.
///
/// # Errors
/// A database that cannot say which aliases it asserts: findings cannot be merged by guesswork.
pub(crate) fn judge(evidence: &Evidence, databases: Option<&Databases>, panel: &Panel) -> Result<Vec<Finding>, String> {
    let mut aliases = Aliases::new(databases);
    let sources = Sources::new(databases);
    let components: BTreeMap<_, _> = evidence.components.iter().map(|c| (c.id.as_str(), c)).collect();
    let mut groups: BTreeMap<(String, Vec<String>, String), Vec<&Claim>> = BTreeMap::new();
    for claim in &evidence.claims {
        let component = claim.component.as_deref().and_then(|id| components.get(id));
        let place = component.map_or_else(|| claim.origin.subject.clone(), |component| identity(component));
        let group = aliases.group(&claim.rule_id)?;
        // Within one alias group and component the discriminator still tells things apart (secrets, licences).
        groups.entry((place, group, claim.discriminator.clone())).or_default().push(claim);
    }
    let merged = groups
        .into_iter()
        .filter_map(|((place, group, _), claims)| merge(&place, group, &claims, &components, &sources));
    let mut findings: Vec<_> = merged.collect();
    panel.ask(&mut findings, evidence, databases);
    // Sorted so that two runs over the same subject give byte-equal reports; attestations hash this.
    findings.sort_by(|a, b| (&a.component, &a.id, &a.fingerprint).cmp(&(&b.component, &b.id, &b.fingerprint)));
    Ok(findings)
}

/// What makes two components one package for a finding: the purl as written, else name and version.
fn identity(component: &Component) -> String {
    match (&component.purl, &component.version) {
        (Some(purl), _) => purl.as_str().to_owned(),
        (None, Some(version)) => format!("{}@{version}", component.name),
        (None, None) => component.name.clone(),
    }
}

fn merge(
    place: &str,
    group: Vec<String>,
    claims: &[&Claim],
    components: &BTreeMap<&str, &Component>,
    sources: &Sources<'_>,
) -> Option<Finding> {
    let mut claims = claims.to_vec();
    // The words of an earlier database stand before those of a later one.
    let order =
        |claim: &Claim| (sources.rank(claim), claim.rule_id.clone(), claim.origin.clone(), claim.component.clone());
    claims.sort_by_cached_key(|claim| order(claim));
    let sure: Vec<_> = claims.iter().copied().filter(|claim| claim.status == ClaimStatus::Affected).collect();
    // A sure claim wins: what another scanner could not tell adds nothing to it.
    let telling = if sure.is_empty() { &claims } else { &sure };
    let first = *telling.first()?;
    let component = claims.iter().filter_map(|claim| claim.component.clone()).min();
    let known = component.as_deref().and_then(|id| components.get(id)).copied();
    let unsure = sure.is_empty();
    Some(Finding {
        id: first.rule_id.clone(),
        fingerprint: fingerprint(place, &group, first),
        matched: all_matched(telling, &group, known, sources),
        silent: Vec::new(),
        unsure: Vec::new(),
        category: category(telling),
        status: if unsure { FindingStatus::Unknown } else { FindingStatus::Affected },
        unknown_reason: unsure
            .then(|| property(&first.properties, "chiron:unknown-reason").unwrap_or("not said").to_owned()),
        component,
        title: first.title.clone(),
        message: first.message.clone(),
        severity: severity(telling, sources),
        scores: scores(telling),
        epss: None,
        kev: None,
        fixed_versions: fixed(telling.iter().copied(), known),
        last_affected: telling.iter().find_map(|claim| claim.last_affected.clone()),
        locations: sorted(claims.iter().flat_map(|claim| claim.locations.clone())),
        proofs: telling.iter().flat_map(|claim| claim.proofs.clone()).collect(),
        subjects: sorted(claims.iter().map(|claim| claim.origin.subject.clone())),
        advisories: group,
        vex: Vec::new(),
        near_misses: Vec::new(),
    })
}

/// What each scanner says, sorted; the same words about several copies are said once.
fn all_matched(
    claims: &[&Claim],
    group: &[String],
    component: Option<&Component>,
    sources: &Sources<'_>,
) -> Vec<Matched> {
    let matched = claims.iter().map(|&claim| Matched {
        id: claim.rule_id.clone(),
        step: claim.origin.step.clone(),
        database: sources.name(claim).map(str::to_owned),
        severity: claim.severity,
        fixed_versions: fixed(std::iter::once(claim), component),
        last_affected: claim.last_affected.clone(),
        claimed_aliases: claimed(claim, group),
    });
    let mut all: Vec<_> = matched.collect();
    all.sort_by(|a, b| {
        let key = |m: &Matched| (m.id.clone(), m.step.clone(), m.database.clone(), m.severity.rank());
        key(a).cmp(&key(b)).then_with(|| a.fixed_versions.cmp(&b.fixed_versions))
    });
    all.dedup();
    all
}

/// Most aliases of a claim that are kept to be shown.
const CLAIMED_MAX: usize = 20;

/// What a scanner calls it beside what databases assert. Shown, never followed.
fn claimed(claim: &Claim, group: &[String]) -> Vec<String> {
    let others = claim.aliases.iter().filter(|alias| !alias.trim().is_empty() && !group.contains(alias));
    let mut claimed = sorted(others.cloned());
    claimed.truncate(CLAIMED_MAX);
    claimed
}

/// The worst of what is said, but of databases only what the earliest says that rates it at all.
fn severity(claims: &[&Claim], sources: &Sources<'_>) -> Severity {
    let rated = |claim: &&&Claim| claim.severity != Severity::Unknown;
    let earliest = claims.iter().filter(rated).filter_map(|claim| sources.place(claim)).min();
    let counts = |claim: &&&Claim| sources.place(claim).is_none_or(|place| Some(place) == earliest);
    claims.iter().filter(counts).fold(Severity::Unknown, |worst, claim| worst.worse(claim.severity))
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items.dedup();
    items
}

/// The first category, except that "malicious" is never hidden behind another.
fn category(claims: &[&Claim]) -> String {
    let of = |claim: &&Claim| property(&claim.properties, "chiron:category").unwrap_or("vulnerability").to_owned();
    let all: Vec<_> = claims.iter().map(of).collect();
    all.iter().find(|category| *category == "malicious").or(all.first()).cloned().unwrap_or_default()
}

fn scores(claims: &[&Claim]) -> Vec<chiron_model::advisory::Score> {
    let mut scores: Vec<_> = claims.iter().flat_map(|claim| claim.scores.clone()).collect();
    scores.sort_by(|a, b| (&a.system, &a.vector).cmp(&(&b.system, &b.vector)));
    scores.dedup_by(|a, b| (&a.system, &a.vector) == (&b.system, &b.vector));
    scores
}

/// All fixes, ascending by the ecosystem's order; where that cannot be told, by text.
fn fixed<'a>(claims: impl Iterator<Item = &'a Claim>, component: Option<&Component>) -> Vec<String> {
    let mut versions = sorted(claims.flat_map(|claim| claim.fixed_versions.clone()));
    if let Some(ecosystem) = component.and_then(|c| c.purl.as_ref()).and_then(Ecosystem::of) {
        // All or none: two orders in one sort are no order.
        if versions.iter().all(|version| chiron_advisories::compare(ecosystem, version, version).is_ok()) {
            versions.sort_by(|a, b| chiron_advisories::compare(ecosystem, a, b).unwrap_or(std::cmp::Ordering::Equal));
        }
    }
    versions
}

/// Stable between runs and between scanners that assert the same group: rule, component, place and discriminator.
fn fingerprint(place: &str, group: &[String], claim: &Claim) -> String {
    let rule = group.first().unwrap_or(&claim.rule_id);
    let location = claim.locations.first().map(|location| location.path.as_str()).unwrap_or_default();
    let text = [rule.as_str(), place, location, &claim.discriminator].join("\0");
    Digest::sha256_of(text.as_bytes()).hex().to_owned()
}

#[cfg(test)]
mod tests;
