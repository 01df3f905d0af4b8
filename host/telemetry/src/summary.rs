//! Where the time of a run went, for a person: one line for each step, as a bar.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use chiron_model::event::{Code, Phase, Spent};
use chiron_model::text::one_line;

use crate::span::{Span, What};

/// How it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether the terminal shows block elements.
    pub blocks: bool,
}

/// Widest bar, in columns.
const BAR_MAX: usize = 24;

/// Widest name, in columns.
const NAME_MAX: usize = 28;

/// One line of the chart.
struct Row {
    name: String,
    took: Duration,
    detail: String,
}

/// Earlier first; of what begins together, what ends later.
pub(crate) fn order(a: &Span, b: &Span) -> Ordering {
    (a.start, b.end).cmp(&(b.start, a.end))
}

/// The lines, without colour. Empty where there is no run to tell about.
#[must_use]
pub fn lines(spans: &[Span], look: Look) -> Vec<String> {
    let Some(run) = spans.iter().find(|span| matches!(span.what, What::Run { .. })) else { return Vec::new() };
    let rows = rows(spans);
    let most = rows.iter().map(|row| row.took).max().unwrap_or_default();
    let name_width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).min(NAME_MAX);
    let bar_width = BAR_MAX.min(look.width.saturating_sub(name_width + 14).max(8));
    let mut lines = vec![format!("time: {} in all", time(run.took()))];
    for row in rows {
        let name: String = row.name.chars().take(NAME_MAX).collect();
        let bar = bar(row.took, most, bar_width, look.blocks);
        let line = format!("  {name:<name_width$} {:>9} {bar:<bar_width$} {}", time(row.took), row.detail);
        let line: String = line.trim_end().chars().take(look.width).collect();
        lines.push(line);
    }
    lines.extend(slowest(spans));
    lines.extend(cache(spans));
    lines
}

/// Planning, then every step in the order of beginnings, then what the host did itself.
fn rows(spans: &[Span]) -> Vec<Row> {
    let mut sorted: Vec<_> = spans.iter().collect();
    sorted.sort_by(|a, b| order(a, b));
    let mut rows = Vec::new();
    for span in sorted {
        let (name, detail) = match &span.what {
            What::Phase(phase @ (Phase::Plan | Phase::Report)) => (phase.doing().to_owned(), loads(spans, *phase)),
            What::Step { step, plugin, calls, .. } => {
                let name = if step == plugin { step.clone() } else { format!("{step} ({plugin})") };
                (one_line(&name), crossed(&spent(spans, step), *calls))
            }
            What::Work { work, .. } if span.took() >= Duration::from_millis(1) => {
                (work.word().to_owned(), String::new())
            }
            What::Work { .. } | What::Run { .. } | What::Phase(_) | What::Load { .. } | What::Call { .. } => continue,
        };
        rows.push(Row { name, took: span.took(), detail });
    }
    rows
}

fn loads(spans: &[Span], phase: Phase) -> String {
    let slow = spans.iter().filter(|span| matches!(&span.what, What::Load { code: Some(Code::Compiled), .. }));
    match (phase, slow.map(Span::took).max()) {
        (Phase::Plan, Some(longest)) => format!("compiling {}", time(longest)),
        _ => String::new(),
    }
}

fn spent(spans: &[Span], of: &str) -> Spent {
    let mut all = Spent::default();
    for span in spans {
        if let What::Call { step, spent, .. } = &span.what
            && step == of
        {
            all.add(spent);
        }
    }
    all
}

fn crossed(spent: &Spent, calls: u64) -> String {
    let calls = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    format!("{calls}, {} in, {} out", size(spent.bytes_in), size(spent.bytes_out))
}

/// The plugin whose calls took longest, together.
fn slowest(spans: &[Span]) -> Option<String> {
    let mut plugins: BTreeMap<&str, (Duration, Duration, u64)> = BTreeMap::new();
    for span in spans {
        if let What::Call { plugin, spent, .. } = &span.what {
            let (took, cpu, calls) = plugins.entry(plugin).or_default();
            *took += span.took();
            *cpu += Duration::from_micros(spent.cpu_us);
            *calls += 1;
        }
    }
    let (plugin, (took, cpu, calls)) = plugins.into_iter().max_by_key(|(_, (took, ..))| *took)?;
    let calls = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    let plugin = one_line(plugin);
    Some(format!("slowest plugin: {plugin}, {} in {calls}, {} of it computing", time(took), time(cpu.min(took))))
}

