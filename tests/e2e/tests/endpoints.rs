//! A scanner that asks an endpoint, from pipeline.toml to the report: the built binary and a server on this machine.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use chiron_e2e::{Ended, Folder, bom, guests, osv};

const TOKEN: &str = "s3cret-token-0123";

type Seen = Arc<Mutex<Vec<String>>>;

/// A server that answers `hello` to whoever knows the token, and 401 to others.
fn server() -> (u16, Seen) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (port, seen) = (listener.local_addr().unwrap().port(), Seen::default());
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &kept)));
    (port, seen)
}

fn serve(mut stream: TcpStream, seen: &Seen) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let known = head.contains(&format!("authorization: Bearer {TOKEN}\r\n"));
    let (status, body) = match (known, head.contains(" /api/echo ")) {
        (true, true) => ("200 OK", TOKEN),
        (true, false) => ("200 OK", "hello"),
        (false, _) => ("401 Unauthorized", "who are you"),
    };
    seen.lock().unwrap().push(head);
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // The client may be gone.
    let _ = stream.write_all(answer.as_bytes());
}

/// A folder with a component, a database, and a pipeline whose scanner asks `acme`.
fn folder(behaviour: &str, rest: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let client = guests::stranger("client");
    work.write("client.wasm.module", std::fs::read(client).unwrap());
    let _ = work.chiron(&["plugin", "build", "client.wasm.module", "-o", "client.wasm"]).with_code(0);
    work.write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [databases.main]\npath = \"db\"\n\
             [[step]]\nid = \"ask\"\nuses = \"./client.wasm\"\nwith = {{ behaviour = \"{behaviour}\" }}\n{rest}"
        ),
    );
    work
}

fn bound(port: u16, more: &str) -> String {
    format!(
        "[step.bind]\nendpoints.api = \"acme\"\n[endpoints.acme]\nbase = \"http://127.0.0.1:{port}/api/\"\n\
         plaintext_unsafe = true\nprivate_addresses = true\ntoken = {{ env = \"ACME_TOKEN\" }}\n{more}"
    )
}

fn run(work: &Folder, token: &str, more: &[&str]) -> Ended {
    let arguments =
        [&["run", "-v", "-o", "table", "-o", "json=report.json", "-o", "cyclonedx-json=bom.json"], more].concat();
    let ended = work.chiron_with(&[("ACME_TOKEN", token)], &arguments);
    let written = ["report.json", "bom.json"].map(|name| if work.has(name) { work.read(name) } else { String::new() });
    for text in [&ended.stdout, &ended.stderr, &written[0], &written[1]] {
        assert!(!text.contains("s3cret"), "a secret is shown: {text}");
    }
    ended
}

fn ending(work: &Folder) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_str(&work.read("report.json")).unwrap();
    let steps = report["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == "ask").unwrap()["ending"].clone()
}

#[test]
fn a_scanner_asks_its_endpoint_with_the_operators_token() {
    let (port, seen) = server();
    let work = folder("honest", &bound(port, ""));
    let _ = run(&work, TOKEN, &[]).with_code(0);
    let report: serde_json::Value = serde_json::from_str(&work.read("report.json")).unwrap();
    assert_eq!(ending(&work)["status"], "succeeded", "{report:#}");
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == "ASKED-1").unwrap();
    assert_eq!(finding["title"], "hello", "{finding:#}");
    assert!(work.read("report.json").contains("http(acme)"));
    let settings = report["settings"].as_array().unwrap();
    for (key, value) in [
        ("endpoints.acme", format!("http://127.0.0.1:{port}")),
        ("endpoints.acme.plaintext_unsafe", "true".to_owned()),
        ("endpoints.acme.private_addresses", "true".to_owned()),
    ] {
        let stands = settings.iter().any(|setting| setting["key"] == key && setting["value"] == *value);
        assert!(stands, "{key}: {settings:#?}");
    }
    assert!(seen.lock().unwrap()[0].starts_with("GET /api/hello HTTP/1.1\r\n"), "{seen:?}");
}

#[test]
fn a_wrong_token_is_a_failed_step_and_no_empty_result() {
    let (port, _) = server();
    let work = folder("honest", &bound(port, ""));
    let _ = run(&work, "s3cret-but-wrong", &[]).with_code(6);
    assert!(ending(&work)["message"].as_str().unwrap().contains("the endpoint answers 401"), "{}", ending(&work));
}

