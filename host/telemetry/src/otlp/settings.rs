//! What the environment says about export, by OpenTelemetry's specification ("Environment Variable Specification" and "OpenTelemetry
//! Protocol Exporter"). What is not understood is said, and nothing is exported then: half of an export looks like a whole one.

use std::path::PathBuf;
use std::time::Duration;

use chiron_egress::{Base, CredentialHeader, Endpoint, Method, Origin, Scheme, SecretSource};

use crate::id::TraceId;

/// How long one export may take unless the environment says so: shorter than the specification's 10 s, because somebody waits.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The longest that it may say.
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Spans and lines that wait, as the specification has it (`OTEL_BSP_MAX_QUEUE_SIZE`).
const QUEUE: usize = 2048;

/// Spans of one export (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`).
const BATCH: usize = 512;

/// How long spans wait at most (`OTEL_BSP_SCHEDULE_DELAY`).
const DELAY: Duration = Duration::from_secs(5);

/// Something that a person should know about the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {reason}")]
pub struct Warning {
    /// Which variable. Its value may be a secret, and stays out of the message.
    pub variable: String,
    /// What is wrong with it.
    pub reason: String,
}

/// How it is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `http/protobuf`.
    Http,
    /// `grpc`.
    Grpc,
}

/// Where one kind of signal goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where and with which credentials.
    pub endpoint: Endpoint,
    /// The path of HTTP requests.
    pub path: String,
    /// How.
    pub protocol: Protocol,
}

/// Which runs are traced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampler {
    /// All.
    On,
    /// None.
    Off,
    /// Such a share of them, from 0 to 1, by their trace id.
    Ratio(f64),
}

/// Whether counts are those of this run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temporality {
    /// Since the process began: for a run that is the same, said otherwise.
    Cumulative,
    /// Since the last export.
    Delta,
}

/// What is exported, and where to.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Spans.
    pub traces: Option<Target>,
    /// Counts.
    pub metrics: Option<Target>,
    /// Lines.
    pub logs: Option<Target>,
    /// What describes this process.
    pub resource: Vec<(String, String)>,
    /// Which runs are traced, and whether a parent decides.
    pub sampler: (Sampler, bool),
    /// See [`Temporality`].
    pub temporality: Temporality,
    /// Spans and lines that wait.
    pub queue: usize,
    /// Spans of one export.
    pub batch: usize,
    /// How long spans wait.
    pub delay: Duration,
}

type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Reads the environment. None where nothing is to be exported.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>, version: &str) -> Result<Option<Self>, Warning> {
        let variable: Read<'_> = &|name| variable(name).filter(|value| !value.trim().is_empty());
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let traces = target(variable, "TRACES", "/v1/traces")?;
        let metrics = target(variable, "METRICS", "/v1/metrics")?;
        let logs = target(variable, "LOGS", "/v1/logs")?;
        if traces.is_none() && metrics.is_none() && logs.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            traces,
            metrics,
            logs,
            resource: resource(variable, version)?,
            sampler: sampler(variable)?,
            temporality: temporality(variable)?,
            queue: number(variable, "OTEL_BSP_MAX_QUEUE_SIZE", QUEUE)?.clamp(1, 1 << 20),
            batch: number(variable, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH)?.clamp(1, 1 << 16),
            delay: Duration::from_millis(
                number(variable, "OTEL_BSP_SCHEDULE_DELAY", DELAY.as_millis() as usize)? as u64
            ),
        }))
    }

    /// Whether a run is traced.
    #[must_use]
    pub fn samples(&self, trace: TraceId, parent_sampled: Option<bool>) -> bool {
        let (sampler, parent_based) = self.sampler;
        if let (true, Some(sampled)) = (parent_based, parent_sampled) {
            return sampled;
        }
        match sampler {
            Sampler::On => true,
            Sampler::Off => false,
            Sampler::Ratio(ratio) => {
                let mut low = [0; 8];
                low.copy_from_slice(&trace.0[8..]);
                // The lower 56 bits are random (W3C Trace Context, level 2).
                let random = u64::from_be_bytes(low) & ((1 << 56) - 1);
                (random as f64) < ratio * (1_u64 << 56) as f64
            }
        }
    }
}

