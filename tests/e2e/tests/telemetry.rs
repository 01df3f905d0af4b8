//! What is told of a run beside its report: a summary, files, export. None of it changes what the run says.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use chiron_e2e::collector::{Collector, Manner, Received};
use chiron_e2e::{Ended, Folder, binary, bom, keys, osv, outside};
use chiron_telemetry::{Metric, Metrics, Value, exposition};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

const AT: [&str; 2] = ["--at", "2026-06-01T00:00:00Z"];
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A pipeline of two steps and the gate, over one vulnerable component.
fn work() -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work.write(
        "pipeline.toml",
        "[pipeline]\nname = \"release\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n[[step]]\nid = \
         \"find\"\nuses = \"osv\"\n[databases.default]\npath = \"db\"\n[gate]\nfail_on = \"never\"\nunknown = \"allow\"\n",
    );
    work
}

fn run(work: &Folder, environment: &[(&str, &str)], more: &[&str]) -> Ended {
    work.chiron_with(environment, &[&["run", "-o", "json"], &AT[..], more].concat())
}

fn metrics(work: &Folder) -> Metrics {
    exposition::read(&work.read("chiron.prom")).unwrap()
}

fn counter(metrics: &Metrics, metric: Metric, labels: &[&str]) -> f64 {
    match metrics.get(metric, labels) {
        Some(Value::Counter(count) | Value::Gauge(count)) => *count,
        other => panic!("{metric}{labels:?}: {other:?}"),
    }
}

#[test]
fn a_summary_says_where_the_time_went_where_somebody_wants_to_know() {
    let work = work();
    let quiet = run(&work, &[], &[]).with_code(0);
    assert!(!quiet.stderr.contains("time:"), "{}", quiet.stderr);
    let told = run(&work, &[("LANG", "C.UTF-8")], &["-v"]).with_code(0);
    told.says(&[
        "time: ",
        " in all",
        "planning",
        "sbom (cyclonedx)",
        "find (osv)",
        "gate",
        "1 call, ",
        "slowest plugin: ",
        "cache: ",
    ]);
    assert!(!told.stderr.contains('\u{1b}'), "no colour in a pipe: {}", told.stderr);
    assert!(told.stderr.contains('█'), "{}", told.stderr);
    assert_eq!(quiet.stdout, told.stdout);
    let plain = run(&work, &[("LANG", "C"), ("COLUMNS", "60")], &["-v"]).with_code(0);
    let chart: Vec<_> = plain.stderr.lines().skip_while(|line| !line.starts_with("time:")).collect();
    assert!(chart.iter().any(|line| line.contains('#')) && chart.iter().all(|line| line.is_ascii()), "{chart:#?}");
    assert!(chart.iter().take_while(|line| !line.starts_with("slowest")).all(|line| line.len() <= 60), "{chart:#?}");
    let forced = run(&work, &[("CLICOLOR_FORCE", "1")], &["-v"]).with_code(0);
    assert!(forced.stderr.contains("\u{1b}[2mtime:"), "{}", forced.stderr);
}

/// The size of the document that the generator reads is what crosses into it, and a little more.
#[test]
fn what_crosses_into_each_plugin_is_told() {
    let work = work();
    let names: Vec<_> = (0..3000).map(|number| format!("pkg:pypi/package-{number}@1.0")).collect();
    let document = bom::of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    work.write("app.cdx.json", &document);
    let ended = run(&work, &[], &["-v", "--metrics-file", "chiron.prom"]).with_code(0);
    let bytes =
        |plugin, direction| counter(&metrics(&work), Metric::PluginBytes, &["release", plugin, direction]) as usize;
    let read = bytes("cyclonedx", "in");
    assert!((document.len()..2 * document.len()).contains(&read), "{read} of {}", document.len());
    // 3000 purls and names go out of the one and into the other.
    let least: usize = names.iter().map(String::len).sum();
    assert!(bytes("cyclonedx", "out") > least && bytes("osv", "in") > least, "{least}");
    let line = ended.stderr.lines().find(|line| line.contains("sbom (cyclonedx)")).unwrap();
    let size = format!("{:.1} KiB in", read as f64 / 1024.0);
    assert!(line.contains(&size), "{line}: {size}");
}

