//! Counts by metric and labels, and how those of a run join those of the runs before it.

use std::collections::BTreeMap;

use crate::metric::{Kind, Metric};

/// Most series of one file. Names of plugins and pipelines are the operator's, and there are not as many; a file that somebody
/// else writes to must not grow without end.
pub(crate) const SERIES_MAX: usize = 20_000;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a counter.
    Counter(f64),
    /// Of a gauge.
    Gauge(f64),
    /// Of a histogram: how many observations fell into each bucket and not into one before, with one more for what is above all
    /// bounds; and their sum.
    Histogram {
        /// One for each bound, and one more.
        buckets: Vec<u64>,
        /// Of all observations.
        sum: f64,
    },
}

/// Metrics with their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics(BTreeMap<(Metric, Vec<String>), Value>);

impl Metrics {
    /// Adds to a counter.
    pub fn add(&mut self, metric: Metric, labels: &[&str], by: f64) {
        if let Value::Counter(count) = self.entry(metric, labels) {
            *count += by.max(0.0);
        }
    }

    /// Sets a gauge.
    pub fn set(&mut self, metric: Metric, labels: &[&str], to: f64) {
        if let Value::Gauge(gauge) = self.entry(metric, labels) {
            *gauge = to;
        }
    }

    /// Raises a gauge.
    pub fn raise(&mut self, metric: Metric, labels: &[&str], to: f64) {
        if let Value::Gauge(gauge) = self.entry(metric, labels) {
            *gauge = gauge.max(to);
        }
    }

    /// Adds an observation to a histogram.
    pub fn observe(&mut self, metric: Metric, labels: &[&str], seen: f64) {
        let Kind::Histogram(bounds) = metric.kind() else { return };
        if let Value::Histogram { buckets, sum } = self.entry(metric, labels) {
            let place = bounds.iter().position(|bound| seen <= *bound).unwrap_or(bounds.len());
            buckets[place] += 1;
            *sum += seen;
        }
    }

    fn entry(&mut self, metric: Metric, labels: &[&str]) -> &mut Value {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        self.0.entry((metric, labels)).or_insert_with(|| empty(metric))
    }

    /// Every series: its labels, in the order of the metric's, and its value.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, &[String], &Value)> {
        self.0.iter().map(|((metric, labels), value)| (*metric, labels.as_slice(), value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a series.
    #[must_use]
    pub fn get(&self, metric: Metric, labels: &[&str]) -> Option<&Value> {
        self.0.get(&(metric, labels.iter().map(|&label| label.to_owned()).collect()))
    }

    pub(crate) fn put(&mut self, metric: Metric, labels: Vec<String>, value: Value) {
        self.0.insert((metric, labels), value);
    }

    /// These of a run of `pipeline` after what earlier runs left: counters and histograms add up, gauges are the last run's.
    /// Those of other pipelines, which share the file, stay.
    #[must_use]
    pub fn after(&self, earlier: &Self, pipeline: &str) -> Self {
        let mut joined = self.clone();
        let mut room = SERIES_MAX.saturating_sub(joined.0.len());
        for ((metric, labels), before) in &earlier.0 {
            let own = labels.first().is_some_and(|label| label == pipeline);
            match (joined.0.get_mut(&(*metric, labels.clone())), before) {
                (Some(Value::Counter(now)), Value::Counter(before)) => *now += before,
                (Some(Value::Histogram { buckets, sum }), Value::Histogram { buckets: old, sum: old_sum }) => {
                    buckets.iter_mut().zip(old).for_each(|(now, before)| *now += before);
                    *sum += old_sum;
                }
                (None, Value::Gauge(_)) if own => {}
                (None, before) if room > 0 => {
                    room -= 1;
                    joined.0.insert((*metric, labels.clone()), before.clone());
                }
                _ => {}
            }
        }
        joined
    }
}

pub(crate) fn empty(metric: Metric) -> Value {
    match metric.kind() {
        Kind::Counter => Value::Counter(0.0),
        Kind::Gauge => Value::Gauge(0.0),
        Kind::Histogram(bounds) => Value::Histogram { buckets: vec![0; bounds.len() + 1], sum: 0.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pipeline: &str, seconds: f64) -> Metrics {
        let mut metrics = Metrics::default();
        metrics.add(Metric::Build, &[pipeline, "passed"], 1.0);
        metrics.observe(Metric::BuildDuration, &[pipeline], seconds);
        metrics.set(Metric::Dependencies, &[pipeline], seconds);
        metrics
    }

    #[test]
    fn counters_add_up_and_gauges_are_the_last_runs() {
        let mut first = run("a", 0.2);
        first.set(Metric::Vulnerabilities, &["a", "high", "affected"], 1.0);
        let both = run("a", 400.0).after(&first, "a");
        assert_eq!(both.get(Metric::Build, &["a", "passed"]), Some(&Value::Counter(2.0)));
        assert_eq!(both.get(Metric::Dependencies, &["a"]), Some(&Value::Gauge(400.0)));
        // Gone with the run that had it.
        assert_eq!(both.get(Metric::Vulnerabilities, &["a", "high", "affected"]), None);
        let Some(Value::Histogram { buckets, sum }) = both.get(Metric::BuildDuration, &["a"]) else { panic!() };
        assert_eq!((buckets.iter().sum::<u64>(), buckets.last(), *sum), (2, Some(&1), 400.2));
    }

    #[test]
    fn other_pipelines_of_the_file_stay_as_they_were() {
        let both = run("b", 1.0).after(&run("a", 2.0), "b");
        assert_eq!(both.get(Metric::Build, &["a", "passed"]), Some(&Value::Counter(1.0)));
        assert_eq!(both.get(Metric::Dependencies, &["a"]), Some(&Value::Gauge(2.0)));
    }
}
