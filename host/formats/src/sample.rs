//! A report with one of everything, and a hostile one.

use chiron_model::advice::Advice;
use chiron_model::advisory::{DatabaseId, Score};
use chiron_model::component::{Component, License, Origin, Relation};
use chiron_model::coverage::{Coverage, FileOutcome};
use chiron_model::digest::Digest;
use chiron_model::finding::{
    ClaimStatus, Epss, Finding, FindingStatus, Kev, Matched, Proof, SuppressedBy, Suppression, Unsure,
};
use chiron_model::location::Location;
use chiron_model::plugin::PluginKind;
use chiron_model::purl::Purl;
use chiron_model::report::{Enrichment, Note, Report, Setting};
use chiron_model::severity::Severity;
use chiron_model::step::{Ending, Failure, PluginRecord, StepOutcome};
use chiron_model::subject::Subject;
use chiron_model::verdict::{Decision, PolicyVerdict, Reason, Verdict};
use chiron_model::vex::{VexEffect, VexRemark, VexStatus};

fn texts<const N: usize>(items: [&str; N]) -> Vec<String> {
    items.map(str::to_owned).to_vec()
}

/// A component of a Python package.
pub(crate) fn component(id: &str, name: &str, version: &str) -> Component {
    Component {
        id: id.to_owned(),
        kind: "library".to_owned(),
        name: name.to_owned(),
        version: Some(version.to_owned()),
        purl: Purl::parse(&format!("pkg:pypi/{}@{version}", name.to_lowercase())).ok(),
        scope: "runtime".to_owned(),
        licenses: vec![License::Expression("BSD-3-Clause".to_owned())],
        digests: vec![Digest::sha256_of(name.as_bytes())],
        locations: vec![Location::file(format!("{name}-{version}.dist-info/METADATA"))],
        origin: Origin { step: "sbom".to_owned(), subject: "dist/app.whl".to_owned() },
        properties: Vec::new(),
    }
}

/// What one scanner says of it.
pub(crate) fn matched(id: &str, step: &str, severity: Severity, fixed: &str) -> Matched {
    Matched {
        id: id.to_owned(),
        step: step.to_owned(),
        database: Some("osv".to_owned()),
        severity,
        fixed_versions: fixed.split_whitespace().map(str::to_owned).collect(),
        last_affected: None,
        claimed_aliases: Vec::new(),
    }
}

/// A finding that applies, with one fix.
pub(crate) fn finding(id: &str, component: &str, severity: Severity, fixed: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        advisories: vec![id.to_owned()],
        matched: vec![matched(id, "scan", severity, fixed)],
        silent: Vec::new(),
        unsure: Vec::new(),
        fingerprint: format!("fp-{id}-{component}"),
        category: "vulnerability".to_owned(),
        status: FindingStatus::Affected,
        unknown_reason: None,
        component: Some(component.to_owned()),
        title: format!("Title of {id}"),
        message: format!("What {id} is about."),
        severity,
        scores: Vec::new(),
        epss: None,
        kev: None,
        fixed_versions: fixed.split_whitespace().map(str::to_owned).collect(),
        last_affected: None,
        locations: Vec::new(),
        proofs: Vec::new(),
        subjects: texts(["dist/app.whl"]),
        vex: Vec::new(),
        near_misses: Vec::new(),
    }
}

fn file(path: &str, coverage: Coverage, reason: Option<&str>) -> FileOutcome {
    FileOutcome {
        path: path.to_owned(),
        coverage,
        entries_read: 12,
        entries_dropped: u64::from(coverage == Coverage::Partly) * 3,
        reason: reason.map(str::to_owned),
        origin: Origin { step: "sbom".to_owned(), subject: "dist/app.whl".to_owned() },
    }
}

fn step(id: &str, kind: PluginKind, plugin: &str, ending: Ending) -> StepOutcome {
    StepOutcome {
        id: id.to_owned(),
        kind,
        plugin: PluginRecord {
            signer: None,
            name: plugin.to_owned(),
            version: "0.1.0".to_owned(),
            digest: Digest::sha256_of(plugin.as_bytes()),
            imports: texts(["chiron:telemetry/log@0.1.0"]),
            grants: texts(["log"]),
        },
        required: id != "extra",
        calls: 2,
        ending,
        fallback_for: Vec::new(),
        replaced_by: None,
    }
}

fn score(system: &str, vector: &str, value: Option<f64>) -> Score {
    Score { system: system.to_owned(), vector: vector.to_owned(), value }
}