#[test]
fn a_token_that_is_not_there_fails_the_step_before_anything_is_sent() {
    let (port, seen) = server();
    let work = folder("honest", &bound(port, ""));
    let _ = work.chiron(&["run", "-o", "json=report.json"]).with_code(6);
    let ending = ending(&work);
    assert_eq!(ending["code"], "endpoint", "{ending:#}");
    let message = ending["message"].as_str().unwrap();
    assert!(message.contains("`acme`") && message.contains("the environment has no ACME_TOKEN"), "{message}");
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn a_credential_that_the_server_sends_back_is_shown_nowhere() {
    let (port, _) = server();
    let work = folder("echo", &bound(port, ""));
    let ended = run(&work, TOKEN, &[]).with_code(0);
    ended.says(&["the endpoint `acme` gave no answer: the answer holds a credential"]);
}

#[test]
fn offline_nothing_is_sent_and_the_step_says_so() {
    let (port, seen) = server();
    let work = folder("honest", &bound(port, ""));
    let _ = run(&work, TOKEN, &["--offline"]).with_code(6);
    assert!(ending(&work)["message"].as_str().unwrap().contains("offline"), "{}", ending(&work));
    assert!(work.read("report.json").contains("\"offline\""));
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn a_label_that_is_not_bound_is_refused_while_planning_with_the_lines_to_add() {
    let work = folder("honest", "");
    let ended = work.chiron(&["run"]).with_code(3);
    ended.says(&["imports `http`", "define [endpoints.NAME]", "[step.bind]", "endpoints.LABEL = \"NAME\""]);
    let work = folder("honest", "[step.bind]\nendpoints.apy = \"acme\"\n[endpoints.acme]\nbase = \"https://a.test\"\n");
    let ended = work.chiron(&["run"]).with_code(3);
    ended.says(&["the endpoint label `api`", "endpoints.api =", "endpoint label `apy`", "did you mean `api`?"]);
}

#[test]
fn a_plan_shows_the_endpoint_and_reads_no_secret() {
    let (port, seen) = server();
    let work = folder("honest", &bound(port, "headers.x-api-key = { file = \"key\" }\n"));
    let ended = work.chiron(&["run", "--dry-run"]).with_code(0);
    ended.shows(&[
        "http(acme)",
        "ENDPOINTS",
        &format!("acme  http://127.0.0.1:{port}/api/ GET HEAD POST"),
        "token from the variable ACME_TOKEN",
        "x-api-key from the file key",
        "may reach private addresses",
        "in plain HTTP",
    ]);
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn mistakes_of_endpoints_are_told_at_their_lines() {
    for (line, text, message, hint) in [
        (5, "base = \"a.test\"", "it does not begin with a scheme", "write it whole"),
        (5, "base = \"ftp://a.test\"", "its scheme is `ftp`", "reached by https"),
        (5, "base = \"https://u:p@a.test\"", "a user or a password", "`token` or `headers`"),
        (5, "base = \"https://*.a.test\"", "a wildcard", "one host"),
        (5, "base = \"https://a.test/?x\"", "it has a query", "leave them out"),
        (5, "base = \"https://127.1\"", "neither a DNS name nor an IP address", "four decimal numbers"),
        (5, "base = \"\"", "it is empty", "e.g."),
        (5, "base = \"http://a.test\"", "is reached in the open", "plaintext_unsafe = true"),
        (5, "base = \"https://localhost\"", "it is a loopback address", "private_addresses = true"),
        (5, "base = \"https://169.254.169.254\"", "no endpoint may reach", "use another address"),
        (6, "base = \"https://a.test\"\nredirects = [\"https://b.test/x\"]", "an origin has none", "https://cdn"),
        (6, "base = \"https://a.test\"\nmethods = [\"TRACE\"]", "none of GET, HEAD, POST, PUT, PATCH, DELETE", ""),
        (6, "base = \"https://a.test\"\ntoken = \"secret\"", "says where the secret is, and is none itself", ""),
        (6, "base = \"https://a.test\"\ntoken = { env = \"A\", file = \"b\" }", "exactly one of `env` and `file`", ""),
        (6, "base = \"https://a.test\"\nheaders.host = { env = \"A\" }", "the host's to write", "x-api-key"),
        (6, "base = \"https://a.test\"\nproxy = \"http://u:p@proxy\"", "a user or a password", "HTTPS_PROXY"),
        (6, "base = \"https://a.test\"\nresponse = \"lots\"", "is not a size", "16 MiB"),
        (6, "base = \"https://a.test\"\ntimeout = \"soon\"", "is not a duration", "30s"),
        (6, "base = \"https://a.test\"\nplaintext = true", "unknown key `plaintext`", "plaintext_unsafe"),
        (4, "token = { env = \"A\" }", "`base` is missing", ""),
    ] {
        let work = Folder::new();
        let head = "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[endpoints.acme]\n";
        work.write("app.cdx.json", bom::of(&[])).write("pipeline.toml", format!("{head}{text}\n"));
        let ended = work.chiron(&["run"]).with_code(2);
        ended.says(&[message, hint, &format!("[pipeline.toml:{line}:")]);
    }
}

#[test]
fn an_origin_and_a_plaintext_endpoint_are_the_operators_to_allow() {
    let (port, _) = server();
    let work = folder("honest", &bound(port, ""));
    let named = "name = \"p\"\n";
    let text = work.read("pipeline.toml").replace(named, &format!("{named}allow_unsigned_plugins_unsafe = true\n"));
    work.write("pipeline.toml", text);
    let allow = |endpoints: &str, settings: &str| {
        format!(
            "[grants]\ncapabilities = [\"content\", \"http\"]\nendpoints = {endpoints}\n\
             [allow]\nunlocked = true\nsettings = {settings}\n"
        )
    };
    let operator = &["--operator", "operator.toml"];
    work.write("operator.toml", allow("[]", "[\"allow_unsigned_plugins_unsafe\"]"));
    let origin = format!("http://127.0.0.1:{port}");
    let refused = run(&work, "a-token", operator).with_code(3);
    refused.says(&[&format!("no request may go to {origin}"), "`plaintext_unsafe` may not be used", "operator"]);
    work.write(
        "operator.toml",
        allow(&format!("[\"{origin}\"]"), "[\"allow_unsigned_plugins_unsafe\", \"plaintext_unsafe\"]"),
    );
    let _ = run(&work, TOKEN, operator).with_code(0);
    work.write("operator.toml", allow("[\"https://scan.example.com/path\"]", "[]"));
    run(&work, TOKEN, operator).with_code(2).says(&["operator.toml", "https://scan.example.com/path"]);
}
