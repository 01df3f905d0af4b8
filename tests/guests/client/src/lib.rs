//! A scanner that asks an endpoint, and misbehaves as its configuration says. What it was told stands in its log and in
//! its finding.

use chiron_sdk::advisory::AdvisoryDb;
use chiron_sdk::egress::{HostHttp, Http, Request};
use chiron_sdk::scan::{Component, Finding, Scanner, Severity, Status};
use chiron_sdk::{Description, Plugin, PluginError, Subject, config, log};

#[path = "../../behaviours.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod behaviours;

use behaviours::Client as Behaviour;

/// The label that it asks to have bound.
const LABEL: &str = "api";

struct Hostile(Behaviour);

#[derive(serde::Deserialize)]
struct Config {
    behaviour: String,
}

impl Plugin for Hostile {
    fn describe() -> Description {
        Description::new("hostile-client", "0.1.0", "misbehaves at an endpoint").config_schema("{}").request(
            "endpoint",
            LABEL,
            "asks it about components",
        )
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        let word = config::parse::<Config>(text)?.behaviour;
        Behaviour::from_word(&word).map(Self).ok_or_else(|| config::bad("/behaviour", "no such behaviour"))
    }
}

impl Scanner for Hostile {
    fn scan(&self, _: &Subject, components: &[Component], _: &dyn AdvisoryDb) -> Result<Vec<Finding>, PluginError> {
        let said = match self.0 {
            Behaviour::Honest => match HostHttp.send(&request(LABEL, "GET", "/hello", &[])) {
                Ok(answer) if answer.status == 200 => String::from_utf8_lossy(&answer.body).into_owned(),
                Ok(answer) => return Err(PluginError::Unavailable(format!("the endpoint answers {}", answer.status))),
                Err(error) => return Err(error.into()),
            },
            Behaviour::UnboundLabel => get("unbound", "/hello"),
            Behaviour::OperatorsName => get("acme", "/hello"),
            Behaviour::EscapePath => escape(),
            Behaviour::ForbiddenHeaders => forge_headers(),
            Behaviour::ForbiddenMethods => forge_methods(),
            Behaviour::RedirectAway => get(LABEL, "/away"),
            Behaviour::AskPrivate => get(LABEL, "/private"),
            Behaviour::EndlessBody => get(LABEL, "/endless"),
            Behaviour::Wait => get(LABEL, "/silence"),
            Behaviour::SpinAroundSends => loop {
                get(LABEL, "/../refused-at-once");
            },
            Behaviour::Echo => get(LABEL, "/echo"),
        };
        log::warn(&format!("said: {said}"));
        Ok(components.first().map(|component| finding(&component.id, said)).into_iter().collect())
    }
}

fn request(label: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        endpoint: label.to_owned(),
        method: method.to_owned(),
        path_and_query: path.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Vec::new(),
    }
}

/// What came back, in words.
fn send(request: &Request) -> String {
    match HostHttp.send(request) {
        Ok(answer) => format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
        Err(error) => format!("{error:?}"),
    }
}

fn get(label: &str, path: &str) -> String {
    send(&request(label, "GET", path, &[]))
}

fn refused(answers: impl Iterator<Item = String>) -> String {
    let answers: Vec<_> = answers.collect();
    let refused = answers.iter().filter(|answer| answer.contains("Denied")).count();
    format!("{refused} of {} refused", answers.len())
}

fn escape() -> String {
    let paths = [
        "/../secret",
        "/%2e%2e/secret",
        "/%252e%252e/secret",
        "/a/..%2f..%2fsecret",
        "/..;/secret",
        "//evil.test/",
        "/%2f/evil.test",
        "http://evil.test/",
        "@evil.test/",
        "\\\\evil.test\\",
        "/a\\..\\..\\secret",
        "/a%5c..",
        "/a#b",
        "/a b",
        "/a\r\nhost: evil.test\r\n\r\n",
        "/a%00",
        "",
    ];
    refused(paths.into_iter().map(|path| get(LABEL, path)))
}

fn forge_headers() -> String {
    let fields = [
        ("authorization", "Bearer mine"),
        ("Cookie", "a=b"),
        ("host", "evil.test"),
        ("content-length", "5"),
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("te", "trailers"),
        ("proxy-authorization", "Basic x"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("user-agent", "curl"),
        ("metadata-flavor", "Google"),
        ("accept", "a\r\nhost: evil.test"),
        ("accept\r\nhost: evil.test", "a"),
        ("", "a"),
    ];
    refused(fields.into_iter().map(|field| send(&request(LABEL, "GET", "/hello", &[field]))))
}

fn forge_methods() -> String {
    let methods =
        ["DELETE", "PUT", "CONNECT", "TRACE", "get", "GET /secret HTTP/1.1\r\nhost: evil.test\r\n\r\nGET", ""];
    refused(methods.into_iter().map(|method| send(&request(LABEL, method, "/hello", &[]))))
}

fn finding(component: &str, said: String) -> Finding {
    Finding {
        rule_id: "ASKED-1".to_owned(),
        discriminator: String::new(),
        status: Status::Affected,
        component: Some(component.to_owned()),
        title: said.clone(),
        message: said,
        severity: Severity::Low,
        scores: Vec::new(),
        aliases: Vec::new(),
        fixed_versions: Vec::new(),
        last_affected: None,
        locations: Vec::new(),
        proofs: Vec::new(),
        properties: Vec::new(),
    }
}

chiron_sdk::export!(Hostile as scanner);