#[test]
fn a_trace_file_has_every_step_and_its_spans_nest() {
    let work = work();
    let _ = run(&work, &[], &["--trace-file", "trace.json"]).with_code(0);
    let document: serde_json::Value = serde_json::from_str(&work.read("trace.json")).unwrap();
    assert_eq!(document["displayTimeUnit"], "ms");
    let events = document["traceEvents"].as_array().unwrap();
    let mut lanes: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    let mut names = Vec::new();
    for event in events {
        // The fields that the Trace Event Format asks for.
        assert!(event["name"].is_string() && event["pid"].is_u64() && event["tid"].is_u64(), "{event}");
        match event["ph"].as_str().unwrap() {
            "X" => {
                let (start, took) = (event["ts"].as_u64().unwrap(), event["dur"].as_u64().unwrap());
                lanes.entry(event["tid"].as_u64().unwrap()).or_default().push((start, start + took));
                names.push(event["name"].as_str().unwrap());
            }
            "M" => assert!(event["args"]["name"].is_string(), "{event}"),
            "i" => assert!(event["ts"].is_u64() && event["s"] == "t", "{event}"),
            other => panic!("{other}: {event}"),
        }
    }
    for wanted in [
        "run release",
        "plan",
        "load osv",
        "step sbom",
        "call cyclonedx",
        "step find",
        "db open",
        "db verify",
        "step gate",
    ] {
        assert!(names.contains(&wanted), "{wanted}: {names:?}");
    }
    for spans in lanes.values() {
        for (index, a) in spans.iter().enumerate() {
            for b in &spans[index + 1..] {
                let apart = a.1 <= b.0 || b.1 <= a.0;
                let within = (a.0 <= b.0 && b.1 <= a.1) || (b.0 <= a.0 && a.1 <= b.1);
                assert!(apart || within, "{a:?} {b:?}");
            }
        }
    }
}

#[test]
fn metrics_add_up_and_a_run_that_fails_is_counted_too() {
    let work = work();
    let told = ["--metrics-file", "chiron.prom"];
    for _ in 0..2 {
        let _ = run(&work, &[], &told).with_code(0);
    }
    let first = metrics(&work);
    assert_eq!(counter(&first, Metric::Build, &["release", "passed"]), 2.0);
    assert_eq!(counter(&first, Metric::PluginCalls, &["release", "osv", "ok"]), 2.0);
    assert_eq!(counter(&first, Metric::Dependencies, &["release"]), 1.0);
    assert_eq!(counter(&first, Metric::DependenciesAffected, &["release"]), 1.0);
    assert_eq!(counter(&first, Metric::Packs, &["release", "document"]), 1.0);
    std::fs::remove_dir_all(work.path("db")).unwrap();
    let _ = run(&work, &[], &told).with_code(6);
    work.write("pipeline.toml", "[pipeline");
    let _ = run(&work, &[], &told).with_code(2);
    let last = metrics(&work);
    assert_eq!(counter(&last, Metric::Build, &["release", "passed"]), 2.0);
    assert_eq!(counter(&last, Metric::Build, &["release", "not-judged"]), 1.0);
    assert_eq!(counter(&last, Metric::LastRunExit, &["release"]), 6.0);
    assert_eq!(counter(&last, Metric::Steps, &["release", "find", "scanner", "failed"]), 1.0);
    // The name of a pipeline that cannot be read is not known.
    let unknown = last.iter().filter(|(metric, labels, _)| *metric == Metric::Build && labels[1] == "usage").count();
    assert!(unknown >= 1, "{}", work.read("chiron.prom"));
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(std::fs::File::open(work.path("chiron.prom")).unwrap());
    match promtool.output() {
        Err(_) => outside::missing("promtool"),
        Ok(judged) => {
            let said = String::from_utf8_lossy(&[judged.stdout, judged.stderr].concat()).into_owned();
            assert!(judged.status.success() && said.is_empty(), "{said}");
        }
    }
    work.write("node.prom", "node_load1 3\n").write("pipeline.toml", "[pipeline");
    let ended = run(&work, &[], &["--metrics-file", "node.prom"]).with_code(2);
    ended.says(&["metrics were not written", "is not a file that chiron wrote"]);
    assert_eq!(work.read("node.prom"), "node_load1 3\n");
    let _ = run(&work, &[], &["--metrics-file", "no/such.prom"]).with_code(2).says(&["the folder no is not there"]);
}

