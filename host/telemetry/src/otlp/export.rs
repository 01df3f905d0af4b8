//! Sending while the run works, from a bounded queue, and the rest at its end. A collector that does not answer is asked once, and
//! costs one warning: the run never waits for it before its end, and then not longer than one export may take.

use std::time::{Duration, SystemTime};

use chiron_egress::{Client, Machine, Request};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::encode::Frame;
use super::settings::{Protocol, Settings, Target};
use crate::id::TraceId;
use crate::log::LogRecord;
use crate::series::Metrics;
use crate::span::Span;

/// What waits.
enum Item {
    Span(Box<Span>),
    Log(LogRecord),
    /// The run is over: what was counted, and when it ended.
    End(Metrics, Duration),
}

/// Sends what a run did.
pub struct Exporter {
    queue: Sender<Item>,
    task: JoinHandle<Vec<String>>,
    spans: bool,
    logs: bool,
    lost: u64,
    limit: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// What a person should know; each once.
    pub warnings: Vec<String>,
}

impl Exporter {
    /// Begins, on the runtime that is there. Connects to nothing yet.
    #[must_use]
    pub fn start(
        settings: &Settings,
        trace: TraceId,
        parent_sampled: Option<bool>,
        started: SystemTime,
        version: &str,
    ) -> Self {
        let sampled = settings.samples(trace, parent_sampled);
        let frame = Frame { trace, started, resource: settings.resource.clone(), version: version.to_owned(), sampled };
        let (queue, items) = mpsc::channel(settings.queue);
        let spans = settings.traces.is_some() && sampled;
        let targets = [&settings.traces, &settings.metrics, &settings.logs];
        let limit = targets.into_iter().flatten().map(|target| target.endpoint.timeout).max().unwrap_or_default();
        let task = tokio::spawn(Sending::run(settings.clone(), frame, version.to_owned(), items));
        Self { queue, task, spans, logs: settings.logs.is_some(), lost: 0, limit }
    }

    /// Takes what has ended. Never waits: what the queue has no room for is lost, and counted.
    pub fn take(&mut self, spans: Vec<Span>, logs: Vec<LogRecord>) {
        let spans = spans.into_iter().filter(|_| self.spans).map(|span| Item::Span(Box::new(span)));
        let logs = logs.into_iter().filter(|_| self.logs).map(Item::Log);
        for item in spans.chain(logs) {
            self.lost += u64::from(self.queue.try_send(item).is_err());
        }
    }

    /// Sends the rest, and the counts. Takes no longer than one export may.
    pub async fn finish(self, metrics: Metrics, took: Duration) -> Sent {
        let Self { queue, mut task, lost, limit, .. } = self;
        // A little more than the limit, so that what did not work is told by whoever tried it.
        let deadline = Instant::now() + limit + Duration::from_millis(250);
        let _ = timeout_at(deadline, queue.send(Item::End(metrics, took))).await;
        drop(queue);
        let mut warnings = match timeout_at(deadline, &mut task).await {
            Ok(Ok(warnings)) => warnings,
            Ok(Err(error)) => vec![format!("telemetry was not exported: {error}")],
            Err(_) => {
                task.abort();
                vec![format!(
                    "telemetry was not exported: the collector did not answer within {} ms",
                    limit.as_millis()
                )]
            }
        };
        if lost > 0 && warnings.is_empty() {
            warnings.push(format!(
                "{lost} spans and lines were not exported: the queue was full (OTEL_BSP_MAX_QUEUE_SIZE)"
            ));
        }
        Sent { warnings }
    }
}

/// One kind of signal and where it goes.
struct Way {
    client: Client,
    target: Target,
    /// The service's method in gRPC.
    method: &'static str,
}

struct Sending {
    frame: Frame,
    traces: Option<Way>,
    logs: Option<Way>,
    metrics: Option<Way>,
    spans: Vec<Span>,
    lines: Vec<LogRecord>,
    /// Once a collector failed, nothing more is sent to it.
    failure: Option<String>,
}

