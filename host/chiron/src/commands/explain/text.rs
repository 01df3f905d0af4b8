//! An explanation as a person reads it: the answer first, then why, then what to do.

use chiron_formats::json::{Decision, FindingComponent, NearMiss, Report, Severity, Status, Suppression, VexRemark};
use chiron_model::text::one_line;
use chiron_pipeline::explain::{
    Alias, Answer, AssertedBy, Decided, Entry, Explanation, Fix, Opinion, Places, Record, Says,
};

/// Of what is left out where it would be the same for every version.
const ENTRIES_TOLD: usize = 6;

/// What was found; `named` where something was asked about, so that everything is told of it.
pub(super) fn write(report: Option<&Report>, found: &[Explanation], named: bool) -> String {
    if found.is_empty() {
        return nothing(report);
    }
    let mut page = Page::default();
    for (number, explanation) in found.iter().enumerate() {
        if number > 0 {
            page.blank();
        }
        if named { whole(&mut page, explanation) } else { disagreement(&mut page, explanation) }
    }
    page.text
}

fn nothing(report: Option<&Report>) -> String {
    let steps = report.into_iter().flat_map(|report| &report.steps);
    match steps.filter(|step| step.kind == "scanner" && step.calls > 0).count() {
        0 | 1 => "nothing to explain: fewer than two scanners looked\n".to_owned(),
        _ => "nothing to explain: all scanners say the same\n".to_owned(),
    }
}

/// Lines, each inert: most texts here are of others.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(one_line(line).trim_end());
        self.text.push('\n');
    }

    fn indented(&mut self, line: &str) {
        self.text.push_str("  ");
        self.line(line);
    }

    fn deeper(&mut self, line: &str) {
        self.text.push_str("    ");
        self.line(line);
    }

    fn deepest(&mut self, line: &str) {
        self.text.push_str("      ");
        self.line(line);
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn head(&mut self, title: &str) {
        self.blank();
        self.line(title);
    }
}

fn whole(page: &mut Page, explanation: &Explanation) {
    page.line(&format!("{}: {}", explanation.answer.word(), explanation.because));
    if !explanation.title.is_empty() {
        page.line(&explanation.title);
    }
    if let Some(severity) = explanation.severity {
        page.line(&rated(severity, explanation));
    }
    records(page, &explanation.records, explanation.component.as_ref());
    remarks(page, &explanation.remarks);
    aliases(page, &explanation.aliases);
    places(page, &explanation.places);
    fix(page, explanation.fix.as_ref(), explanation);
    people(page, explanation.set_aside.as_ref(), &explanation.vex, &explanation.near_misses);
    decisions(page, &explanation.decisions);
    scanners(page, explanation);
}

fn rated(severity: Severity, explanation: &Explanation) -> String {
    let mut parts = vec![match severity {
        Severity::Unknown => "nobody rated it".to_owned(),
        rated @ (Severity::Critical | Severity::High | Severity::Medium | Severity::Low | Severity::None) => {
            format!("rated {}", word(rated))
        }
    }];
    if let Some(epss) = &explanation.epss {
        let (score, percentile) = (epss.score * 100.0, epss.percentile * 100.0);
        parts.push(format!("EPSS of {}: {score:.1} % within 30 days, more than {percentile:.0} % of all", epss.cve));
    }
    if let Some(kev) = &explanation.kev {
        let ransomware = if kev.ransomware { ", also by ransomware" } else { "" };
        parts.push(format!("known to be exploited ({}, in CISA's catalogue since {}{ransomware})", kev.cve, kev.added));
    }
    parts.join(" · ")
}