fn spans(seen: &[Vec<u8>]) -> Vec<Span> {
    let requests = seen.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
    let resources = requests.flat_map(|request| request.resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|pair| pair.key == key)?.value.clone()?.value?;
    Some(match value {
        any_value::Value::StringValue(text) => text,
        any_value::Value::IntValue(number) => number.to_string(),
        other => panic!("{key}: {other:?}"),
    })
}

fn bodies(seen: &[Received], path: &str) -> Vec<Vec<u8>> {
    seen.iter().filter(|received| received.path == path).map(|received| received.body.clone()).collect()
}

/// The tree of spans, and what stands on them.
#[track_caller]
fn is_the_run(spans: &[Span]) {
    let name = |id: &[u8]| spans.iter().find(|span| span.span_id == id).map(|span| span.name.clone());
    let tree: BTreeMap<_, _> = spans.iter().map(|span| (span.name.clone(), name(&span.parent_span_id))).collect();
    for (child, parent) in [
        ("plan", "run release"),
        ("load cyclonedx", "plan"),
        ("generate", "run release"),
        ("step sbom", "generate"),
        ("call cyclonedx", "step sbom"),
        ("scan", "run release"),
        ("db open", "scan"),
        ("db verify", "scan"),
        ("step find", "scan"),
        ("call osv", "step find"),
        ("assess", "run release"),
        ("merge findings", "assess"),
        ("step gate", "assess"),
        ("call gate", "step gate"),
        ("report", "run release"),
    ] {
        assert_eq!(tree.get(child), Some(&Some(parent.to_owned())), "{child}: {tree:#?}");
    }
    let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let root = find("run release");
    assert_eq!(hex(&root.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(hex(&root.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(root.kind, 2, "a server span");
    for span in spans {
        assert_eq!(span.trace_id, root.trace_id);
        assert!(
            span.start_time_unix_nano >= root.start_time_unix_nano
                && span.end_time_unix_nano <= root.end_time_unix_nano
        );
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:?}");
    }
    let told =
        |name: &str, key: &str| attribute(&find(name).attributes, key).unwrap_or_else(|| panic!("{name}: {key}"));
    assert_eq!(told("run release", "cicd.pipeline.name"), "release");
    assert_eq!(told("run release", "cicd.pipeline.result"), "success");
    assert_eq!(told("step find", "cicd.pipeline.task.run.result"), "success");
    assert_eq!(told("call osv", "chiron.step.kind"), "scanner");
    assert!(told("call osv", "chiron.plugin.digest").starts_with("sha256:"));
    assert!(told("call cyclonedx", "chiron.call.bytes_in").parse::<u64>().unwrap() > 100);
    assert!(told("call osv", "chiron.call.host_calls").parse::<u64>().unwrap() >= 1);
    assert!(told("call osv", "chiron.call.memory_bytes").parse::<u64>().unwrap() >= 65536);
    let _ = told("call osv", "chiron.call.cpu_us").parse::<u64>().unwrap();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn are_the_counts(seen: &[Vec<u8>]) {
    let [body] = seen else { panic!("{} requests of metrics", seen.len()) };
    let request = ExportMetricsServiceRequest::decode(body.as_slice()).unwrap();
    let resource = &request.resource_metrics[0];
    assert_eq!(attribute(&resource.resource.as_ref().unwrap().attributes, "service.name").as_deref(), Some("releases"));
    let metrics = &resource.scope_metrics[0].metrics;
    for metric in metrics {
        assert!(Metric::named(&metric.name).is_some(), "{}", metric.name);
    }
    let builds = metrics.iter().find(|metric| metric.name == "chiron_build_total").unwrap();
    let Some(Data::Sum(sum)) = &builds.data else { panic!("{builds:?}") };
    assert!(sum.is_monotonic);
    let passed = |point: &&opentelemetry_proto::tonic::metrics::v1::NumberDataPoint| {
        attribute(&point.attributes, "status").as_deref() == Some("passed")
    };
    let point = sum.data_points.iter().find(passed).unwrap();
    assert_eq!(point.value, Some(opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::AsDouble(1.0)));
}

#[test]
fn a_collector_over_http_gets_the_tree_of_spans_and_the_counts() {
    let work = work();
    let silent = run(&work, &[], &[]).with_code(0);
    let collector = Collector::new(Manner::Takes);
    let address = collector.address();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=s3cret%20key"),
        ("OTEL_SERVICE_NAME", "releases"),
        ("TRACEPARENT", PARENT),
    ];
    let told = run(&work, &environment, &[]).with_code(0);
    assert_eq!((&told.stdout, &told.stderr), (&silent.stdout, &silent.stderr));
    let seen = collector.seen();
    for received in &seen {
        assert!(received.head.contains("content-type: application/x-protobuf\r\n"), "{}", received.head);
        assert!(received.head.contains("x-api-key: s3cret key\r\n"), "{}", received.head);
    }
    is_the_run(&spans(&bodies(&seen, "/v1/traces")));
    are_the_counts(&bodies(&seen, "/v1/metrics"));
}

#[test]
fn a_collector_over_grpc_gets_the_same() {
    let Some(judge) = outside::judge("otlp") else { return };
    let (work, kept) = (work(), Folder::new());
    let mut python = Command::new(judge.join("bin/python"));
    python
        .arg(binary::root().join("tests/fixtures/judges/judge_otlp.py"))
        .arg(kept.path("."))
        .arg("x-api-key=s3cret key");
    let mut server = python.stdin(Stdio::null()).spawn().unwrap();
    while !kept.has("port") {
        assert!(server.try_wait().unwrap().is_none(), "the collector did not start");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let address = format!("http://127.0.0.1:{}", kept.read("port"));
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=s3cret%20key"),
        ("OTEL_SERVICE_NAME", "releases"),
        ("TRACEPARENT", PARENT),
    ];
    let told = run(&work, &environment, &[]);
    let denied = run(&work, &[&environment[..2], &environment[3..]].concat(), &[]);
    server.kill().unwrap();
    let _ = server.wait();
    assert!(!told.with_code(0).stderr.contains("telemetry"));
    denied.with_code(0).says(&["telemetry was not exported: it answers with gRPC status 16"]);
    let of = |kind: &str| {
        let all = kept.listing().into_iter().filter(|(name, _)| name.ends_with(kind));
        all.map(|(_, body)| body).collect::<Vec<_>>()
    };
    is_the_run(&spans(&of(".traces")));
    are_the_counts(&of(".metrics"));
}

#[test]
fn a_collector_that_is_dead_or_dies_costs_one_warning_and_nothing_else() {
    let work = work();
    let silent = run(&work, &[], &[]).with_code(0);
    // Nobody listens there any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dies = Collector::new(Manner::DiesAfterOne);
    let refuses = Collector::new(Manner::Refuses);
    let mute = Collector::new(Manner::Silent);
    for address in [format!("http://{closed}"), dies.address(), refuses.address(), mute.address()] {
        let environment = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "700"),
            // So that the first export is made while the run works.
            ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ];
        let told = run(&work, &environment, &[]);
        assert_eq!((told.code, &told.stdout), (silent.code, &silent.stdout), "{}", told.stderr);
        let warnings = told.stderr.lines().filter(|line| line.starts_with("warning: telemetry was not exported"));
        assert_eq!(warnings.count(), 1, "{address}: {}", told.stderr);
    }
    assert_eq!(dies.seen().len(), 1);
}

#[test]
fn export_is_off_where_the_environment_or_a_flag_says_so() {
    let work = work();
    let collector = Collector::new(Manner::Takes);
    let address = collector.address();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str());
    let offline = run(&work, &[endpoint], &["--offline"]).with_code(0);
    assert_eq!(offline.stderr.matches("telemetry is not exported: --offline").count(), 1, "{}", offline.stderr);
    assert!(!run(&work, &[endpoint, ("OTEL_SDK_DISABLED", "true")], &[]).with_code(0).stderr.contains("telemetry"));
    run(&work, &[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")], &[])
        .with_code(0)
        .says(&["OTEL_EXPORTER_OTLP_PROTOCOL"]);
    assert!(collector.seen().is_empty());
    let none = [endpoint, ("OTEL_TRACES_EXPORTER", "none")];
    let _ = run(&work, &none, &[]).with_code(0);
    let unsampled = [endpoint, ("OTEL_TRACES_SAMPLER", "always_off")];
    let _ = run(&work, &unsampled, &[]).with_code(0);
    let paths: Vec<_> = collector.seen().into_iter().map(|received| received.path).collect();
    assert_eq!(paths, ["/v1/metrics", "/v1/metrics"]);
    run(&work, &[("TRACEPARENT", "nonsense")], &[]).with_code(0).says(&["TRACEPARENT is not used"]);
}

/// Keys, tokens, values of configurations, names of components and of files, what people wrote: none of it leaves.
#[test]
fn nothing_leaves_that_is_secret_or_of_the_subject() {
    if !keys::openssl_is_there() {
        return;
    }
    let work = work();
    work.write("s3cret-file.cdx.json", bom::of(&["pkg:pypi/s3cret-package@1.0", "pkg:pypi/demo@1.0"]));
    keys::make(&work.path("."), "release", "P-256");
    let pem = work.read("release.key");
    work.write(
        "pipeline.toml",
        "[pipeline]\nname = \"release\"\nsubjects = [\"s3cret-file.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n[[step]]\n\
         id = \"find\"\nuses = \"osv\"\nwith = { informational = \"omit\" }\n[[step]]\nid = \"sign\"\nuses = \"cosign\"\n[step.bind]\n\
         keys.signing = \"s3cret-name\"\n[keys.s3cret-name]\nenv = \"RELEASE_KEY\"\n[databases.default]\npath = \"db\"\n[[suppress]]\nid = \
         \"PYSEC-2024-1\"\nreason = \"s3cret reason\"\nexpires = \"2026-12-31\"\n[gate]\nfail_on = \"never\"\nunknown = \"allow\"\n",
    );
    let collector = Collector::new(Manner::Takes);
    let address = collector.address();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret-token"),
        ("RELEASE_KEY", pem.as_str()),
    ];
    let ended =
        run(&work, &environment, &["-vvv", "--trace-file", "trace.json", "--metrics-file", "chiron.prom"]).with_code(0);
    assert!(ended.stdout.contains("s3cret-package") && work.has("s3cret-file.cdx.json.sigstore.json"));
    let seen = collector.seen();
    assert!(
        !seen.is_empty() && seen.iter().all(|received| received.head.contains("authorization: Bearer s3cret-token"))
    );
    let spans = spans(&bodies(&seen, "/v1/traces"));
    for wanted in ["load keys", "step sign", "call cosign", "verify signatures"] {
        assert!(spans.iter().any(|span| span.name == wanted), "{wanted}");
    }
    for signed in ["subject", "statement"] {
        let labels = ["release", signed, "valid"];
        assert!(counter(&metrics(&work), Metric::SignatureVerification, &labels) >= 1.0, "{signed}");
    }
    let folder = work.path(".").to_string_lossy().into_owned();
    let key: Vec<_> = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let all = seen.iter().map(|received| received.body.clone());
    for bytes in all.chain([work.read("trace.json").into_bytes(), work.read("chiron.prom").into_bytes()]) {
        let text = String::from_utf8_lossy(&bytes);
        for word in ["s3cret", "PYSEC", "omit", "never", "RELEASE_KEY", &folder].iter().chain(&key) {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn messages_are_json_with_the_trace_where_a_machine_reads_them() {
    let work = work();
    std::fs::remove_dir_all(work.path("db")).unwrap();
    let ended = run(&work, &[("TRACEPARENT", PARENT)], &["--log-format", "json"]).with_code(6);
    let lines: Vec<serde_json::Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(line["timestamp"].is_string() && line["message"].is_string(), "{line}");
        assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736", "{line}");
    }
    assert!(lines.iter().any(|line| line["level"] == "warning"), "{lines:#?}");
}