fn wrong(variable: &str, reason: impl Into<String>) -> Warning {
    Warning { variable: variable.to_owned(), reason: reason.into() }
}

/// A signal's own variable, or that of all signals; with its name.
fn of_signal(variable: Read<'_>, signal: &str, what: &str) -> Option<(String, String)> {
    let own = format!("OTEL_EXPORTER_OTLP_{signal}_{what}");
    let all = format!("OTEL_EXPORTER_OTLP_{what}");
    [own, all].into_iter().find_map(|name| variable(&name).map(|value| (name, value)))
}

fn target(variable: Read<'_>, signal: &str, path: &str) -> Result<Option<Target>, Warning> {
    let exporter = format!("OTEL_{signal}_EXPORTER");
    match variable(&exporter).as_deref().map(str::trim) {
        None | Some("otlp") => {}
        Some("none") => return Ok(None),
        Some(_) => return Err(wrong(&exporter, "only `otlp` and `none` are known: nothing is exported")),
    }
    let Some((name, address)) = of_signal(variable, signal, "ENDPOINT") else { return Ok(None) };
    let protocol = protocol(variable, signal)?;
    let own = name.contains(signal);
    let (base, path) = place(&name, address.trim(), own, protocol, path)?;
    for what in ["CLIENT_KEY", "CLIENT_CERTIFICATE"] {
        if let Some((name, _)) = of_signal(variable, signal, what) {
            return Err(wrong(&name, "certificates of clients are not supported: nothing is exported"));
        }
    }
    let plain = base.origin.scheme == Scheme::Http;
    let mut endpoint = Endpoint { plaintext: plain, private_addresses: true, ..Endpoint::at(base) };
    endpoint.methods = [Method::Post].into();
    endpoint.response_bytes_max = 1 << 20;
    endpoint.timeout = timeout(variable, signal)?;
    endpoint.authorities = of_signal(variable, signal, "CERTIFICATE").map(|(_, path)| PathBuf::from(path));
    if let Some((name, value)) = of_signal(variable, signal, "HEADERS") {
        for key in header_names(&name, &value)? {
            let header = CredentialHeader::parse(&key).map_err(|error| wrong(&name, error.to_string()))?;
            let source = SecretSource::Pair { variable: name.clone(), key: key.clone() };
            endpoint.headers.insert(key, (header, source));
        }
    }
    if let Some((_, objection)) = endpoint.objections().first() {
        return Err(wrong(&name, format!("{objection}: nothing is exported")));
    }
    Ok(Some(Target { endpoint, path, protocol }))
}

fn protocol(variable: Read<'_>, signal: &str) -> Result<Protocol, Warning> {
    let Some((name, value)) = of_signal(variable, signal, "PROTOCOL") else { return Ok(Protocol::Http) };
    match value.trim() {
        "http/protobuf" => Ok(Protocol::Http),
        "grpc" if cfg!(feature = "grpc") => Ok(Protocol::Grpc),
        "grpc" => Err(wrong(&name, "this build of chiron speaks no gRPC: nothing is exported")),
        _ => Err(wrong(&name, "`http/protobuf` and `grpc` are spoken, and nothing else: nothing is exported")),
    }
}

