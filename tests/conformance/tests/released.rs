//! Plugins that released versions of Chiron shipped, as compiled then: this host loads and runs them.

mod hostile;

use std::sync::Arc;

use chiron_model::component::Component;
use chiron_model::digest::Digest;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::purl::Purl;
use chiron_model::severity::Severity;
use chiron_model::statement::Statement;
use chiron_model::verdict::Decision;
use chiron_sandbox::powers::{Blob, PowerError, Powers, Tree};
use chiron_sandbox::{Call, Limits, Plugin, PolicyInput, SignRequest, Source};
use hostile::database::OnePackage;
use hostile::{guests, host};

fn released(version: &str, name: &str) -> Plugin {
    let file = guests::root().join(format!("tests/fixtures/released/{version}/{name}.wasm"));
    let plugin = host::load(&std::fs::read(&file).unwrap());
    let spoken = plugin.inspection().exports.iter().chain(&plugin.inspection().imports);
    assert!(spoken.clone().all(|interface| interface.ends_with("@0.1.0")), "{:?}", spoken.collect::<Vec<_>>());
    plugin
}

/// A call with everything that its kind gets, and limits that no honest plugin meets.
macro_rules! call {
    ($plugin:expr, $powers:expr) => {
        call!($plugin, $powers, "{}")
    };
    ($plugin:expr, $powers:expr, $config:expr) => {
        Call {
            grants: &host::grants($plugin),
            limits: &Limits::default(),
            powers: &$powers,
            config: $config,
            step: "step",
            now: host::NOW,
        }
    };
}

#[tokio::test]
async fn the_policy_of_0_1_0_decides() {
    let gate = released("0.1.0", "gate");
    let (subjects, components, findings) = ([host::subject("a.txt")], [component("heard-of")], [finding("heard-of")]);
    let input = PolicyInput { subjects: &subjects, components: &components, findings: &findings, ..host::NOTHING };
    let denying = call!(&gate, Powers::none(), r#"{"fail_on":"high"}"#);
    let verdict = gate.evaluate(&denying, &input).await.unwrap();
    let reasons: Vec<_> = verdict.reasons.iter().map(|r| (r.rule_id.as_str(), r.component.as_deref())).collect();
    assert_eq!(
        (verdict.decision, reasons.as_slice()),
        (Decision::Deny, &[("severity-threshold", Some("heard-of"))][..]),
        "{verdict:?}"
    );
    // The same finding below the threshold is none of its business.
    let allowing = call!(&gate, Powers::none(), r#"{"fail_on":"critical"}"#);
    let verdict = gate.evaluate(&allowing, &input).await.unwrap();
    assert_eq!((verdict.decision, verdict.reasons.len()), (Decision::Allow, 0), "{verdict:?}");
}

#[tokio::test]
async fn the_scanner_of_0_1_0_finds_what_the_database_says() {
    let osv = released("0.1.0", "osv");
    let powers = Powers { advisories: Some(Arc::new(OnePackage)), ..Powers::none() };
    let component = component("heard-of");
    let claims = osv.scan(&call!(&osv, powers), &host::subject("a.txt"), &[&component]).await.unwrap();
    assert_eq!(claims.iter().map(|claim| claim.rule_id.as_str()).collect::<Vec<_>>(), ["ONE-1"]);
    let unheard = self::component("unheard-of");
    assert_eq!(osv.scan(&call!(&osv, powers), &host::subject("a.txt"), &[&unheard]).await.unwrap(), []);
}

#[tokio::test]
async fn the_generator_of_0_1_0_reads_a_bill_of_materials() {
    let generator = released("0.1.0", "cyclonedx");
    let source = Source::File(Arc::new(Bill));
    let found = generator.generate(&call!(&generator, Powers::none()), &host::subject("app.cdx.json"), source).await;
    let names: Vec<_> = found.unwrap().components.into_iter().map(|component| component.name).collect();
    assert_eq!(names, ["heard-of"]);
}

#[tokio::test]
async fn the_signer_of_0_1_0_signs_what_it_is_asked_to() {
    let cosign = released("0.1.0", "cosign");
    let statement = Statement {
        subjects: vec![host::subject("a.txt")],
        predicate_type: "https://example.com/p".to_owned(),
        predicate: b"{}".to_vec(),
    };
    let request = SignRequest { subjects: vec![host::subject("a.txt")], statements: vec![statement] };
    let signed = cosign.sign(&call!(&cosign, host::powers(&Arc::default())), &request).await.unwrap();
    assert_eq!(signed.len(), 2, "{signed:?}");
}

fn component(name: &str) -> Component {
    Component {
        id: name.to_owned(),
        kind: "library".to_owned(),
        name: name.to_owned(),
        version: Some("1".to_owned()),
        purl: Some(Purl::parse(&format!("pkg:pypi/{name}@1")).unwrap()),
        scope: "required".to_owned(),
        licenses: Vec::new(),
        digests: Vec::new(),
        locations: Vec::new(),
        origin: chiron_model::component::Origin::default(),
        properties: Vec::new(),
    }
}

/// What a scanner found in a component, rated high.
fn finding(component: &str) -> Finding {
    Finding {
        id: "ONE-1".to_owned(),
        advisories: vec!["ONE-1".to_owned()],
        matched: Vec::new(),
        silent: Vec::new(),
        unsure: Vec::new(),
        fingerprint: "f".to_owned(),
        category: "vulnerability".to_owned(),
        status: FindingStatus::Affected,
        unknown_reason: None,
        component: Some(component.to_owned()),
        title: "a flaw".to_owned(),
        message: String::new(),
        severity: Severity::High,
        scores: Vec::new(),
        epss: None,
        kev: None,
        fixed_versions: Vec::new(),
        last_affected: None,
        locations: Vec::new(),
        proofs: Vec::new(),
        subjects: vec!["a.txt".to_owned()],
        vex: Vec::new(),
        near_misses: Vec::new(),
    }
}

/// A bill of materials with one component.
struct Bill;

const BILL: &[u8] = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"heard-of","version":"1","purl":"pkg:pypi/heard-of@1"}]}"#;

impl Blob for Bill {
    fn size(&self) -> u64 {
        BILL.len() as u64
    }
    fn media_type(&self) -> String {
        "application/vnd.cyclonedx+json".to_owned()
    }
    fn digest(&self, _: &str) -> Result<Digest, PowerError> {
        Ok(Digest::sha256_of(BILL))
    }
    fn available(&self, offset: u64, len: u32) -> Result<usize, PowerError> {
        let left = self.size().saturating_sub(offset);
        Ok(usize::try_from(left.min(u64::from(len))).unwrap())
    }
    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        let start = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(&BILL[start..start + buffer.len()]);
        Ok(())
    }
    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError> {
        Err(PowerError::BadInput("not an archive".to_owned()))
    }
}
