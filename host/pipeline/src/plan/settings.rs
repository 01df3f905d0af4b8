//! Settings in force, for report and provenance.

use chiron_egress::Endpoint;
use chiron_model::report::Setting;
use chiron_trust::judge::RootOrigin;

use super::services::{Asking, Services};
use super::token::PlannedToken;
use super::tools::PlannedTools;
use super::{bases, keyless, walking};
use crate::config::PipelineConfig;
use crate::config::file::OnEmpty;
use crate::house::{House, LockMode};
use crate::standing::Standing;
use crate::vouched::UNSIGNED;

/// Settings in force, with where each came from. Paths are named as they were given, never made absolute.
pub(super) fn of_run(
    config: &PipelineConfig,
    house: &House,
    endpoints: &[(String, Endpoint)],
    services: Services<'_>,
    tokens: &[PlannedToken],
    tools: &PlannedTools,
    standing: &Standing,
) -> Vec<Setting> {
    let mut settings = house.settings.clone();
    let add = |settings: &mut Vec<Setting>, key: &str, value: String, given: bool| {
        let file = if house.lock == LockMode::NotUsed { "command" } else { "pipeline.toml" };
        let source = if given { file } else { "default" }.to_owned();
        settings.push(Setting { key: key.to_owned(), value, source });
    };
    let on_empty = if config.file.pipeline.on_empty == OnEmpty::Pass { "pass" } else { "fail" };
    add(&mut settings, "pipeline.on_empty", on_empty.to_owned(), config.file.pipeline.on_empty != OnEmpty::default());
    if config.file.pipeline.allow_unsigned_plugins_unsafe {
        add(&mut settings, &format!("pipeline.{UNSIGNED}"), "true".to_owned(), true);
    }
    for (name, endpoint) in endpoints {
        let key = format!("endpoints.{name}");
        add(&mut settings, &key, endpoint.base.origin.to_string(), true);
        if endpoint.plaintext {
            add(&mut settings, &format!("{key}.plaintext_unsafe"), "true".to_owned(), true);
        }
        if endpoint.private_addresses {
            add(&mut settings, &format!("{key}.private_addresses"), "true".to_owned(), true);
        }
    }
    for Asking { name, table, ways, root } in services.by_key() {
        let key = format!("keys.{name}.{table}");
        add(&mut settings, &key, keyless::origins(ways.iter().copied()), true);
        if ways.iter().any(|way| way.endpoint.plaintext) {
            add(&mut settings, &format!("{key}.plaintext_unsafe"), "true".to_owned(), true);
        }
        if ways.iter().any(|way| way.endpoint.private_addresses) {
            add(&mut settings, &format!("{key}.private_addresses"), "true".to_owned(), true);
        }
        if root.origin() != RootOrigin::Embedded {
            add(&mut settings, &format!("{key}.trusted_root"), root.digest().to_string(), true);
        }
    }
    for (name, age) in config.file.databases.iter().filter_map(|(name, table)| Some((name, table.max_age.as_ref()?))) {
        add(&mut settings, &format!("databases.{name}.max_age"), age.clone(), true);
    }
    if config.file.verify.as_ref().is_some_and(|table| table.before_run) {
        add(&mut settings, "verify.before_run", "true".to_owned(), true);
    }
    let gate = config.file.gate.clone().unwrap_or_default();
    for operator in &house.operators {
        let value = operator.digest.to_string();
        settings.push(Setting { key: "operator".to_owned(), value, source: operator.source.to_owned() });
    }
    for (key, value) in gate {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let source = bases::source(config, &format!("/gate/{key}"));
        match source {
            Some(source) => settings.push(Setting { key: format!("gate.{key}"), value, source }),
            None => add(&mut settings, &format!("gate.{key}"), value, true),
        }
    }
    settings.extend(tokens.iter().flat_map(PlannedToken::settings));
    settings.extend(tools.settings());
    settings.extend(standing.settings());
    settings.extend(walking::settings(config));
    settings.extend(bases::settings(config));
    settings.sort();
    settings.dedup_by(|a, b| a.key == b.key && (a.key != "operator" || a == b));
    settings
}
