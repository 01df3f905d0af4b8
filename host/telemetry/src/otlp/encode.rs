//! Spans, counts and lines as OTLP messages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chiron_model::event::Level;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord as OtlpLog, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric as OtlpMetric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as OtlpSpan, Status as OtlpStatus};
use prost::Message as _;

use super::settings::Temporality;
use crate::id::TraceId;
use crate::log::LogRecord;
use crate::metric::Kind;
use crate::series::{Metrics, Value};
use crate::span::{Attribute, Span, Status, What};

/// Whether the trace is recorded (W3C Trace Context, `trace-flags`).
const SAMPLED: u32 = 1;

/// What everything of a run has in common.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) trace: TraceId,
    pub(super) started: SystemTime,
    pub(super) resource: Vec<(String, String)>,
    pub(super) version: String,
    pub(super) sampled: bool,
}

impl Frame {
    fn at(&self, since: Duration) -> u64 {
        let all = self.started.duration_since(UNIX_EPOCH).unwrap_or_default() + since;
        u64::try_from(all.as_nanos()).unwrap_or(u64::MAX)
    }

    fn resource(&self) -> Resource {
        let attributes = self.resource.iter().map(|(key, value)| pair(key, text(value))).collect();
        Resource { attributes, ..Resource::default() }
    }

    fn scope(&self) -> InstrumentationScope {
        InstrumentationScope {
            name: "chiron".to_owned(),
            version: self.version.clone(),
            ..InstrumentationScope::default()
        }
    }

    /// A request of the trace service.
    pub(super) fn spans(&self, spans: &[Span]) -> Vec<u8> {
        let scope_spans = vec![ScopeSpans {
            scope: Some(self.scope()),
            spans: spans.iter().map(|span| self.span(span)).collect(),
            schema_url: String::new(),
        }];
        let resource_spans =
            vec![ResourceSpans { resource: Some(self.resource()), scope_spans, schema_url: String::new() }];
        ExportTraceServiceRequest { resource_spans }.encode_to_vec()
    }

    fn span(&self, span: &Span) -> OtlpSpan {
        let status = match span.status() {
            // "Unset" is what the conventions want where nothing failed.
            Status::Ok => OtlpStatus { message: String::new(), code: StatusCode::Unset as i32 },
            Status::Error(class) => OtlpStatus { message: class, code: StatusCode::Error as i32 },
        };
        // A run of a pipeline is a server span by the conventions; all else happens within.
        let kind = if matches!(span.what, What::Run { .. }) { SpanKind::Server } else { SpanKind::Internal };
        OtlpSpan {
            trace_id: self.trace.0.to_vec(),
            span_id: span.id.0.to_vec(),
            parent_span_id: span.parent.map(|parent| parent.0.to_vec()).unwrap_or_default(),
            flags: SAMPLED,
            name: span.name(),
            kind: kind as i32,
            start_time_unix_nano: self.at(span.start),
            end_time_unix_nano: self.at(span.end),
            attributes: span.attributes().into_iter().map(|(key, value)| pair(key, any(value))).collect(),
            status: Some(status),
            ..OtlpSpan::default()
        }
    }

    /// A request of the logs service.
    pub(super) fn logs(&self, logs: &[LogRecord]) -> Vec<u8> {
        let log_records = logs.iter().map(|log| self.log(log)).collect();
        let scope_logs = vec![ScopeLogs { scope: Some(self.scope()), log_records, schema_url: String::new() }];
        let resource_logs =
            vec![ResourceLogs { resource: Some(self.resource()), scope_logs, schema_url: String::new() }];
        ExportLogsServiceRequest { resource_logs }.encode_to_vec()
    }

