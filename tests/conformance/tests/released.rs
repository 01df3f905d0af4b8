//! Plugins that released versions of Chiron shipped, and that authors built with its SDK, as compiled then: this host loads and
//! runs them.

mod hostile;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use chiron_model::advisory::{Candidate, DatabaseId, Which};
use chiron_model::component::Component;
use chiron_model::digest::Digest;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::plugin::Capability;
use chiron_model::purl::Purl;
use chiron_model::severity::Severity;
use chiron_model::statement::Statement;
use chiron_model::verdict::{Decision, PolicyVerdict};
use chiron_sandbox::grants::Bindings;
use chiron_sandbox::powers::{
    Advisories, Argument, Blob, Execution, Exit, Http, HttpRequest, HttpResponse, Invocation, Invoking, PowerError,
    Powers, RangeEvent, Sending, ToolInput, Tools, Tree, VersionError,
};
use chiron_sandbox::{Call, Grants, Limits, Plugin, PolicyInput, SignRequest, Source, approve, inspect};
use hostile::database::OnePackage;
use hostile::{guests, host};

fn released(version: &str, name: &str) -> Plugin {
    let file = guests::root().join(format!("tests/fixtures/released/{version}/{name}.wasm"));
    let plugin = host::load(&std::fs::read(&file).unwrap());
    let spoken = plugin.inspection().exports.iter().chain(&plugin.inspection().imports);
    assert!(spoken.clone().all(|interface| interface.ends_with("@0.1.0")), "{:?}", spoken.collect::<Vec<_>>());
    plugin
}

/// A plugin that the SDK of 7f81299 built, which speaks these.
fn built(name: &str, speaks: &[&str]) -> Plugin {
    let file = guests::root().join(format!("tests/fixtures/released/0.1.0-7f81299/{name}.wasm"));
    let plugin = host::load(&std::fs::read(&file).unwrap());
    let found = plugin.inspection();
    for interface in speaks {
        assert!(found.exports.iter().chain(&found.imports).any(|spoken| spoken == interface), "{name}: {interface}");
    }
    plugin
}

/// Whatever it imports, and its one label bound to the operator's `acme`.
async fn all_granted(plugin: &Plugin) -> Grants {
    let imported = &plugin.inspection().capabilities;
    let grants = approve(imported, plugin.kind(), imported).unwrap();
    let asked = plugin.describe().await.unwrap().requests;
    let bound = [(Capability::Http, "endpoint"), (Capability::Tools, "tool")].map(|(capability, thing)| {
        let labels = asked.iter().filter(|request| request.capability == thing);
        (capability, labels.map(|request| (request.label.clone(), "acme".to_owned())).collect::<BTreeMap<_, _>>())
    });
    grants.bind(&asked, &Bindings::from(bound)).unwrap()
}