fn records(page: &mut Page, records: &[Record], component: Option<&FindingComponent>) {
    if records.is_empty() {
        return;
    }
    page.head("WHAT THE RECORDS SAY");
    for record in records {
        let day = record.modified.split('T').next().unwrap_or_default();
        page.indented(&format!(
            "{} of the database `{}`, changed on {day}: {}",
            record.id, record.database, record.says
        ));
        if component.is_none()
            && let Some(since) = &record.withdrawn
        {
            page.deeper(&format!("its publisher withdrew it on {}", since.split('T').next().unwrap_or_default()));
        }
        // Of a distribution's releases only the package's own matter, where it is known.
        let (own, other): (Vec<_>, Vec<_>) = record.entries.iter().partition(|entry| !entry.other_release);
        for told in own.iter().take(ENTRIES_TOLD) {
            entry(page, told, component);
        }
        let more = own.len().saturating_sub(ENTRIES_TOLD);
        if more > 0 {
            page.deeper(&format!("and {more} more entries: -o json"));
        }
        if !other.is_empty() {
            let releases: Vec<_> = other.iter().map(|entry| entry.ecosystem.as_str()).collect();
            page.deeper(&format!("other releases, which say nothing of this one: {}", releases.join(", ")));
        }
        if !record.related.is_empty() {
            page.deeper(&format!("related, which is not the same: {}", record.related.join(", ")));
        }
    }
}

fn entry(page: &mut Page, entry: &Entry, component: Option<&FindingComponent>) {
    let order = match (&entry.order, entry.ranges.is_empty()) {
        (Some(order), false) => format!(", versions in the order of {order}"),
        _ => String::new(),
    };
    let version = match (&entry.version, component.and_then(|component| component.version.as_ref())) {
        (Some(asked), Some(own)) if asked != own => format!(", whose version here is {asked}"),
        _ => String::new(),
    };
    page.deeper(&format!("{} of {}{version}{order}", entry.name, entry.ecosystem));
    for range in &entry.ranges {
        let position = if range.position.is_empty() { String::new() } else { format!("; {}", range.position) };
        page.deepest(&format!("affected: {}{position}", range.affected));
    }
    let its = match (entry.lists_it, &entry.version) {
        (true, Some(version)) => format!(", {version} among them"),
        (false, Some(version)) => format!(", {version} not among them"),
        (_, None) => String::new(),
    };
    match entry.listed {
        0 => {}
        1 => page.deepest(&format!("and one listed version{its}")),
        count => page.deepest(&format!("and {count} listed versions{its}")),
    }
}

fn remarks(page: &mut Page, remarks: &[String]) {
    if remarks.is_empty() {
        return;
    }
    page.head("NOTE");
    remarks.iter().for_each(|remark| page.indented(remark));
}

fn aliases(page: &mut Page, aliases: &[Alias]) {
    if aliases.is_empty() {
        return;
    }
    page.head("ALSO CALLED");
    for Alias { id, by } in aliases {
        let by = match by {
            AssertedBy::Record { database, record } => format!("the record {record} of `{database}` says so"),
            AssertedBy::Run => "the databases of the run say so (--db tells which record)".to_owned(),
            AssertedBy::Claimed { scanner } => {
                format!(
                    "only the scanner `{scanner}` claims it: it carries no suppression, VEX statement or baseline over"
                )
            }
        };
        page.indented(&format!("{id}: {by}"));
    }
}

fn places(page: &mut Page, places: &Places) {
    if places.files.is_empty() {
        return;
    }
    page.head("WHERE");
    places.files.iter().for_each(|file| page.indented(file));
    places.paths.iter().for_each(|path| page.indented(&path.join(" -> ")));
    if places.more > 0 {
        page.indented(&format!("and {} more ways", places.more));
    }
}

fn fix(page: &mut Page, fix: Option<&Fix>, explanation: &Explanation) {
    let Some(fix) = fix else {
        if matches!(explanation.answer, Answer::Affected | Answer::SetAside) {
            page.head("FIX");
            page.indented("none is known");
        }
        return;
    };
    page.head("FIX");
    match (fix.versions.as_slice(), &fix.last_affected) {
        ([], Some(last)) => page.indented(&format!("none is known; {last} is the last version known to be affected")),
        ([], None) => {}
        ([one], _) => page.indented(&format!("fixed in {one}")),
        ([first, others @ ..], _) => {
            page.indented(&format!("fixed in {first}, and in later lines in {}", others.join(", ")));
        }
    }
    if let Some(version) = &fix.upgrade_to {
        let leaves = match fix.leaves.as_slice() {
            [] => ", which ends every finding of this component".to_owned(),
            left => format!(", which leaves {}", left.join(", ")),
        };
        let brings =
            if fix.brings.is_empty() { String::new() } else { format!(" and brings {}", fix.brings.join(", ")) };
        page.indented(&format!("upgrade to {version}{leaves}{brings}"));
    }
    if !fix.is_in.is_empty() {
        page.indented(&format!("already there: {}", fix.is_in.join("; ")));
    }
}

