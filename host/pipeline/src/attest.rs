//! Statements about the run, signed by signer plugins, verified by the host, then written. In that order, and all or
//! nothing: what does not verify leaves no file behind.

mod keys;
mod output;
mod predicate;
mod publish;
mod statements;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use chiron_model::plugin::PluginKind;
use chiron_model::report::Report;
use chiron_model::statement::Statement;
use chiron_model::step::{Ending, StepOutcome};
use chiron_model::subject::Subject;
use chiron_model::verdict::Decision;
use chiron_sandbox::SignRequest;
use chiron_sandbox::powers::Signing;

use crate::config::file::When;
use crate::error::Error;
use crate::event::{Work, Working};
use crate::execute;
use crate::house::House;
use crate::plan::{Plan, PlannedStep};
use crate::powers::http::Egress;
use crate::powers::journal::StepJournal;
use crate::powers::keys::Keys;

pub use predicate::schemas;

/// A signed file that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Where it was written.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What signing led to.
pub(crate) struct Attested {
    pub(crate) outcomes: Vec<StepOutcome>,
    pub(crate) bundles: Vec<Bundle>,
}

/// Has every signer sign, verifies what comes back, and writes it.
///
/// # Errors
/// [`Error::Unverified`] when a signer's answer does not verify; nothing was written then.
pub(crate) async fn attest(
    plan: &Arc<Plan>,
    house: &House,
    egress: &Egress,
    report: &Report,
) -> Result<Attested, Error> {
    let mut attested = Attested { outcomes: Vec::new(), bundles: Vec::new() };
    let signers: Vec<_> = plan.of_kind(PluginKind::Signer).collect();
    if signers.is_empty() {
        return Ok(attested);
    }
    let statements = statements::all(plan, report)?;
    let loaded = {
        let mut loading = Working::on(Work::LoadKeys, &*house.observer);
        keys::load(plan, house).await.inspect_err(|failure| loading.failed(&failure.code))
    };
    let keys = match loaded {
        Ok(keys) => Keys::new(keys),
        Err(failure) => {
            let failed = |step: &&PlannedStep| execute::outcome(step, house, 0, vec![failure.clone()]);
            attested.outcomes = signers.iter().map(failed).collect();
            return Ok(attested);
        }
    };
    house.go_on()?;
    for step in signers {
        if let Some(failure) = egress.missing(step) {
            attested.outcomes.push(execute::outcome(step, house, 0, vec![failure]));
            continue;
        }
        execute::begin(step, house, 1);
        let request = request(plan, step, report, &statements);
        let files: HashSet<&Subject> = request.subjects.iter().collect();
        let asked = plan.subjects.iter().filter(|planned| files.contains(&planned.subject));
        let scoped = Arc::new(keys.scoped(asked.cloned().collect(), request.statements.clone()));
        let watch = StepJournal::begin(step, 0, &house.observer);
        let mut powers = execute::powers(step, &watch, egress, None, Some(scoped as Arc<dyn Signing>));
        powers.tools = execute::tools(plan, step, || None);
        let call = step.call(&powers, &plan.time);
        let answer = step.plugin.sign(&call, &request).await;
        watch.end(&answer);
        // Asked to stop, it may have answered all the same.
        house.go_on()?;
        let failures = match answer {
            Ok(answers) => {
                let bundles = output::verify_told(plan, step, house, &keys, &request, answers)?;
                output::refuse_taken(step, &bundles, &attested.bundles)?;
                attested.bundles.extend(bundles);
                Vec::new()
            }
            // Why a service did not sign is told here, and not by the plugin, which does not know it.
            Err(error) => vec![keys.trouble(step).unwrap_or_else(|| execute::failure(step, None, &error))],
        };
        attested.outcomes.push(execute::outcome(step, house, 1, failures));
    }
    let broken = attested.outcomes.iter().any(|outcome| matches!(outcome.ending, Ending::Failed(_)));
    if broken {
        // Half a set of signatures looks like a whole one to whoever finds the files.
        attested.bundles.clear();
        return Ok(attested);
    }
    output::write(&attested.bundles)?;
    Ok(attested)
}

/// After a denial only the statements that say so are signed, unless the step says `when = "always"`: a signature beside a
/// file says that it passed.
fn request(plan: &Plan, step: &PlannedStep, report: &Report, statements: &[Statement]) -> SignRequest {
    if report.verdict.decision == Decision::Deny && step.when != When::Always {
        let statements = statements.iter().filter(|statement| statements::survives_denial(statement));
        return SignRequest { subjects: Vec::new(), statements: statements.cloned().collect() };
    }
    let subjects = plan.subjects.iter().map(|planned| planned.subject.clone()).filter(Subject::is_file).collect();
    SignRequest { subjects, statements: statements.to_vec() }
}
