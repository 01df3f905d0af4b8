//! The dashboard, the alert rules and their runbooks: what they name exists, what they ask can be asked, and is answered.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chiron_e2e::{Folder, binary, outside};
use chiron_telemetry::Metric;
use serde_json::Value;

fn dashboard() -> Value {
    serde_json::from_str(&std::fs::read_to_string(binary::root().join("dashboards/chiron.json")).unwrap()).unwrap()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(binary::root().join("dashboards").join(name)).unwrap()
}

/// Every query of the dashboard, with its panel and the variables of Grafana filled in.
fn queries(range: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for panel in dashboard()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap().replace("$pipeline", ".*");
            let query = query.replace("$__rate_interval", range).replace("$__range", range);
            assert!(!query.contains('$'), "{query}");
            all.push((panel["title"].as_str().unwrap().to_owned(), query));
        }
    }
    all
}

/// Selectors of a query: the name of a sample, and the labels that are compared.
fn selectors(query: &str) -> Vec<(String, Vec<String>)> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut all = Vec::new();
    let mut rest = query;
    while let Some(at) = rest.find("chiron_") {
        let name: String = rest[at..].chars().take_while(|c| word(*c)).collect();
        rest = &rest[at + name.len()..];
        let labels = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')).map_or("", |(labels, _)| labels);
        let label = |pair: &str| pair.trim().chars().take_while(|c| word(*c)).collect::<String>();
        all.push((name, labels.split(',').filter(|pair| !pair.trim().is_empty()).map(label).collect()));
    }
    all
}

#[test]
fn every_metric_and_label_that_is_named_exists() {
    let mut asked = BTreeSet::new();
    let queries = queries("5m").into_iter().map(|(_, query)| query);
    for query in queries.chain([text("alerts.yml"), text("alerts.test.yml"), text("runbooks.md")]) {
        for (name, labels) in selectors(&query) {
            let metric = Metric::ALL.into_iter().find(|metric| metric.sample_names().contains(&name));
            let metric = metric.unwrap_or_else(|| panic!("{name} is no metric"));
            for label in labels {
                assert!(metric.labels().contains(&label.as_str()), "{name} has no label {label}");
            }
            asked.insert(metric);
        }
    }
    assert!(asked.len() > 15, "{asked:?}");
    let titles: Vec<_> = dashboard()["panels"].as_array().unwrap().iter().map(|p| p["title"].clone()).collect();
    for title in [
        "Build success rate",
        "Build duration",
        "Vulnerability scan results",
        "SBOM generation status",
        "Signature verification status",
        "Pack size",
        "Pipeline stages",
        "Active feature flags",
        "Policy gate violations",
    ] {
        assert!(titles.contains(&Value::from(title)), "{title}");
    }
}

#[test]
fn every_alert_has_its_runbook() {
    let (alerts, runbooks) = (text("alerts.yml"), text("runbooks.md"));
    let named: Vec<_> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(named.len() >= 5);
    for alert in named {
        assert!(runbooks.contains(&format!("\n## {alert}\n")), "{alert}");
        assert!(alerts.contains(&format!("runbooks.md#{}\"", alert.to_ascii_lowercase())), "{alert}");
        assert!(text("alerts.test.yml").contains(&format!("alertname: {alert}")), "{alert}");
    }
}

fn promtool(arguments: &[&str], folder: &Path) -> Option<String> {
    match Command::new("promtool").args(arguments).current_dir(folder).stdin(Stdio::null()).output() {
        Err(_) => {
            outside::missing("promtool");
            None
        }
        Ok(judged) => {
            let said = String::from_utf8_lossy(&[judged.stdout, judged.stderr].concat()).into_owned();
            assert!(judged.status.success(), "{arguments:?}: {said}");
            Some(said)
        }
    }
}

#[test]
fn promtool_takes_the_rules_their_tests_and_every_query() {
    let folder = binary::root().join("dashboards");
    let Some(said) = promtool(&["check", "rules", "alerts.yml"], &folder) else { return };
    assert!(said.contains("SUCCESS"), "{said}");
    let said = promtool(&["test", "rules", "alerts.test.yml"], &folder).unwrap();
    assert!(said.contains("SUCCESS"), "{said}");
    // A query is parsed where it is a rule.
    let work = Folder::new();
    let rules: Vec<_> = queries("5m")
        .into_iter()
        .enumerate()
        .map(|(number, (_, expr))| serde_json::json!({ "record": format!("query:{number}"), "expr": expr }))
        .collect();
    let count = rules.len();
    let document = serde_json::json!({ "groups": [{ "name": "panels", "rules": rules }] });
    work.write("panels.yml", document.to_string());
    let said = promtool(&["check", "rules", "panels.yml"], &work.path(".")).unwrap();
    assert!(said.contains(&format!("SUCCESS: {count} rules found")), "{said}");
}