/// A release that is denied.
pub(crate) fn report() -> Report {
    Report {
        pipeline: "release".to_owned(),
        chiron_version: "0.1.0".to_owned(),
        evaluated_at: "2026-07-01T12:00:00Z".to_owned(),
        printed_at: "2026-07-01T12:00:00Z".to_owned(),
        subjects: vec![Subject {
            name: "dist/app.whl".to_owned(),
            media_type: "application/zip".to_owned(),
            digests: vec![Digest::sha256_of(b"app")],
            size: Some(12_345),
            properties: Vec::new(),
        }],
        steps: vec![
            step("sbom", PluginKind::SbomGenerator, "cyclonedx", Ending::Succeeded),
            step("scan", PluginKind::Scanner, "osv", Ending::Succeeded),
            step(
                "extra",
                PluginKind::Scanner,
                "acme",
                Ending::Failed(Failure {
                    code: "deadline".to_owned(),
                    message: "the call took longer than 30 s".to_owned(),
                    hint: Some("raise `limits.deadline` of the step".to_owned()),
                }),
            ),
            step("gate", PluginKind::Policy, "gate", Ending::Succeeded),
        ],
        components: components(),
        relations: vec![
            Relation { source: "c1".to_owned(), kind: "depends-on".to_owned(), target: "c3".to_owned() },
            Relation { source: "c1".to_owned(), kind: "contains".to_owned(), target: "c2".to_owned() },
        ],
        files: vec![
            file("Django-4.2.0.dist-info/METADATA", Coverage::Read, None),
            file("requirements.txt", Coverage::Partly, Some("3 lines name a URL")),
            file("app/native.so", Coverage::Unsupported, Some("no generator reads it")),
            file("vendor/broken.lock", Coverage::Failed, Some("not valid TOML at line 3")),
        ],
        findings: findings(),
        advice: advice(),
        databases: vec![DatabaseId {
            name: "default".to_owned(),
            digest: Digest::sha256_of(b"database").to_string(),
            built_at: "2026-06-30T23:11:04Z".to_owned(),
            records: 214_377,
        }],
        enrichments: Vec::new(),
        vex: Vec::new(),
        verdict: verdict(),
        notes: vec![Note {
            code: "unlocked".to_owned(),
            message: "There is no chiron.lock: plugins were taken as they are.".to_owned(),
        }],
        settings: vec![Setting {
            key: "gate.fail_on".to_owned(),
            value: "high".to_owned(),
            source: "pipeline.toml".to_owned(),
        }],
    }
}

fn components() -> Vec<Component> {
    let mut sqlparse = component("c3", "sqlparse", "0.4.4");
    sqlparse.scope = "development".to_owned();
    sqlparse.licenses =
        vec![License::Expression("MIT OR Apache-2.0".to_owned()), License::Text("See LICENSE".to_owned())];
    let mut babel = component("c4", "@babel/core", "7.11.0");
    babel.purl = Purl::parse("pkg:npm/%40babel/core@7.11.0").ok();
    babel.scope = "optional".to_owned();
    babel.locations[0].line = Some(17);
    let mut unversioned = component("c5", "somelib", "0");
    unversioned.version = None;
    unversioned.purl = None;
    vec![component("c1", "Django", "4.2.0"), component("c2", "Pillow", "9.5.0"), sqlparse, babel, unversioned]
}

fn findings() -> Vec<Finding> {
    let mut urlize = finding("CVE-2024-45230", "c1", Severity::High, "4.2.16");
    urlize.advisories = texts(["CVE-2024-45230", "GHSA-5hgc-2vfp-mqvc", "PYSEC-2024-102"]);
    urlize.title = "Potential denial-of-service vulnerability in django.utils.html.urlize()".to_owned();
    urlize.scores = vec![
        score("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", Some(7.5)),
        score("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", None),
        score("text", "MODERATE", None),
    ];
    let mut sql = finding("GHSA-m9g8-fxxm-xg86", "c1", Severity::Critical, "4.2.17 5.0.10");
    sql.advisories = texts(["CVE-2024-53908", "GHSA-m9g8-fxxm-xg86"]);
    sql.title = "SQL injection in HasKey(lhs, rhs) on Oracle".to_owned();
    sql.proofs = vec![
        Proof::File(Location::file("Django-4.2.0.dist-info/METADATA")),
        Proof::Text("HasKey".to_owned()),
        Proof::Uri("https://example.com/advisory".to_owned()),
        Proof::Other("application/octet-stream".to_owned(), vec![0, 255]),
    ];
    let mut webp = finding("CVE-2023-4863", "c2", Severity::High, "");
    webp.title =
        "Heap buffer overflow in libwebp allows a remote attacker to perform an out of bounds write".to_owned();
    webp.last_affected = Some("9.5.0".to_owned());
    let mut quiet = finding("PYSEC-2024-1", "c3", Severity::Medium, "0.5.0");
    quiet.advisories = texts(["CVE-2024-4340", "GHSA-2m57-hf25-phgg", "PYSEC-2024-1"]);
    quiet.status = FindingStatus::Suppressed(Suppression {
        reason: "we never parse SQL from users".to_owned(),
        was: ClaimStatus::Affected,
        expires: Some("2026-12-31".to_owned()),
        by: SuppressedBy::Rule,
        source: "pipeline.toml".to_owned(),
        owner: None,
    });
    let mut unknown = finding("OSV-2023-77", "c5", Severity::Unknown, "");
    unknown.status = FindingStatus::Unknown;
    unknown.unknown_reason = Some("the component has no version".to_owned());
    vec![urlize, sql, webp, quiet, unknown]
}