/// What the cache of compiled code saved.
fn cache(spans: &[Span]) -> Option<String> {
    let mut digests: BTreeMap<&str, (Option<Code>, Duration)> = BTreeMap::new();
    for span in spans {
        if let What::Load { digest, code, .. } = &span.what {
            let known = digests.entry(digest).or_insert((*code, span.took()));
            if *code == Some(Code::Compiled) {
                *known = (*code, known.1.max(span.took()));
            }
        }
    }
    let all = digests.len();
    let hits = digests.values().filter(|(code, _)| *code == Some(Code::Cached)).count();
    let compiling: Duration =
        digests.values().filter(|(code, _)| *code == Some(Code::Compiled)).map(|(_, took)| *took).sum();
    match (all, hits) {
        (0, _) => None,
        (_, hits) if hits == all => Some(format!("cache: all {all} plugins were compiled before")),
        (_, 0) => Some(format!(
            "cache: none of {all} plugins was compiled before; compiling took {} of work, and is kept",
            time(compiling)
        )),
        _ => Some(format!(
            "cache: {hits} of {all} plugins were compiled before; compiling the others took {} of work",
            time(compiling)
        )),
    }
}

fn bar(took: Duration, most: Duration, width: usize, blocks: bool) -> String {
    if most.is_zero() {
        return String::new();
    }
    let eighths = (took.as_secs_f64() / most.as_secs_f64() * (width * 8) as f64).round() as usize;
    let (whole, rest) = (eighths / 8, eighths % 8);
    if !blocks {
        return "#".repeat(if whole == 0 && eighths > 0 { 1 } else { whole });
    }
    let mut bar = "█".repeat(whole);
    if rest > 0 {
        bar.push(['▏', '▎', '▍', '▌', '▋', '▊', '▉'][rest - 1]);
    }
    bar
}

fn time(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match seconds {
        s if s >= 120.0 => format!("{:.0} min", s / 60.0),
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.01 => format!("{:.0} ms", s * 1e3),
        s => format!("{:.1} ms", s * 1e3),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use chiron_model::event::Outcome;
    use chiron_model::plugin::PluginKind;

    use super::*;
    use crate::id::SpanId;

    fn span(start_ms: u64, end_ms: u64, what: What) -> Span {
        let (start, end) = (Duration::from_millis(start_ms), Duration::from_millis(end_ms));
        Span { id: SpanId([1; 8]), parent: None, start, end, what, ended: true }
    }

    fn spans() -> Vec<Span> {
        let spent = Spent { cpu_us: 90_000, bytes_in: 3 << 20, bytes_out: 2048, host_calls: 9, memory_bytes: 1 << 20 };
        let call = |call, start, end| {
            let (step, plugin, digest) = ("sbom".to_owned(), "cyclonedx".to_owned(), "sha256:aa".to_owned());
            let kind = PluginKind::SbomGenerator;
            span(start, end, What::Call { step, kind, plugin, digest, call, spent, failure: None })
        };
        let load = |digest: &str, code| {
            let (step, plugin) = ("s".to_owned(), "p".to_owned());
            span(0, 400, What::Load { step, plugin, digest: digest.to_owned(), code: Some(code) })
        };
        let step = What::Step {
            step: "sbom".to_owned(),
            kind: PluginKind::SbomGenerator,
            plugin: "cyclonedx".to_owned(),
            version: "1".to_owned(),
            digest: "sha256:aa".to_owned(),
            calls: 2,
            ending: None,
        };
        vec![
            load("sha256:aa", Code::Compiled),
            load("sha256:bb", Code::Cached),
            span(0, 500, What::Phase(Phase::Plan)),
            call(0, 500, 600),
            call(1, 500, 650),
            span(500, 650, step),
            span(0, 700, What::Run { command: "run", pipeline: "a".to_owned(), outcome: Some((Outcome::Passed, 0)) }),
        ]
    }

    #[test]
    fn a_person_sees_where_the_time_went() {
        let lines = lines(&spans(), Look { width: 100, blocks: true });
        assert_eq!(
            lines,
            [
                "time: 700 ms in all",
                "  planning            500 ms ████████████████████████ compiling 400 ms",
                "  sbom (cyclonedx)    150 ms ███████▎                 2 calls, 6.0 MiB in, 4.0 KiB out",
                "slowest plugin: cyclonedx, 250 ms in 2 calls, 180 ms of it computing",
                "cache: 1 of 2 plugins were compiled before; compiling the others took 400 ms of work",
            ]
        );
    }

    #[test]
    fn it_fits_where_there_is_little_room_and_no_block_elements() {
        for line in lines(&spans(), Look { width: 40, blocks: false }) {
            assert!(line.is_ascii(), "{line}");
        }
        assert!(lines(&[], Look { width: 80, blocks: true }).is_empty());
    }
}
