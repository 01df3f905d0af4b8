//! What the sandbox and the egress answer together to a guest that misbehaves at an endpoint: real requests, to a server
//! on this machine.

mod hostile;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chiron_egress::{Base, Client, Endpoint, Error, Machine, Origin, ProxyChoice, Resolve, Resolving, SecretSource};
use chiron_model::finding::Claim;
use chiron_sandbox::powers::{Http, HttpError, HttpRequest, HttpResponse, Journal, Powers, Sending};
use chiron_sandbox::{Call, CallError, Limits};
use hostile::behaviours::Client as Behaviour;
use hostile::host;
use hostile::server::{Seen, TOKEN, leading_to, server};

/// Far more than any of these takes: a hang is what it would show.
const HANG: Duration = Duration::from_secs(60);

/// Every name leads to this machine.
struct Here;

impl Resolve for Here {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Ok(vec![IpAddr::from(Ipv4Addr::LOCALHOST)]) })
    }
}

/// One endpoint, `acme`. Any other name would be answered too: whether it is asked is the sandbox's to decide.
struct Acme(Client);

impl Http for Acme {
    fn send<'a>(&'a self, _: &'a str, request: HttpRequest) -> Sending<'a> {
        Box::pin(async move {
            let HttpRequest { method, path_and_query, headers, body } = request;
            let answer = self.0.send(chiron_egress::Request { method, path_and_query, headers, body }).await;
            match answer {
                Ok(answer) => Ok(HttpResponse { status: answer.status, headers: answer.headers, body: answer.body }),
                Err(Error::TooLarge { limit }) => Err(HttpError::TooLarge(limit)),
                Err(error) => Err(HttpError::Denied(error.words())),
            }
        })
    }
}

fn acme(base: &str, folder: &std::path::Path) -> Endpoint {
    std::fs::write(folder.join("token"), TOKEN).unwrap();
    Endpoint {
        plaintext: true,
        private_addresses: true,
        proxy: ProxyChoice::None,
        response_bytes_max: 1 << 20,
        token: Some(SecretSource::File(folder.join("token"))),
        ..Endpoint::at(Base::parse(base).unwrap())
    }
}

/// What the guest said, or how its call ended.
async fn ask(behaviour: Behaviour, endpoint: Endpoint, limits: &Limits) -> Result<String, CallError> {
    let plugin = host::guest("client");
    let client = Client::open(endpoint, &Machine::resolving_by(Arc::new(Here), "chiron/0.0.0")).unwrap();
    let lines: Arc<host::Lines> = Arc::default();
    let journal = Arc::clone(&lines) as Arc<dyn Journal>;
    let powers = Powers { journal, http: Some(Arc::new(Acme(client))), ..Powers::none() };
    let (grants, config) = (host::grants(&plugin), host::config(behaviour.word()));
    let call = Call { grants: &grants, limits, powers: &powers, config: &config, step: "step", now: host::NOW };
    let answer: Result<Vec<Claim>, CallError> = plugin.scan(&call, &host::subject("a.txt"), &[]).await;
    let said = lines.0.lock().unwrap().join("\n");
    assert!(!said.contains("s3cret"), "{said}");
    answer.map(|_| said)
}

/// As above, with the usual endpoint; and the requests that reached the server.
async fn told(behaviour: Behaviour) -> (String, Vec<String>) {
    told_by(server(), behaviour, &[]).await
}

/// As above, by a server of one's own, to an endpoint that lists these origins too.
async fn told_by((port, seen): (u16, Seen), behaviour: Behaviour, redirects: &[Origin]) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut endpoint = acme(&format!("http://acme.test:{port}/api"), folder.path());
    endpoint.redirects.extend(redirects.iter().cloned());
    let limits = Limits { log_line_bytes: 2_000, ..host::small() };
    let said = ask(behaviour, endpoint, &limits).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    (said, seen)
}

#[tokio::test]
async fn an_honest_client_is_heard() {
    let (said, seen) = told(Behaviour::Honest).await;
    assert_eq!(said, "said: hello");
    assert!(seen[0].starts_with("GET /api/hello HTTP/1.1\r\n") && seen[0].contains(TOKEN), "{seen:?}");
}

#[tokio::test]
async fn an_endpoint_that_nobody_bound_is_not_asked() {
    let (said, seen) = told(Behaviour::UnboundLabel).await;
    assert!(said.contains("NotBound") && said.contains("unbound") && seen.is_empty(), "{said} {seen:?}");
}