fn advice() -> Vec<Advice> {
    let upgrade = Advice {
        component: "c1".to_owned(),
        upgrade_to: Some("4.2.17".to_owned()),
        clears: texts(["CVE-2024-45230", "GHSA-m9g8-fxxm-xg86"]),
        ..Advice::default()
    };
    let none = Advice { component: "c2".to_owned(), leaves: texts(["CVE-2023-4863"]), ..Advice::default() };
    vec![upgrade, none]
}

fn verdict() -> Verdict {
    let reason = |message: &str, component: &str| Reason {
        rule_id: "severity-at-or-above".to_owned(),
        message: message.to_owned(),
        component: Some(component.to_owned()),
        remedy: Some("upgrade to 4.2.17".to_owned()),
        properties: Vec::new(),
    };
    Verdict {
        decision: Decision::Deny,
        judged: true,
        policies: vec![
            PolicyVerdict {
                step: "licenses".to_owned(),
                decision: Decision::Allow,
                summary: "all licences are allowed".to_owned(),
                reasons: Vec::new(),
                properties: Vec::new(),
            },
            PolicyVerdict {
                step: "gate".to_owned(),
                decision: Decision::Deny,
                summary: "3 findings are rated high or worse".to_owned(),
                reasons: vec![reason("GHSA-m9g8-fxxm-xg86 is critical", "c1"), reason("CVE-2024-45230 is high", "c1")],
                properties: vec![("fail-on".to_owned(), "high".to_owned())],
            },
        ],
    }
}

/// Texts that act on one format or another.
pub(crate) const NASTY: [&str; 24] = [
    "",
    " ",
    "\u{1b}[31m\u{202e}\0",
    "\u{fffd}\u{fffe}\u{ffff}",
    "two\r\nlines\n::error::three",
    "::set-output name=x::y",
    "##[error]x",
    "%0A::error::x",
    "--> <!-- ]]> <![CDATA[ <?xml",
    "</script><script>alert(1)</script>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>&b;",
    "a|b|c",
    "`code` ```",
    "[a](javascript:alert(1)) ![b](http://c)",
    "@someone #1 https://example.com www.example.com a@b.cd",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "a,\"b\";c",
    "urn:cdx:x",
    "{0} %s $(id) ${x}",
    "a/../../b",
];

/// A report of nothing.
pub(crate) fn empty() -> Report {
    Report {
        pipeline: String::new(),
        chiron_version: "0.1.0".to_owned(),
        evaluated_at: "2026-07-01T12:00:00Z".to_owned(),
        printed_at: "2026-07-01T12:00:00Z".to_owned(),
        subjects: Vec::new(),
        steps: Vec::new(),
        components: Vec::new(),
        relations: Vec::new(),
        files: Vec::new(),
        findings: Vec::new(),
        advice: Vec::new(),
        databases: Vec::new(),
        enrichments: Vec::new(),
        vex: Vec::new(),
        verdict: Verdict { decision: Decision::NotApplicable, judged: true, policies: Vec::new() },
        notes: Vec::new(),
        settings: Vec::new(),
    }
}

/// The rich report from two databases, with what is known of exploits.
pub(crate) fn enriched() -> Report {
    let mut report = report();
    let mut private = report.databases[0].clone();
    private.name = "acme".to_owned();
    report.databases.insert(0, private);
    let enrichment = |kind: &str| Enrichment {
        kind: kind.to_owned(),
        digest: Digest::sha256_of(kind.as_bytes()).to_string(),
        date: Some("2026-06-30T12:55:00+0000".to_owned()),
        entries: 250_000,
    };
    report.enrichments = vec![enrichment("epss"), enrichment("kev")];
    let finding = &mut report.findings[0];
    finding.matched[0].database = Some("acme".to_owned());
    finding.epss = Some(Epss { cve: "CVE-2024-45230".to_owned(), score: 0.943_58, percentile: 0.999_57 });
    finding.kev = Some(Kev {
        cve: "CVE-2024-45230".to_owned(),
        added: "2026-05-01".to_owned(),
        due: Some("2026-05-15".to_owned()),
        ransomware: true,
    });
    report
}

