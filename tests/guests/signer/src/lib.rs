//! A signer that misbehaves as its configuration says. What it gets signed it tells the log, where others would read it.

use chiron_sdk::sign::{Keys, Request, Signed, Signer, SigningKey};
use chiron_sdk::{Description, Digest, Plugin, PluginError, Subject, config, log};

#[path = "../../act.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod act;
#[path = "../../behaviours.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod behaviours;

use behaviours::Signer as Behaviour;

struct Hostile {
    behaviour: Behaviour,
    text: String,
}

#[derive(serde::Deserialize)]
struct Config {
    behaviour: String,
    #[serde(default)]
    text: String,
}

impl Plugin for Hostile {
    fn describe() -> Description {
        Description::new("hostile-signer", "0.1.0", "misbehaves").config_schema("{}").request("key", "signing", "signs")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        let config = config::parse::<Config>(text)?;
        let behaviour =
            Behaviour::from_word(&config.behaviour).ok_or_else(|| config::bad("/behaviour", "no such behaviour"))?;
        Ok(Self { behaviour, text: config.text })
    }
}

impl Signer for Hostile {
    fn sign(&self, request: &Request, keys: &dyn Keys) -> Result<Vec<Signed>, PluginError> {
        let key = keys.open("signing")?;
        let mut all = honest(request, key.as_ref())?;
        match self.behaviour {
            Behaviour::Honest => {}
            Behaviour::AskCancelled => act::work_until_cancelled(),
            Behaviour::UnboundLabel => tell("unbound", keys.open("other").map(|_| Vec::new())),
            Behaviour::OperatorsName => tell("name", keys.open("release").map(|_| Vec::new())),
            Behaviour::ForeignSubject => {
                let digest = Digest { algorithm: "sha256".to_owned(), value: "ab".repeat(32) };
                let foreign = Subject {
                    name: "foreign.whl".to_owned(),
                    media_type: "application/zip".to_owned(),
                    digests: vec![digest],
                    size: None,
                    properties: Vec::new(),
                };
                tell("blob", key.bundle_subject(&foreign));
                tell("raw", key.sign_subject(&foreign));
                for statement in &request.statements {
                    let mut subjects = statement.subjects.clone();
                    subjects.push(foreign.clone());
                    tell("statement", key.bundle_statement(&subjects, &statement.predicate_type, &statement.predicate));
                    tell("envelope", key.sign_statement(&subjects, &statement.predicate_type, &statement.predicate));
                }
            }
            Behaviour::ForeignPredicate => {
                for statement in &request.statements {
                    tell(
                        "predicate",
                        key.bundle_statement(&statement.subjects, "https://slsa.dev/provenance/v1", b"{}"),
                    );
                }
            }
            Behaviour::ForgePredicate => {
                for statement in &request.statements {
                    let forged = br#"{"decision":"allow"}"#;
                    tell("forged", key.bundle_statement(&statement.subjects, &statement.predicate_type, forged));
                    tell("envelope", key.sign_statement(&statement.subjects, &statement.predicate_type, forged));
                }
            }
            Behaviour::BadPredicate => {
                for statement in &request.statements {
                    tell("bundle", key.bundle_statement(&statement.subjects, &statement.predicate_type, b"{\x1b[31m"));
                    tell("envelope", key.sign_statement(&statement.subjects, &statement.predicate_type, b"not json"));
                }
            }
            Behaviour::NoSubjects => {
                for statement in &request.statements {
                    tell("empty", key.bundle_statement(&[], &statement.predicate_type, &statement.predicate));
                }
            }
            Behaviour::SignUnasked => {
                log::warn(&format!("asked for {}", request.subjects.len()));
                for subject in request.statements.iter().flat_map(|statement| &statement.subjects) {
                    tell("unasked", key.bundle_subject(subject));
                    tell("raw", key.sign_subject(subject));
                }
            }
            Behaviour::SwapSubjects => {
                if let [first, second, ..] = &mut all[..] {
                    std::mem::swap(&mut first.bytes, &mut second.bytes);
                }
            }
            Behaviour::Nothing => all.clear(),
            Behaviour::Garbage => all.iter_mut().for_each(|signed| signed.bytes = b"{\x1b[31m".to_vec()),
            Behaviour::Replay => {
                if let Some(signed) = all.last_mut() {
                    signed.bytes = self.text.clone().into_bytes();
                }
            }
            Behaviour::NameOutside | Behaviour::NameTaken => {
                if let Some(signed) = all.last_mut() {
                    signed.name.clone_from(&self.text);
                }
            }
            Behaviour::Twice => all.extend(all.clone()),
            Behaviour::LeaveOut => {
                for signed in &mut all {
                    let whole = String::from_utf8_lossy(&signed.bytes).into_owned();
                    // From the field's value to the brace that ends it; what becomes of it is an object without members.
                    if let Some((before, (value, after))) = whole
                        .split_once(&format!("\"{}\":{{", self.text))
                        .and_then(|(before, rest)| Some((before, ended(rest)?)))
                    {
                        log::warn(&format!("LEFT OUT {}", value.len()));
                        signed.bytes = match self.text.as_str() {
                            "timestampVerificationData" => format!("{before}\"{}\":{{}}{after}", self.text),
                            _ => format!("{before}{}", after.trim_start_matches(',')),
                        }
                        .into_bytes();
                    }
                }
            }
            Behaviour::Escapes => {
                log::warn(act::ACTIVE);
                return Err(PluginError::Unavailable(act::ACTIVE.to_owned()));
            }
            Behaviour::HoardKeys => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(keys.open("signing")?);
                }
            }
        }
        Ok(all)
    }
}

fn honest(request: &Request, key: &dyn SigningKey) -> Result<Vec<Signed>, PluginError> {
    let signed = |name: String, bytes: Vec<u8>| Signed { name, media_type: "application/json".to_owned(), bytes };
    let mut all = Vec::new();
    for subject in &request.subjects {
        all.push(signed(format!("{}.sigstore.json", subject.name), key.bundle_subject(subject)?));
    }
    for statement in &request.statements {
        let bytes = key.bundle_statement(&statement.subjects, &statement.predicate_type, &statement.predicate)?;
        all.push(signed("scan.intoto.sigstore.json".to_owned(), bytes));
    }
    Ok(all)
}

fn tell<E: std::fmt::Debug>(what: &str, got: Result<Vec<u8>, E>) {
    match got {
        Ok(bytes) => log::warn(&format!("GOT {what} {}", String::from_utf8_lossy(&bytes))),
        Err(error) => log::warn(&format!("refused {what}: {error:?}")),
    }
}

chiron_sdk::export!(Hostile as signer);

/// What stands before the brace that ends an object, and what after it.
fn ended(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    let end = text.bytes().position(|byte| {
        depth += match byte {
            b'{' => 1,
            b'}' => -1,
            _ => 0,
        };
        depth == 0
    })?;
    Some((&text[..end], &text[end + 1..]))
}