impl Sending {
    async fn run(settings: Settings, frame: Frame, version: String, mut items: Receiver<Item>) -> Vec<String> {
        let mut sending = match Self::open(&settings, frame, version).await {
            Ok(sending) => sending,
            Err(reason) => {
                while items.recv().await.is_some() {}
                return vec![format!("telemetry was not exported: {reason}")];
            }
        };
        let mut due = Instant::now() + settings.delay;
        loop {
            match timeout_at(due, items.recv()).await {
                Ok(Some(Item::Span(span))) => sending.spans.push(*span),
                Ok(Some(Item::Log(line))) => sending.lines.push(line),
                Ok(Some(Item::End(metrics, took))) => {
                    sending.flush(settings.batch).await;
                    let counts = sending.frame.metrics(&metrics, took, settings.temporality);
                    sending.send(|ways| ways.metrics.as_ref(), counts).await;
                    break;
                }
                Ok(None) => break,
                Err(_elapsed) => {
                    sending.flush(settings.batch).await;
                    due = Instant::now() + settings.delay;
                }
            }
            if sending.spans.len() >= settings.batch || sending.lines.len() >= settings.batch {
                sending.flush(settings.batch).await;
            }
        }
        sending.failure.into_iter().map(|reason| format!("telemetry was not exported: {reason}")).collect()
    }

    /// Certificates and secrets are read on a thread of their own.
    async fn open(settings: &Settings, frame: Frame, version: String) -> Result<Self, String> {
        let settings = settings.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let machine = Machine::new(&format!("chiron/{version}"));
            let way = |target: &Option<Target>, method| {
                target.as_ref().map(|target| Way::open(target, &machine, method)).transpose()
            };
            Ok::<_, String>((
                way(&settings.traces, "/opentelemetry.proto.collector.trace.v1.TraceService/Export")?,
                way(&settings.logs, "/opentelemetry.proto.collector.logs.v1.LogsService/Export")?,
                way(&settings.metrics, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")?,
            ))
        });
        let (traces, logs, metrics) = opened.await.map_err(|error| error.to_string())??;
        Ok(Self { frame, traces, logs, metrics, spans: Vec::new(), lines: Vec::new(), failure: None })
    }

    async fn flush(&mut self, batch: usize) {
        let spans = std::mem::take(&mut self.spans);
        for spans in spans.chunks(batch) {
            let message = self.frame.spans(spans);
            self.send(|ways| ways.traces.as_ref(), message).await;
        }
        let lines = std::mem::take(&mut self.lines);
        for lines in lines.chunks(batch) {
            let message = self.frame.logs(lines);
            self.send(|ways| ways.logs.as_ref(), message).await;
        }
    }

    async fn send(&mut self, way: impl Fn(&Self) -> Option<&Way>, message: Vec<u8>) {
        if self.failure.is_some() {
            return;
        }
        let sent = match way(self) {
            Some(way) => way.send(message).await,
            None => Ok(()),
        };
        self.failure = sent.err();
    }
}

impl Way {
    fn open(target: &Target, machine: &Machine, method: &'static str) -> Result<Self, String> {
        let client = Client::open(target.endpoint.clone(), machine).map_err(|error| error.to_string())?;
        Ok(Self { client, target: target.clone(), method })
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), String> {
        match self.target.protocol {
            Protocol::Http => {
                let request = Request {
                    method: "POST".to_owned(),
                    path_and_query: self.target.path.clone(),
                    headers: vec![("content-type".to_owned(), "application/x-protobuf".to_owned())],
                    body: message,
                };
                let answer = self.client.send(request).await.map_err(|error| error.to_string())?;
                match answer.status {
                    200..=299 => Ok(()),
                    status => Err(format!("the collector answers {status}")),
                }
            }
            #[cfg(feature = "grpc")]
            Protocol::Grpc => {
                self.client.unary(self.method, message).await.map(|_| ()).map_err(|error| error.to_string())
            }
            #[cfg(not(feature = "grpc"))]
            Protocol::Grpc => Err(format!("this build speaks no gRPC: {}", self.method)),
        }
    }
}