/// A call with everything that its kind gets, and limits that no honest plugin meets.
macro_rules! call {
    ($plugin:expr, $powers:expr) => {
        call!($plugin, $powers, host::grants($plugin))
    };
    ($plugin:expr, $powers:expr, $grants:expr) => {
        call!($plugin, $powers, $grants, "{}")
    };
    ($plugin:expr, $powers:expr, $grants:expr, $config:expr) => {
        Call {
            grants: &$grants,
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
    let denying = call!(&gate, Powers::none(), host::grants(&gate), r#"{"fail_on":"high"}"#);
    let verdict = gate.evaluate(&denying, &input).await.unwrap();
    let reasons: Vec<_> = verdict.reasons.iter().map(|r| (r.rule_id.as_str(), r.component.as_deref())).collect();
    assert_eq!(
        (verdict.decision, reasons.as_slice()),
        (Decision::Deny, &[("severity-threshold", Some("heard-of"))][..]),
        "{verdict:?}"
    );
    // The same finding below the threshold is none of its business.
    let allowing = call!(&gate, Powers::none(), host::grants(&gate), r#"{"fail_on":"critical"}"#);
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
    let source = Source::File(Arc::new(Text(BILL)));
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

#[tokio::test]
async fn a_scanner_that_asks_an_endpoint_is_answered() {
    let endpoint = built("endpoint", &["chiron:egress/http@0.1.0", "chiron:scan/scanner@0.1.0"]);
    let powers = Powers { http: Some(Arc::new(Outside)), ..Powers::none() };
    let grants = all_granted(&endpoint).await;
    let claims = endpoint.scan(&call!(&endpoint, powers, grants), &host::subject("a.txt"), &[]).await.unwrap();
    let said: Vec<_> = claims.iter().map(|claim| (claim.rule_id.as_str(), claim.title.as_str())).collect();
    assert_eq!(said, [("SAID", "200 GET acme /word")]);
}

#[tokio::test]
async fn an_adapter_runs_its_program_and_reads_what_it_wrote() {
    let adapter = built("adapter", &["chiron:tool/runner@0.1.0", "chiron:artifact/content@0.1.0"]);
    let powers = Powers { tools: Some(Arc::new(Outside)), ..Powers::none() };
    let grants = all_granted(&adapter).await;
    let source = Source::File(Arc::new(Text(BILL)));
    let found = adapter.generate(&call!(&adapter, powers, grants), &host::subject("a.txt"), source).await.unwrap();
    let names: Vec<_> = found.components.iter().map(|component| component.name.as_str()).collect();
    let shown = BILL.len();
    let expected = format!("3 1.2.3 sha256:00: acme list text=a number=-1 flag=true {shown} bytes, no complaint");
    assert_eq!(names, [expected]);
}

#[tokio::test]
async fn a_scanner_of_content_has_the_versions_compared_that_it_reads() {
    let interfaces =
        ["chiron:scan/content-scanner@0.1.0", "chiron:advisory/versions@0.1.0", "chiron:artifact/content@0.1.0"];
    let content = built("content", &interfaces);
    let powers = Powers { advisories: Some(Arc::new(ByLength)), ..Powers::none() };
    let grants = all_granted(&content).await;
    let call = call!(&content, powers, grants);
    for (text, said) in [
        ("known 1.9 1.10", "Order::Less, Some(true)"),
        ("known 1.10 1.9", "Order::Greater, Some(true)"),
        ("known 1.1 1.2", "Order::Equal, Some(true)"),
        ("known 1 none", "no version: none"),
        ("other 1 2", "no order of other"),
    ] {
        let source = Source::File(Arc::new(Text(text.as_bytes())));
        let claims = content.scan_content(&call, &host::subject("a.txt"), source, &[]).await.unwrap();
        assert_eq!(claims.iter().map(|claim| claim.title.as_str()).collect::<Vec<_>>(), [said], "{text}");
    }
}

#[tokio::test]
async fn a_policy_of_0_2_reads_what_the_one_before_it_said() {
    let judge = built("judge", &["chiron:policy/check@0.2.0"]);
    let grants = all_granted(&judge).await;
    let said = |decision| PolicyVerdict {
        step: "first".to_owned(),
        decision,
        summary: "as it should be".to_owned(),
        reasons: Vec::new(),
        properties: Vec::new(),
    };
    let (allowed, denied) = ([said(Decision::Allow)], [said(Decision::Deny)]);
    let input = PolicyInput { verdicts: &allowed, ..host::NOTHING };
    let verdict = judge.evaluate(&call!(&judge, Powers::none(), grants), &input).await.unwrap();
    let expected = (Decision::Allow, "`first` allows it too: as it should be");
    assert_eq!((verdict.decision, verdict.summary.as_str()), expected);
    let input = PolicyInput { verdicts: &denied, ..host::NOTHING };
    let verdict = judge.evaluate(&call!(&judge, Powers::none(), grants), &input).await.unwrap();
    assert_eq!((verdict.decision, verdict.reasons.len()), (Decision::Deny, 1), "{verdict:?}");
}

#[tokio::test]
async fn a_scanner_of_0_2_of_the_advisory_engine_asks_what_is_known_first() {
    let known = built("known", &["chiron:advisory/db@0.2.0", "chiron:scan/scanner@0.1.0"]);
    let powers = Powers { advisories: Some(Arc::new(OnePackage)), ..Powers::none() };
    let grants = all_granted(&known).await;
    let (heard, unheard) = (component("heard-of"), component("unheard-of"));
    let call = call!(&known, powers, grants);
    let claims = known.scan(&call, &host::subject("a.txt"), &[&heard, &unheard]).await.unwrap();
    let found: Vec<_> =
        claims.iter().map(|claim| [&claim.rule_id, &claim.title, &claim.message].map(String::as_str)).collect();
    assert_eq!(found, [["ONE-1", "pkg:pypi/heard-of@1", "2"]]);
}

/// What is kept is loaded by a test above: a component that nobody calls shows nothing.
#[test]
fn every_plugin_that_is_kept_is_called() {
    let (folder, tests) = (guests::root().join("tests/fixtures/released"), include_str!("released.rs"));
    let mut kept = 0;
    for version in ["0.1.0", "0.1.0-7f81299"] {
        for entry in std::fs::read_dir(folder.join(version)).unwrap() {
            let path = entry.unwrap().path();
            assert!(inspect(&std::fs::read(&path).unwrap()).is_ok(), "{}", path.display());
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let called = [format!("built(\"{name}\""), format!("released(\"0.1.0\", \"{name}\")")];
            assert!(called.iter().any(|call| tests.contains(call)), "{}", path.display());
            kept += 1;
        }
    }
    assert_eq!(kept, 9);
}

/// An endpoint and a program that tell what they were asked.
struct Outside;

impl Http for Outside {
    fn send<'a>(&'a self, endpoint: &'a str, request: HttpRequest) -> Sending<'a> {
        let body = format!("{} {endpoint} {}", request.method, request.path_and_query).into_bytes();
        Box::pin(async { Ok(HttpResponse { status: 200, headers: Vec::new(), body }) })
    }
}

impl Tools for Outside {
    fn invoke<'a>(&'a self, tool: &'a str, invocation: Invocation) -> Invoking<'a> {
        let argument = |(name, value): &(String, Argument)| match value {
            Argument::Text(text) => format!("{name}={text}"),
            Argument::Number(number) => format!("{name}={number}"),
            Argument::Flag(flag) => format!("{name}={flag}"),
        };
        let arguments = invocation.arguments.iter().map(argument).collect::<Vec<_>>().join(" ");
        let ToolInput::File(shown) = &invocation.input else { panic!("no file is shown") };
        let said = format!("{tool} {} {arguments} {} bytes", invocation.profile, shown.size());
        let exit =
            Exit { code: 3, duration_ms: 1, tool_digest: "sha256:00".to_owned(), tool_version: "1.2.3".to_owned() };
        let execution =
            Execution { exit, stdout: Arc::new(Text(said.leak().as_bytes())), stderr: Arc::new(Text(b"no complaint")) };
        Box::pin(async { Ok(execution) })
    }
}

/// An order of versions: the longer is the later one.
struct ByLength;

impl Advisories for ByLength {
    fn databases(&self) -> Vec<DatabaseId> {
        Vec::new()
    }
    fn lookup(&self, _: &Purl, _: Which) -> Result<Vec<Candidate>, PowerError> {
        Ok(Vec::new())
    }
    fn get(&self, _: &str, _: &str) -> Result<Vec<u8>, PowerError> {
        Err(PowerError::BadInput("no such record".to_owned()))
    }
    fn compare(&self, ecosystem: &str, left: &str, right: &str) -> Result<Ordering, VersionError> {
        match (ecosystem, right) {
            ("known", "none") => Err(VersionError::NotAVersion(right.to_owned())),
            ("known", _) => Ok(left.len().cmp(&right.len())),
            _ => Err(VersionError::UnknownEcosystem(ecosystem.to_owned())),
        }
    }
    fn contains(&self, _: &str, version: &str, events: &[RangeEvent]) -> Result<bool, VersionError> {
        let [RangeEvent::Introduced(from), RangeEvent::Fixed(_)] = events else { panic!("{events:?}") };
        Ok(version == from)
    }
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
const BILL: &[u8] = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"heard-of","version":"1","purl":"pkg:pypi/heard-of@1"}]}"#;

/// A file of these bytes.
struct Text(&'static [u8]);

impl Blob for Text {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }
    fn media_type(&self) -> String {
        "application/vnd.cyclonedx+json".to_owned()
    }
    fn digest(&self, _: &str) -> Result<Digest, PowerError> {
        Ok(Digest::sha256_of(self.0))
    }
    fn available(&self, offset: u64, len: u32) -> Result<usize, PowerError> {
        let left = self.size().saturating_sub(offset);
        Ok(usize::try_from(left.min(u64::from(len))).unwrap())
    }
    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        let start = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(self.0.get(start..start + buffer.len()).unwrap_or_default());
        Ok(())
    }
    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError> {
        Err(PowerError::BadInput("not an archive".to_owned()))
    }
}