fn people(page: &mut Page, set_aside: Option<&Suppression>, vex: &[VexRemark], near: &[NearMiss]) {
    if set_aside.is_none() && vex.is_empty() && near.is_empty() {
        return;
    }
    page.head("WHAT PEOPLE SAID");
    if let Some(Suppression { reason, expires, by, source, owner, was }) = set_aside {
        let owner = owner.as_ref().map(|owner| format!(", {owner}")).unwrap_or_default();
        let expires = expires.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
        let was = if *was == Status::Unknown { "; before, it could not be told whether it applies" } else { "" };
        page.indented(&format!("holds: {by} in {source}{owner}{expires}: {reason}{was}"));
    }
    for remark in vex {
        let VexRemark { document, author, status, justification, text, timestamp, effect } = remark;
        let author = author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
        let when = timestamp.as_ref().map(|time| format!(", of {time}")).unwrap_or_default();
        let why: Vec<_> = justification.iter().chain(text).map(String::as_str).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
        page.indented(&format!("{effect}: VEX in {document}{author}{when}: {status}{why}"));
    }
    for NearMiss { by, source, about, reason } in near {
        let by = if by == "vex" { "VEX" } else { by };
        page.indented(&format!("does not hold: {by} in {source} ({about}): {reason}"));
    }
}

fn decisions(page: &mut Page, decisions: &[Decided]) {
    if decisions.is_empty() {
        return;
    }
    page.head("WHAT WAS DECIDED");
    for Decided { policy, decision, rule, message, remedy } in decisions {
        match rule {
            None => page.indented(&format!("{policy} {message}")),
            Some(rule) => page.indented(&format!("{policy} {} by the rule {rule}: {message}", verb(*decision))),
        }
        if let Some(remedy) = remedy {
            page.deeper(remedy);
        }
    }
}

fn verb(decision: Decision) -> &'static str {
    match decision {
        Decision::Deny => "denies",
        Decision::Warn => "warns",
        Decision::Allow => "allows",
        Decision::NotApplicable => "has no say",
    }
}

fn scanners(page: &mut Page, explanation: &Explanation) {
    if explanation.opinions.is_empty() {
        return;
    }
    page.head("SCANNERS");
    opinions(page, explanation);
}

fn opinions(page: &mut Page, Explanation { opinions, reasons, .. }: &Explanation) {
    for Opinion { scanner, says: said } in opinions {
        page.indented(&format!("{scanner} {}", says(said)));
    }
    for reason in reasons {
        page.indented(&format!("why  {}, {}: {}", reason.scanner, reason.cause.word(), reason.text));
    }
    if reasons.is_empty() && opinions.len() > 1 {
        page.indented("all scanners that looked say the same");
    }
}

/// One of the findings that scanners do not agree about.
fn disagreement(page: &mut Page, explanation: &Explanation) {
    let Explanation { finding, advisories, component, .. } = explanation;
    let others: Vec<_> = advisories.iter().filter(|id| *id != finding).map(String::as_str).collect();
    let parts = [finding.as_str(), &others.join(" "), "in", &place(component.as_ref())].map(one_line);
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    page.line(&parts.join(" "));
    opinions(page, explanation);
}

fn place(component: Option<&FindingComponent>) -> String {
    match component {
        Some(FindingComponent { name, version: Some(version), .. }) => format!("{name} {version}"),
        Some(FindingComponent { name, .. }) => name.clone(),
        None => "the subject".to_owned(),
    }
}

fn says(says: &Says) -> String {
    match says {
        Says::Reports { severity, fixed_versions, records } => {
            let fix = if fixed_versions.is_empty() {
                "no fix".to_owned()
            } else {
                format!("fixed in {}", fixed_versions.join(", "))
            };
            format!("reports it: {}, {fix}, by {}", word(*severity), records.join(", "))
        }
        Says::Nothing => "does not report it".to_owned(),
        Says::CannotTell { reason } => format!("cannot tell: {reason}"),
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::None => "none",
        Severity::Unknown => "unknown",
    }
}
