//! Prometheus' text format, written for the node exporter's textfile collector, and read again: the file holds what earlier runs
//! counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::metric::{Kind, Metric};
use crate::series::{Metrics, SERIES_MAX, Value, empty};

/// Longest file that is read, in bytes: [`SERIES_MAX`] histograms of long names are less.
pub const FILE_BYTES_MAX: u64 = 16 << 20;

/// Why a file is not one that Chiron wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ReadError {
    /// From 1.
    pub line: usize,
    /// Why.
    pub reason: &'static str,
}

/// Writes metrics, sorted: the same counts give the same bytes.
#[must_use]
pub fn write(metrics: &Metrics) -> String {
    let mut text = String::new();
    let mut last = None;
    for (metric, labels, value) in metrics.iter() {
        if last != Some(metric) {
            let kind = match metric.kind() {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram(_) => "histogram",
            };
            let _ = writeln!(text, "# HELP {metric} {}\n# TYPE {metric} {kind}", metric.help());
            last = Some(metric);
        }
        sample(&mut text, metric, labels, value);
    }
    text
}

fn sample(text: &mut String, metric: Metric, labels: &[String], value: &Value) {
    let labels = pairs(metric, labels);
    match value {
        Value::Counter(value) | Value::Gauge(value) => {
            let _ = writeln!(text, "{metric}{{{labels}}} {value}");
        }
        Value::Histogram { buckets, sum } => {
            let Kind::Histogram(bounds) = metric.kind() else { return };
            let mut below = 0;
            for (place, count) in buckets.iter().enumerate() {
                below += count;
                let bound = bounds.get(place).map_or_else(|| "+Inf".to_owned(), f64::to_string);
                let _ = writeln!(text, "{metric}_bucket{{{labels},le=\"{bound}\"}} {below}");
            }
            let _ = writeln!(text, "{metric}_sum{{{labels}}} {sum}\n{metric}_count{{{labels}}} {below}");
        }
    }
}