/// The rich report of several scanners: they do not say the same, one failed, and another did its work.
pub(crate) fn compared() -> Report {
    let mut report = report();
    let mut grype = step("grype", PluginKind::Scanner, "grype-report", Ending::Succeeded);
    grype.fallback_for = texts(["extra"]);
    let mut spare = step("spare", PluginKind::Scanner, "acme", Ending::Skipped("not needed".to_owned()));
    spare.fallback_for = texts(["scan"]);
    report.steps[2].replaced_by = Some("grype".to_owned());
    report.steps.splice(3..3, [grype, spare]);
    let [first, second, third, ..] = &mut report.findings[..] else { unreachable!("the sample has more") };
    first.matched.push(matched("GHSA-5hgc-2vfp-mqvc", "grype", Severity::Medium, "4.2.17"));
    second.silent = texts(["grype"]);
    third.unsure = vec![Unsure { step: "grype".to_owned(), reason: "it failed (deadline)".to_owned() }];
    report
}

/// The rich report with a text in every place where somebody else's text may stand.
pub(crate) fn with_text(text: &str) -> Report {
    let text = || text.to_owned();
    let mut report = report();
    report.pipeline = text();
    report.subjects[0].name = text();
    report.subjects[0].media_type = text();
    for component in &mut report.components {
        component.name = text();
        component.kind = text();
        component.scope = text();
        component.version = Some(text());
        component.licenses = vec![License::Expression(text()), License::Text(text())];
        component.locations = vec![Location { path: text(), line: Some(0), layer: Some(text()) }];
        component.origin.subject = text();
        component.properties = vec![(text(), text())];
    }
    for finding in &mut report.findings {
        finding.id = text();
        finding.advisories = vec![text()];
        finding.matched = vec![
            Matched { database: Some(text()), ..matched(&text(), &text(), Severity::Low, "") },
            Matched {
                last_affected: Some(text()),
                fixed_versions: vec![text()],
                ..matched("b", "b", Severity::High, "")
            },
        ];
        finding.silent = vec![text()];
        finding.unsure = vec![Unsure { step: text(), reason: text() }];
        finding.epss = Some(Epss { cve: text(), score: 0.97, percentile: 0.999 });
        finding.kev = Some(Kev { cve: text(), added: text(), due: Some(text()), ransomware: true });
        finding.category = text();
        finding.title = text();
        finding.message = text();
        finding.fixed_versions = vec![text()];
        finding.last_affected = Some(text());
        finding.unknown_reason = Some(text());
        finding.scores = vec![score(&text(), &text(), Some(f64::NAN))];
        finding.locations = vec![Location::file(text())];
        finding.subjects = vec![text()];
        finding.vex = vec![VexRemark {
            document: text(),
            author: Some(text()),
            status: VexStatus::Affected,
            justification: None,
            text: Some(text()),
            timestamp: Some(text()),
            effect: VexEffect::Holds,
        }];
        if let FindingStatus::Suppressed(suppression) = &mut finding.status {
            suppression.reason = text();
            suppression.expires = Some(text());
            suppression.source = text();
            suppression.owner = Some(text());
        }
    }
    for advice in &mut report.advice {
        advice.upgrade_to = Some(text());
        (advice.clears, advice.leaves, advice.brings) = (vec![text()], vec![text()], vec![text()]);
    }
    for file in &mut report.files {
        file.path = text();
        file.reason = Some(text());
    }
    for step in &mut report.steps {
        step.id = text();
        step.plugin.name = text();
        step.plugin.version = text();
        step.ending = Ending::Failed(Failure { code: text(), message: text(), hint: Some(text()) });
    }
    for policy in &mut report.verdict.policies {
        policy.step = text();
        policy.summary = text();
        for reason in &mut policy.reasons {
            reason.message = text();
            reason.remedy = Some(text());
        }
    }
    report.databases[0].name = text();
    report.databases[0].built_at = text();
    report.databases[0].digest = text();
    report.enrichments = vec![Enrichment { kind: text(), digest: text(), date: Some(text()), entries: 1 }];
    report.notes[0].message = text();
    report.notes[0].code = text();
    report
}