#[tokio::test]
async fn the_operators_name_of_an_endpoint_is_no_label() {
    let (said, seen) = told(Behaviour::OperatorsName).await;
    assert!(said.contains("NotBound") && said.contains("acme") && seen.is_empty(), "{said} {seen:?}");
}

#[tokio::test]
async fn no_path_leaves_the_base() {
    let (said, seen) = told(Behaviour::EscapePath).await;
    assert_eq!((said.as_str(), seen.len()), ("said: 17 of 17 refused", 0), "{seen:?}");
}

#[tokio::test]
async fn no_field_with_authority_is_sent() {
    let (said, seen) = told(Behaviour::ForbiddenHeaders).await;
    assert_eq!((said.as_str(), seen.len()), ("said: 16 of 16 refused", 0), "{seen:?}");
}

#[tokio::test]
async fn no_method_is_sent_that_the_endpoint_does_not_allow() {
    let (said, seen) = told(Behaviour::ForbiddenMethods).await;
    assert_eq!((said.as_str(), seen.len()), ("said: 7 of 7 refused", 0), "{seen:?}");
}

#[tokio::test]
async fn a_redirect_to_an_unbound_origin_is_not_followed() {
    // Somebody listens there, and would be heard.
    let (port, stolen) = server();
    let away = format!("http://evil.test:{port}/stolen");
    let (said, seen) = told_by(leading_to(&away), Behaviour::RedirectAway, &[]).await;
    let refusal = "Denied(\"the answer redirects to where the endpoint does not lead\")";
    assert!(said.contains(refusal) && !said.contains("evil.test") && seen.len() == 1, "{said} {seen:?}");
    assert_eq!(*stolen.lock().unwrap(), Vec::<String>::new());
    // The same redirect, where the operator lists its origin: it is heard, and is told no credential.
    let listed = Origin::parse(&format!("http://evil.test:{port}")).unwrap();
    let (said, _) = told_by(leading_to(&away), Behaviour::RedirectAway, &[listed]).await;
    assert_eq!(said, "said: 200 hello");
    let stolen = stolen.lock().unwrap();
    assert!(stolen.len() == 1 && stolen[0].starts_with("GET /stolen ") && !stolen[0].contains(TOKEN), "{stolen:?}");
}

#[tokio::test]
async fn an_endpoint_at_a_private_address_is_not_connected_to() {
    let (port, seen) = server();
    let folder = tempfile::tempdir().unwrap();
    let endpoint = acme(&format!("http://acme.test:{port}/api"), folder.path());
    let said = ask(Behaviour::AskPrivate, Endpoint { private_addresses: false, ..endpoint }, &host::small()).await;
    let said = said.unwrap();
    assert!(said.contains("a loopback address") && !said.contains("127.0.0.1"), "{said}");
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_body_without_end_is_not_taken() {
    let (said, _) = told(Behaviour::EndlessBody).await;
    assert_eq!(said, "said: Error::TooLarge(1048576)");
}

#[tokio::test]
async fn waiting_for_ever_ends_with_the_deadline_and_costs_no_cpu() {
    let (port, seen) = server();
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint { timeout: HANG, ..acme(&format!("http://acme.test:{port}/api"), folder.path()) };
    let limits = Limits { deadline_ms: 700, ..host::small() };
    let start = Instant::now();
    let error = ask(Behaviour::Wait, endpoint, &limits).await.unwrap_err();
    // The budget of computing is 150 ms, and the wait was longer.
    assert_eq!(error, CallError::Deadline { limit_ms: 700 });
    assert!(start.elapsed() < HANG, "{:?}", start.elapsed());
    // The server sees the connection close at once, not when the request's own time is over.
    while seen.lock().unwrap().last().is_none_or(|last| last != "closed") {
        assert!(start.elapsed() < HANG, "the connection was not closed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn asking_for_ever_spends_a_budget() {
    let (port, _) = server();
    let folder = tempfile::tempdir().unwrap();
    let endpoint = acme(&format!("http://acme.test:{port}/api"), folder.path());
    let error = ask(Behaviour::SpinAroundSends, endpoint, &host::small()).await.unwrap_err();
    let budgets = [CallError::Cpu { limit_ms: 150 }, CallError::HostCalls { limit: 20_000 }];
    assert!(budgets.contains(&error), "{error:?}");
}

#[tokio::test]
async fn a_credential_that_is_sent_back_does_not_reach_the_guest() {
    let (said, seen) = told(Behaviour::Echo).await;
    assert!(said.contains("Denied") && said.contains("credential") && seen[0].contains(TOKEN), "{said} {seen:?}");
}
