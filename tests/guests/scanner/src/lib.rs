//! A scanner that misbehaves as its configuration says.

use chiron_sdk::advisory::{AdvisoryDb, Score, Which};
use chiron_sdk::scan::{Component, Finding, Proof, Scanner, Severity, Status};
use chiron_sdk::{Description, Location, Plugin, PluginError, Subject, config};

#[path = "../../act.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod act;
#[path = "../../behaviours.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod behaviours;

use behaviours::Scanner as Behaviour;

struct Hostile(Behaviour);

#[derive(serde::Deserialize)]
struct Config {
    behaviour: String,
}

impl Plugin for Hostile {
    fn describe() -> Description {
        Description::new("hostile-scanner", "0.1.0", "misbehaves").config_schema("{}")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        let word = config::parse::<Config>(text)?.behaviour;
        Behaviour::from_word(&word).map(Self).ok_or_else(|| config::bad("/behaviour", "no such behaviour"))
    }
}

impl Scanner for Hostile {
    fn scan(&self, _: &Subject, components: &[Component], db: &dyn AdvisoryDb) -> Result<Vec<Finding>, PluginError> {
        let about = components.first().map(|component| component.id.as_str());
        let mut finding = finding("HOSTILE-1", about);
        let mut all = Vec::new();
        match self.0 {
            Behaviour::Honest => {}
            Behaviour::NanScore => finding.scores = vec![Score { vector: act::ACTIVE.to_owned(), ..score(f64::NAN) }],
            Behaviour::InfiniteScore => finding.scores = vec![score(f64::INFINITY)],
            Behaviour::UnknownComponent => finding.component = Some("pkg:pypi/nobody@1".to_owned()),
            Behaviour::EmptyRule => finding.rule_id = " \u{1b}".replace('\u{1b}', ""),
            Behaviour::ProofOutside => {
                finding.proofs =
                    vec![Proof::File(Location { path: "../../etc/passwd".to_owned(), line: Some(1), layer: None })];
            }
            Behaviour::AliasOfSuppressed => finding.aliases = vec!["PYSEC-2024-1".to_owned()],
            Behaviour::CopySuppressed => {
                finding.aliases = vec!["PYSEC-2024-1".to_owned()];
                finding.title = "a flaw in demo".to_owned();
                finding.fixed_versions = vec!["2.0".to_owned()];
                finding.properties = vec![
                    ("chiron:suppression-reason".to_owned(), "copied".to_owned()),
                    ("chiron:advisories".to_owned(), "PYSEC-2024-1".to_owned()),
                ];
            }
            Behaviour::RateDown => {
                finding.rule_id = "PYSEC-2024-1".to_owned();
                finding.severity = Severity::None;
                finding.title = "nothing to see here".to_owned();
            }
            Behaviour::Escapes => {
                for text in [&mut finding.rule_id, &mut finding.discriminator, &mut finding.title, &mut finding.message]
                {
                    *text = act::ACTIVE.to_owned();
                }
                finding.aliases = vec![act::ACTIVE.to_owned()];
                finding.fixed_versions = vec![act::ACTIVE.to_owned()];
                finding.last_affected = Some(act::ACTIVE.to_owned());
                finding.scores =
                    vec![Score { system: act::ACTIVE.to_owned(), vector: act::ACTIVE.to_owned(), value: Some(9.0) }];
                finding.proofs = vec![Proof::Text(act::ACTIVE.to_owned()), Proof::Uri(act::ACTIVE.to_owned())];
                finding.properties = vec![("chiron:category".to_owned(), act::ACTIVE.to_owned())];
            }
            Behaviour::ManyFindings => all = vec![finding.clone(); 40_000],
            Behaviour::Nonsense => {
                let which = Which::all();
                let long = format!("pkg:pypi/{}@1", "x".repeat(500_000));
                let answers = ["", "pkg:", "pkg:pypi/\0@1", "pkg:pypi/../../etc/passwd@1", &long]
                    .map(|purl| db.lookup(purl, which).is_ok());
                let records = [("default", "../../etc/passwd"), ("../..", "x"), ("default", "\0")]
                    .map(|(name, id)| db.get(name, id).is_ok());
                finding.message = format!("{answers:?} {records:?}");
            }
        }
        all.push(finding);
        Ok(all)
    }
}

fn finding(rule: &str, component: Option<&str>) -> Finding {
    Finding {
        rule_id: rule.to_owned(),
        discriminator: String::new(),
        status: Status::Affected,
        component: component.map(str::to_owned),
        title: "a finding".to_owned(),
        message: String::new(),
        severity: Severity::High,
        scores: Vec::new(),
        aliases: Vec::new(),
        fixed_versions: Vec::new(),
        last_affected: None,
        locations: Vec::new(),
        proofs: Vec::new(),
        properties: Vec::new(),
    }
}

fn score(value: f64) -> Score {
    Score { system: "own".to_owned(), vector: "v".to_owned(), value: Some(value) }
}

chiron_sdk::export!(Hostile as scanner);