fn pairs(metric: Metric, labels: &[String]) -> String {
    let pairs = metric.labels().iter().zip(labels);
    pairs.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect::<Vec<_>>().join(",")
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Reads what [`write`] wrote. Metrics that this version does not have are left out.
///
/// # Errors
/// Any line that [`write`] would not write: then what is there is somebody else's.
pub fn read(text: &str) -> Result<Metrics, ReadError> {
    let mut metrics = Metrics::default();
    let mut below = BTreeMap::<(Metric, Vec<String>), Below>::new();
    for (index, line) in text.lines().enumerate() {
        let wrong = |reason| ReadError { line: index + 1, reason };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').ok_or_else(|| wrong("no value"))?;
        let value: f64 = value.parse().map_err(|_| wrong("the value is no number"))?;
        let (name, labels) = sample.split_once('{').ok_or_else(|| wrong("no labels"))?;
        let labels =
            labels.strip_suffix('}').and_then(read_labels).ok_or_else(|| wrong("the labels cannot be read"))?;
        if !value.is_finite() || value < 0.0 {
            return Err(wrong("no count is negative or endless"));
        }
        if metrics.len() + below.len() >= SERIES_MAX {
            return Err(wrong("too many series"));
        }
        if !name.starts_with("chiron_") {
            return Err(wrong("no metric of chiron"));
        }
        let Some((metric, part)) = part_of(name) else { continue };
        let (le, labels): (Vec<_>, Vec<_>) = labels.into_iter().partition(|(name, _)| name == "le");
        if labels.iter().map(|(name, _)| name.as_str()).ne(metric.labels().iter().copied()) {
            // The labels of another version.
            continue;
        }
        let key = (metric, labels.into_iter().map(|(_, value)| value).collect::<Vec<_>>());
        match (metric.kind(), part) {
            (Kind::Counter, Part::Plain) => metrics.put(key.0, key.1, Value::Counter(value)),
            (Kind::Gauge, Part::Plain) => metrics.put(key.0, key.1, Value::Gauge(value)),
            (Kind::Histogram(bounds), Part::Bucket) => {
                let bound =
                    le.first().map(|(_, bound)| bound.as_str()).ok_or_else(|| wrong("a bucket without a bound"))?;
                let place = match bound {
                    "+Inf" => Some(bounds.len()),
                    other => other.parse().ok().and_then(|bound: f64| bounds.iter().position(|known| *known == bound)),
                };
                // Bounds of another version: their counts would fall into other buckets.
                let Some(place) = place else { return Err(wrong("a bound of another version")) };
                below.entry(key).or_default().counts.insert(place, value as u64);
            }
            (Kind::Histogram(_), Part::Sum) => below.entry(key).or_default().sum = value,
            (Kind::Histogram(_), Part::Count) => {}
            (Kind::Counter | Kind::Gauge, Part::Bucket | Part::Sum | Part::Count)
            | (Kind::Histogram(_), Part::Plain) => {
                return Err(wrong("a sample of another kind of metric"));
            }
        }
    }
    for ((metric, labels), Below { counts, sum }) in below {
        let mut value = empty(metric);
        if let Value::Histogram { buckets, sum: total } = &mut value {
            let mut before = 0;
            for (place, bucket) in buckets.iter_mut().enumerate() {
                let count = counts.get(&place).copied().unwrap_or(before);
                *bucket = count.saturating_sub(before);
                before = count;
            }
            *total = sum;
        }
        metrics.put(metric, labels, value);
    }
    Ok(metrics)
}

/// A histogram as it stands in the file: by place of the bound, how many observations lie below it.
#[derive(Default)]
struct Below {
    counts: BTreeMap<usize, u64>,
    sum: f64,
}

enum Part {
    Plain,
    Bucket,
    Sum,
    Count,
}

fn part_of(name: &str) -> Option<(Metric, Part)> {
    if let Some(metric) = Metric::named(name) {
        return Some((metric, Part::Plain));
    }
    let ends = [("_bucket", Part::Bucket), ("_sum", Part::Sum), ("_count", Part::Count)];
    ends.into_iter().find_map(|(end, part)| Some((Metric::named(name.strip_suffix(end)?)?, part)))
}

fn read_labels(text: &str) -> Option<Vec<(String, String)>> {
    let mut rest = text;
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (mut value, mut end) = (String::new(), None);
        let mut characters = after.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = Some(at + 1);
                    break;
                }
                '\\' => match characters.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                other => value.push(other),
            }
        }
        labels.push((name.to_owned(), value));
        rest = &after[end?..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Metrics {
        let mut metrics = Metrics::default();
        for (number, metric) in Metric::ALL.into_iter().enumerate() {
            let labels: Vec<_> = metric.labels().iter().map(|name| format!("{name} \"\\\n,}}= ü")).collect();
            let labels: Vec<_> = labels.iter().map(String::as_str).collect();
            match metric.kind() {
                Kind::Counter => metrics.add(metric, &labels, number as f64 + 0.5),
                Kind::Gauge => metrics.set(metric, &labels, number as f64),
                Kind::Histogram(_) => {
                    for seen in [0.0, 0.3, 7.0, 1e6] {
                        metrics.observe(metric, &labels, seen);
                    }
                }
            }
        }
        metrics
    }

    #[test]
    fn what_was_written_is_read_back() {
        let metrics = all();
        assert_eq!(read(&write(&metrics)).unwrap(), metrics);
        assert_eq!(read("").unwrap(), Metrics::default());
    }

    #[test]
    fn the_file_of_somebody_else_is_not_taken_for_ours() {
        for (text, reason) in [
            ("node_load1 3", "no labels"),
            ("node_load1{} 3", "no metric of chiron"),
            ("chiron_dependencies{pipeline=\"a\"} x", "the value is no number"),
            ("chiron_dependencies{pipeline=\"a\"} -1", "no count is negative or endless"),
            ("chiron_dependencies{pipeline=\"a} 1", "the labels cannot be read"),
            ("chiron_build_duration_seconds_bucket{pipeline=\"a\",le=\"0.7\"} 1", "a bound of another version"),
            ("chiron_build_total_sum{pipeline=\"a\"} 1", ""),
        ] {
            match read(text) {
                Err(error) => assert_eq!(error.reason, reason, "{text}"),
                Ok(read) => assert!(reason.is_empty() && read.is_empty(), "{text}"),
            }
        }
    }
}
