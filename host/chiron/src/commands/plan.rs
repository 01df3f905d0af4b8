//! `--dry-run`: what would run, on what, with which powers.

use std::fmt::Write as _;
use std::process::ExitCode;

use chiron_model::text::one_line;
use chiron_pipeline::Endpoint;
use chiron_pipeline::Plan;
use chiron_pipeline::plan::keyless::{PlannedKeyless, TokenSource};
use chiron_pipeline::plan::token::PlannedToken;
use chiron_pipeline::plan::witness::{PlannedLog, PlannedWitness};
use chiron_pipeline::plan::{DatabaseSource, PlannedStep, PlannedTool, limit_words};
use chiron_tools::Confinement;
use chiron_trust::key::SecretSource;
use chiron_trust::keyless::LogVersion;

use super::output;
use crate::cli::Output;

/// Prints the plan.
pub(super) fn show(plan: &Plan, outputs: &[Output]) -> ExitCode {
    match output::print(text(plan, outputs).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}

fn text(plan: &Plan, outputs: &[Output]) -> String {
    let mut text = format!(
        "PLAN of {} (dry run: nothing is run, and nothing written but the cache of compiled plugins)\n\nSUBJECTS\n",
        plan.pipeline
    );
    // Writing to a String does not fail.
    let mut line = |content: String| {
        let _ = writeln!(text, "{content}");
    };
    if plan.subjects.is_empty() {
        line("  none".to_owned());
    }
    for planned in &plan.subjects {
        let digest = planned.subject.digests.first().map(ToString::to_string).unwrap_or_default();
        line(format!("  {}  {}  {digest}", one_line(&planned.subject.name), planned.subject.media_type));
    }
    for (name, reason) in &plan.unreadable {
        line(format!("  {}  cannot be read: {}", one_line(name), one_line(reason)));
    }
    if !plan.bases.is_empty() {
        line("\nEXTENDS".to_owned());
        plan.bases.iter().for_each(|(name, digest)| line(format!("  {}  {digest}", one_line(name))));
    }
    if let Some(wanted) = &plan.verify {
        let checks: Vec<_> = wanted.checks.iter().map(|check| check.word()).collect();
        let checks = if checks.is_empty() { "signatures".to_owned() } else { checks.join(", ") };
        line(format!("\nVERIFY first, or run nothing: {checks}"));
    }
    line("\nSTEPS, in the order generate, scan, assess, sign".to_owned());
    for kind in chiron_model::plugin::PluginKind::ALL {
        plan.of_kind(kind).for_each(|step| step_lines(step, &mut line));
    }
    line("\nADVISORY DATABASES".to_owned());
    for database in &plan.databases {
        let source = match &database.source {
            DatabaseSource::Index(path) => format!("{}", path.display()),
            DatabaseSource::Records(path) => format!("{} (records, indexed for the run)", path.display()),
            DatabaseSource::Nowhere => "nowhere".to_owned(),
        };
        line(format!("  {}  {source}", database.name));
    }
    if !plan.endpoints.is_empty() {
        line("\nENDPOINTS".to_owned());
        plan.endpoints.iter().for_each(|(name, endpoint)| line(format!("  {name}  {}", about(endpoint))));
    }
    if !plan.tokens.is_empty() {
        line("\nKEYS IN TOKENS".to_owned());
        plan.tokens.iter().for_each(|token| token_lines(token, &mut line));
    }
    if !plan.keyless.is_empty() {
        line("\nKEYLESS SIGNING".to_owned());
        plan.keyless.iter().for_each(|session| session_lines(session, &mut line));
    }
    if !plan.witnesses.is_empty() {
        line("\nWITNESSES of what keys sign".to_owned());
        plan.witnesses.iter().for_each(|witness| line(witness_line(witness)));
    }
    if !plan.tools.tools.is_empty() {
        line("\nTOOLS".to_owned());
        plan.tools.tools.iter().for_each(|tool| tool_lines(tool, &mut line));
    }
    line("\nLIMITS on reading subjects".to_owned());
    let limits: Vec<_> = plan.archive_limits.describe().into_iter().map(limit).collect();
    limits.chunks(4).for_each(|row| line(format!("  {}", row.join(", "))));
    line("\nOUTPUT".to_owned());
    for output in outputs.iter() {
        let file = output.file.as_ref().map_or("standard output".to_owned(), |file| file.display().to_string());
        line(format!("  {} to {file}", output.form));
    }
    if plan.of_kind(chiron_model::plugin::PluginKind::Signer).next().is_some() {
        line(format!("  statements to {}", plan.attestations.display()));
    }
    // A file of 100,000 entries is no plan that anybody reads.
    let rules = plan.standing.rules.all();
    for rule in rules.iter().take(RULES_SHOWN) {
        let reason = rule.reason.as_deref().unwrap_or("no reason given");
        line(format!("  suppressed: {} ({}; {})", one_line(&rule.about()), one_line(reason), rule.source));
    }
    if rules.len() > RULES_SHOWN {
        line(format!("  and {} more suppressions", rules.len() - RULES_SHOWN));
    }
    for document in &plan.standing.documents {
        let (name, format) = (one_line(&document.name), document.format.word());
        line(format!("  vex: {name} ({format}, {} statements)", document.statements.len()));
    }
    for note in &plan.notes {
        line(format!("note: {}", one_line(&note.message)));
    }
    text
}

/// Most suppressions that a plan lists.
const RULES_SHOWN: usize = 100;

/// Where an endpoint is, what may be asked there, and where its secrets are; no secret was read.
fn about(endpoint: &Endpoint) -> String {
    let methods: Vec<_> = endpoint.methods.iter().map(ToString::to_string).collect();
    let mut words = vec![format!("{} {}", endpoint.base, methods.join(" "))];
    words.extend(endpoint.token.iter().map(|source| format!("token from {source}")));
    words.extend(endpoint.headers.values().map(|(header, source)| format!("{header} from {source}")));
    words.extend(endpoint.redirects.iter().map(|origin| format!("may redirect to {origin}")));
    words.extend(endpoint.private_addresses.then(|| "may reach private addresses".to_owned()));
    words.extend(endpoint.plaintext.then(|| "in plain HTTP".to_owned()));
    one_line(&words.join(", "))
}

/// Which key would sign, and whose code would be loaded to reach it. Nothing of it was, and no PIN was read.
fn token_lines(token: &PlannedToken, line: &mut impl FnMut(String)) {
    let pin = match &token.pin {
        Some(SecretSource::Env(name)) => format!("PIN from the variable {name}"),
        Some(SecretSource::File(path)) => format!("PIN from the file {}", path.display()),
        None => "no PIN".to_owned(),
    };
    line(format!("  {}  {}  {}", token.name, one_line(&token.uri.to_string()), one_line(&pin)));
    let module = one_line(&token.module.named().display().to_string());
    line(format!("    loads    {module} {}, into this process", token.module.digest()));
    if !token.uri.ignored().is_empty() {
        line(format!("    ignores  {}, which the URI says and nobody knows", token.uri.ignored().join(", ")));
    }
}

/// Who would sign and who would be asked; nobody was, and nothing of the token is shown.
fn session_lines(session: &PlannedKeyless, line: &mut impl FnMut(String)) {
    let source = match &session.token {
        TokenSource::Given(source) => source.to_string(),
        TokenSource::GitHub(_) => "GitHub Actions".to_owned(),
    };
    line(format!("  {}  token from {}", session.name, one_line(&source)));
    match session.signer() {
        Ok((identity, issuer)) => {
            line(format!("    signs as {}", one_line(&identity)));
            line(format!("    says     {}", one_line(&issuer)));
        }
        Err(reason) => line(format!("    signs as unknown: {}", one_line(&reason))),
    }
    let fulcio = origin(&session.fulcio.endpoint);
    let time = session.timestamps.as_ref().map_or("nobody".to_owned(), |way| origin(&way.endpoint));
    line(format!("    asks     {fulcio} (certificate), {}, {time} (time)", log_words(&session.log)));
}

fn witness_line(witness: &PlannedWitness) -> String {
    let log = witness.log.iter().map(log_words);
    let time = witness.timestamps.iter().map(|way| format!("{} (time)", origin(&way.endpoint)));
    format!("  {}  asks {}", witness.name, log.chain(time).collect::<Vec<_>>().join(", "))
}

fn log_words(log: &PlannedLog) -> String {
    let version = match log.version {
        LogVersion::V1 => 1,
        LogVersion::V2 => 2,
    };
    format!("{} (log, version {version})", origin(&log.way.endpoint))
}

fn origin(endpoint: &Endpoint) -> String {
    endpoint.base.origin.to_string()
}

/// Sizes in the largest unit that divides them.
fn limit((name, value): (&str, u64)) -> String {
    let (number, unit) = match value {
        value if !name.contains("bytes") => (value, ""),
        value if value % (1 << 30) == 0 => (value >> 30, " GiB"),
        value if value % (1 << 20) == 0 => (value >> 20, " MiB"),
        value => (value, " B"),
    };
    format!("{} {number}{unit}", name.trim_end_matches("_max").trim_end_matches("_bytes"))
}

fn tool_lines(planned: &PlannedTool, line: &mut impl FnMut(String)) {
    let tool = &planned.tool;
    let pin = if planned.pinned_by == "default" { "nothing" } else { planned.pinned_by };
    line(format!("  {}  {}  {}", tool.name, one_line(&tool.program.path.display().to_string()), tool.version));
    line(format!("    digest   {} (pinned by {pin})", tool.program.digest));
    let confinement = match tool.confinement {
        Confinement::Namespaces => "namespaces: no network, its input and these read-only:",
        Confinement::None => "none: it can do what you can; made for it to read:",
    };
    let reads: Vec<_> = tool.reads.iter().map(|(name, path)| format!("{name} = {}", path.display())).collect();
    let reads = if reads.is_empty() { "nothing else".to_owned() } else { one_line(&reads.join(", ")) };
    line(format!("    confined {confinement} {reads}"));
    let profiles: Vec<_> = tool.profiles.keys().map(String::as_str).collect();
    line(format!("    profiles {}", profiles.join(", ")));
}

fn step_lines(step: &PlannedStep, line: &mut impl FnMut(String)) {
    let required = match (&step.fallback_for[..], step.required) {
        ([], true) => String::new(),
        ([], false) => ", not required".to_owned(),
        (others, _) => format!(", only when {} failed", others.join(" or ")),
    };
    let record = &step.record;
    line(format!("  {} ({}{required})", step.id, step.plugin.kind()));
    line(format!("    plugin   {} {} {}", record.name, record.version, record.digest));
    if let Some(signer) = &record.signer {
        line(format!("    signed   by {signer}"));
    }
    let grants = if record.grants.is_empty() { "nothing".to_owned() } else { record.grants.join(", ") };
    line(format!("    may use  {grants}"));
    let limits: Vec<_> = limit_words(&step.limits).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    line(format!("    limits   {}", limits.join(", ")));
    if !step.fallback.is_empty() {
        line(format!("    fallback {}", step.fallback.join(", ")));
    }
    if let Some(failure) = &step.absent {
        line(format!("    cannot   run here: {}", one_line(&failure.message)));
    }
    if let Some(from) = &step.from {
        line(format!("    from     {}", from.join(", ")));
    }
    if step.config != "{}" {
        line(format!("    with     {}", one_line(&step.config)));
    }
}