/// For HTTP, the signal's path is appended to the address of all signals, and one of its own is taken as it is; for gRPC only the
/// origin counts.
fn place(variable: &str, address: &str, own: bool, protocol: Protocol, path: &str) -> Result<(Base, String), Warning> {
    let failed = |error: chiron_egress::AddressError| wrong(variable, format!("it is no address: {error}"));
    let start = address.find("://").map_or(0, |at| at + 3);
    let (origin, given) = address.split_at(address[start..].find('/').map_or(address.len(), |at| start + at));
    match (protocol, own) {
        (Protocol::Grpc, _) => Ok((Base::from(Origin::parse(origin).map_err(failed)?), String::new())),
        (Protocol::Http, true) => {
            let given = if given.is_empty() { "/" } else { given };
            Ok((Base::from(Origin::parse(origin).map_err(failed)?), given.to_owned()))
        }
        (Protocol::Http, false) => Ok((Base::parse(address).map_err(failed)?, path.to_owned())),
    }
}

fn timeout(variable: Read<'_>, signal: &str) -> Result<Duration, Warning> {
    let Some((name, value)) = of_signal(variable, signal, "TIMEOUT") else { return Ok(TIMEOUT) };
    let milliseconds = value.trim().parse().map_err(|_| wrong(&name, "it is no number of milliseconds"))?;
    Ok(Duration::from_millis(milliseconds).clamp(Duration::from_millis(1), TIMEOUT_MAX))
}

/// Names of `name=value,name=value`. Values are read when the endpoint is opened, and stay there.
fn header_names(variable: &str, text: &str) -> Result<Vec<String>, Warning> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let name = |pair: &str| pair.split_once('=').map(|(name, _)| name.trim().to_ascii_lowercase());
    pairs.map(|pair| name(pair).ok_or_else(|| wrong(variable, "it is no list of name=value"))).collect()
}

fn resource(variable: Read<'_>, version: &str) -> Result<Vec<(String, String)>, Warning> {
    const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let mut resource = vec![
        ("service.name".to_owned(), "chiron".to_owned()),
        ("service.version".to_owned(), version.to_owned()),
        ("telemetry.sdk.name".to_owned(), "chiron".to_owned()),
        ("telemetry.sdk.language".to_owned(), "rust".to_owned()),
        ("telemetry.sdk.version".to_owned(), version.to_owned()),
    ];
    let mut set = |key: &str, value: String| match resource.iter_mut().find(|(known, _)| known == key) {
        Some((_, known)) => *known = value,
        None => resource.push((key.to_owned(), value)),
    };
    for pair in variable(NAME).unwrap_or_default().split(',').filter(|pair| !pair.trim().is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| wrong(NAME, "it is no list of key=value"))?;
        let value = percent_decoded(value.trim()).ok_or_else(|| wrong(NAME, "a value is not percent-encoded UTF-8"))?;
        set(key.trim(), value);
    }
    if let Some(name) = variable("OTEL_SERVICE_NAME") {
        set("service.name", name);
    }
    Ok(resource)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn sampler(variable: Read<'_>) -> Result<(Sampler, bool), Warning> {
    const NAME: &str = "OTEL_TRACES_SAMPLER";
    let name = variable(NAME).unwrap_or_else(|| "parentbased_always_on".to_owned());
    let (parent_based, name) = match name.trim().strip_prefix("parentbased_") {
        Some(rest) => (true, rest.to_owned()),
        None => (false, name.trim().to_owned()),
    };
    let sampler = match name.as_str() {
        "always_on" => Sampler::On,
        "always_off" => Sampler::Off,
        "traceidratio" => {
            let ratio = variable("OTEL_TRACES_SAMPLER_ARG").map_or(Ok(1.0), |text| text.trim().parse());
            let ratio = ratio.ok().filter(|ratio| (0.0..=1.0).contains(ratio));
            Sampler::Ratio(ratio.ok_or_else(|| wrong("OTEL_TRACES_SAMPLER_ARG", "it is no number from 0 to 1"))?)
        }
        _ => {
            return Err(wrong(NAME, "only always_on, always_off, traceidratio and their parentbased_ forms are known"));
        }
    };
    Ok((sampler, parent_based))
}