/// TypeScript's compiler over Grafana's own types; and it does see what is wrong.
#[test]
fn the_dashboard_is_one_by_grafanas_schema() {
    let Some(judges) = outside::judge("grafana") else { return };
    let check = |document: &str, name: &str| {
        // An enum of TypeScript is no string, though JSON has one.
        let document = document.replace("\"mode\": \"absolute\"", "\"mode\": ThresholdsMode.Absolute");
        let text = format!(
            "import {{ type Dashboard, ThresholdsMode }} from '@grafana/schema';\nexport const dashboard: Dashboard = {document};\n"
        );
        // Beside the modules, where they are looked for.
        let path = judges.join(name);
        std::fs::write(&path, text).unwrap();
        let mut tsc = Command::new(judges.join("node_modules/.bin/tsc"));
        tsc.args([
            "--strict",
            "--noEmit",
            "--skipLibCheck",
            "--moduleResolution",
            "node",
            "--module",
            "esnext",
            "--target",
            "es2022",
        ]);
        let judged = tsc.arg(&path).stdin(Stdio::null()).output().unwrap();
        std::fs::remove_file(&path).unwrap();
        (judged.status.success(), String::from_utf8_lossy(&judged.stdout).into_owned())
    };
    let document = text("chiron.json");
    let (good, said) = check(&document, "dashboard.ts");
    assert!(good, "{said}");
    let (good, said) = check(&document.replace("\"graphTooltip\"", "\"graphToolTip\""), "misspelt.ts");
    assert!(!good && said.contains("graphToolTip"), "{said}");
}

/// Kills what it holds when the test is over, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Hands out a file, as the node exporter does.
fn exporter(file: std::path::PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = std::fs::read(&file).unwrap_or_default();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    port
}

fn ask(port: u16, path: &str) -> Option<Value> {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Values that a query has now, without those that are no number.
fn values(port: u16, query: &str) -> Vec<f64> {
    let answer = ask(port, &format!("/api/v1/query?query={}", encoded(query))).unwrap_or_default();
    let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
    let value = |result: &Value| result["value"][1].as_str()?.parse::<f64>().ok();
    results.iter().filter_map(value).filter(|value| !value.is_nan()).collect()
}

/// Waits for something that a scrape brings.
#[track_caller]
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn prometheus_scrapes_the_example_and_every_panel_has_data() {
    if Command::new("prometheus").arg("--version").output().is_err() {
        outside::missing("prometheus");
        return;
    }
    let work = Folder::new();
    work.copy(&binary::root().join("examples/observability"), "example");
    let run = || {
        let mut script = Command::new("sh");
        script.arg(work.path("example/run.sh")).env("CHIRON", binary::path()).env("HOME", work.home());
        script.env("CHIRON_CACHE", binary::target().join("tmp/e2e-cache/chiron")).stdin(Stdio::null());
        let ended = script.output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    run();
    let port = exporter(work.path("example/out/chiron.prom"));
    let rules = binary::root().join("dashboards/alerts.yml");
    let config = serde_json::json!({
        "global": { "scrape_interval": "1s", "evaluation_interval": "1s" },
        "rule_files": [rules],
        "scrape_configs": [{
            "job_name": "chiron", "metrics_path": "/chiron.prom",
            "static_configs": [{ "targets": [format!("127.0.0.1:{port}")] }],
        }],
    });
    work.write("prometheus.yml", config.to_string());
    let own = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut prometheus = Command::new("prometheus");
    prometheus
        .arg(format!("--config.file={}", work.path("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", work.path("tsdb").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{own}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _running = Running(prometheus.spawn().unwrap());
    let passed = "chiron_build_total{pipeline=\"observability\",status=\"passed\"}";
    until("the first scrape", || values(own, passed) == [1.0]);
    run();
    until("the second run", || values(own, passed) == [2.0]);
    until("two scrapes of it", || values(own, &format!("rate({passed}[1m])")).iter().any(|rate| *rate > 0.0));
    for (panel, query) in queries("1m") {
        until(&format!("{panel}: {query}"), || !values(own, &query).is_empty());
    }
    // What the run found, beside what the dashboard shows.
    let report: Value = serde_json::from_str(&work.read("example/out/report.json")).unwrap();
    let found = report["findings"].as_array().unwrap().len();
    assert_eq!(values(own, "sum(chiron_vulnerabilities)"), [found as f64]);
    let rules = ask(own, "/api/v1/rules").unwrap();
    let all = rules["data"]["groups"][0]["rules"].as_array().unwrap();
    assert!(all.len() >= 5 && all.iter().all(|rule| rule["health"] != "err"), "{rules:#}");
}