    fn log(&self, log: &LogRecord) -> OtlpLog {
        let (number, word) = match log.level {
            Level::Trace => (SeverityNumber::Trace, "TRACE"),
            Level::Debug => (SeverityNumber::Debug, "DEBUG"),
            Level::Info => (SeverityNumber::Info, "INFO"),
            Level::Warn => (SeverityNumber::Warn, "WARN"),
            Level::Error => (SeverityNumber::Error, "ERROR"),
        };
        OtlpLog {
            time_unix_nano: self.at(log.at),
            observed_time_unix_nano: self.at(log.at),
            severity_number: number as i32,
            severity_text: word.to_owned(),
            body: Some(text(&log.message)),
            attributes: vec![pair("cicd.pipeline.task.name", text(&log.step))],
            flags: if self.sampled { SAMPLED } else { 0 },
            trace_id: self.trace.0.to_vec(),
            span_id: log.span.map(|span| span.0.to_vec()).unwrap_or_default(),
            ..OtlpLog::default()
        }
    }

    /// A request of the metrics service, for what was counted until now.
    pub(super) fn metrics(&self, metrics: &Metrics, now: Duration, temporality: Temporality) -> Vec<u8> {
        let mut all: Vec<OtlpMetric> = Vec::new();
        for (metric, labels, value) in metrics.iter() {
            let labels = metric.labels().iter().zip(labels);
            let attributes = labels.map(|(key, value)| pair(key, text(value))).collect();
            if all.last().is_none_or(|last| last.name != metric.name()) {
                all.push(OtlpMetric {
                    name: metric.name().to_owned(),
                    description: metric.help().to_owned(),
                    data: Some(empty(metric.kind(), temporality)),
                    ..OtlpMetric::default()
                });
            }
            if let Some(data) = all.last_mut().and_then(|last| last.data.as_mut()) {
                self.add(data, metric.kind(), attributes, value, now);
            }
        }
        let scope_metrics = vec![ScopeMetrics { scope: Some(self.scope()), metrics: all, schema_url: String::new() }];
        let resource_metrics =
            vec![ResourceMetrics { resource: Some(self.resource()), scope_metrics, schema_url: String::new() }];
        ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
    }

    fn add(&self, data: &mut Data, kind: Kind, attributes: Vec<KeyValue>, value: &Value, now: Duration) {
        let (start_time_unix_nano, time_unix_nano) = (self.at(Duration::ZERO), self.at(now));
        let point = |value: f64, attributes| NumberDataPoint {
            attributes,
            start_time_unix_nano,
            time_unix_nano,
            value: Some(number_data_point::Value::AsDouble(value)),
            ..NumberDataPoint::default()
        };
        match (data, value, kind) {
            (Data::Sum(sum), Value::Counter(value), _) => sum.data_points.push(point(*value, attributes)),
            (Data::Gauge(gauge), Value::Gauge(value), _) => gauge.data_points.push(point(*value, attributes)),
            (Data::Histogram(histogram), Value::Histogram { buckets, sum }, Kind::Histogram(bounds)) => {
                histogram.data_points.push(HistogramDataPoint {
                    attributes,
                    start_time_unix_nano,
                    time_unix_nano,
                    count: buckets.iter().sum(),
                    sum: Some(*sum),
                    bucket_counts: buckets.clone(),
                    explicit_bounds: bounds.to_vec(),
                    ..HistogramDataPoint::default()
                });
            }
            // A value is of its metric's kind.
            _ => {}
        }
    }
}

fn empty(kind: Kind, temporality: Temporality) -> Data {
    let aggregation_temporality = match temporality {
        Temporality::Cumulative => AggregationTemporality::Cumulative,
        Temporality::Delta => AggregationTemporality::Delta,
    } as i32;
    match kind {
        Kind::Counter => Data::Sum(Sum { data_points: Vec::new(), aggregation_temporality, is_monotonic: true }),
        Kind::Gauge => Data::Gauge(Gauge { data_points: Vec::new() }),
        Kind::Histogram(_) => Data::Histogram(Histogram { data_points: Vec::new(), aggregation_temporality }),
    }
}

fn pair(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn text(text: &str) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) }
}

fn any(attribute: Attribute) -> AnyValue {
    match attribute {
        Attribute::Text(value) => text(&value),
        Attribute::Number(number) => AnyValue { value: Some(any_value::Value::IntValue(number)) },
    }
}