fn temporality(variable: Read<'_>) -> Result<Temporality, Warning> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    match variable(NAME).map(|value| value.trim().to_ascii_lowercase()).as_deref() {
        None | Some("cumulative") => Ok(Temporality::Cumulative),
        Some("delta" | "lowmemory") => Ok(Temporality::Delta),
        Some(_) => Err(wrong(NAME, "only cumulative, delta and lowmemory are known")),
    }
}

fn number(variable: Read<'_>, name: &str, default: usize) -> Result<usize, Warning> {
    variable(name).map_or(Ok(default), |text| text.trim().parse().map_err(|_| wrong(name, "it is no number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<Settings>, Warning> {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&find, "1.2.3")
    }

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

    #[test]
    fn nothing_is_exported_unless_asked() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), Ok(None));
        assert_eq!(read(&[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")]), Ok(None));
        let none = ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"].map(|name| (name, "none"));
        assert_eq!(read(&[&[ENDPOINT], none.as_slice()].concat()), Ok(None));
        assert!(read(&[ENDPOINT, none[0]]).unwrap().unwrap().traces.is_none());
    }

    #[test]
    fn paths_are_put_together_as_the_specification_has_it() {
        let of = |pairs: &[(&str, &str)]| {
            let target = read(pairs).unwrap().unwrap().traces.unwrap();
            format!("{} {}", target.endpoint.base, target.path)
        };
        assert_eq!(of(&[ENDPOINT]), "http://127.0.0.1:4318/ /v1/traces");
        assert_eq!(of(&[(ENDPOINT.0, "https://otel.example/a/")]), "https://otel.example/a/ /v1/traces");
        assert_eq!(
            of(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/in/here")]),
            "http://127.0.0.1:1/ /in/here"
        );
        assert_eq!(of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")]), "http://127.0.0.1:1/ /");
    }

    #[test]
    fn what_is_not_understood_is_named_and_its_value_is_not() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "s3cret"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://93.184.216.34/s3cret"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "s3cret"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "host=s3cret"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "s3cret"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "s3cret"),
            ("OTEL_RESOURCE_ATTRIBUTES", "s3cret"),
            ("OTEL_TRACES_SAMPLER", "s3cret"),
            ("OTEL_TRACES_EXPORTER", "s3cret"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "s3cret"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "s3cret"),
        ] {
            let all: Vec<_> = [ENDPOINT].into_iter().filter(|(key, _)| *key != name).chain([(name, value)]).collect();
            let warning = read(&all).unwrap_err();
            assert_eq!(warning.variable, name);
            assert!(!warning.to_string().contains("s3cret"), "{warning}");
        }
    }

    #[test]
    fn the_resource_is_the_environments() {
        let settings = read(&[
            ENDPOINT,
            ("OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb, service.name=x"),
            ("OTEL_SERVICE_NAME", "releases"),
        ]);
        let resource = settings.unwrap().unwrap().resource;
        assert!(resource.contains(&("team".to_owned(), "a,b".to_owned())));
        assert!(resource.contains(&("service.name".to_owned(), "releases".to_owned())));
        assert_eq!(resource.iter().filter(|(key, _)| key == "service.name").count(), 1);
    }

    #[test]
    fn a_parent_decides_where_the_sampler_says_so() {
        let trace = TraceId([0x80; 16]);
        let with = |name: &str, arg: &str| {
            read(&[ENDPOINT, ("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", arg)]).unwrap().unwrap()
        };
        let default = read(&[ENDPOINT]).unwrap().unwrap();
        assert!(default.samples(trace, None) && !default.samples(trace, Some(false)));
        assert!(with("always_on", "1").samples(trace, Some(false)));
        assert!(with("parentbased_always_off", "1").samples(trace, Some(true)));
        assert!(
            !with("traceidratio", "0.25").samples(trace, None) && with("traceidratio", "0.75").samples(trace, None)
        );
    }
}
