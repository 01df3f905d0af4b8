//! How many bytes cross between host and guest (LESSONS 33: data through the boundary is what made hosts slow, and nobody saw it).
//!
//! Counted is content: text and lists of bytes at their length, numbers at their width, one byte for whatever is one of a few. What
//! the canonical ABI adds for padding and pointers is not, and neither are refusals and what foreign runtimes ask for.

use wasmtime::component::Resource;

use crate::abi::powers::chiron::{advisory0_1_0 as advisory, artifact, core, egress, keys, sbom, scan, tool};
use crate::abi::{lifecycle, policy, policy_v0_2, signer};

/// What has a weight when it crosses.
pub(crate) trait Weigh {
    /// In bytes.
    fn weight(&self) -> u64;
}

impl<T: Weigh + ?Sized> Weigh for &T {
    fn weight(&self) -> u64 {
        (**self).weight()
    }
}

impl Weigh for str {
    fn weight(&self) -> u64 {
        self.len() as u64
    }
}

impl Weigh for String {
    fn weight(&self) -> u64 {
        self.len() as u64
    }
}

impl<T: Weigh> Weigh for [T] {
    fn weight(&self) -> u64 {
        self.iter().map(Weigh::weight).sum()
    }
}

/// Bytes are a list like any other; this one is as long as it looks.
impl<T: Weigh> Weigh for Vec<T> {
    fn weight(&self) -> u64 {
        self.as_slice().weight()
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn weight(&self) -> u64 {
        1 + self.as_ref().map_or(0, Weigh::weight)
    }
}

impl<T: Weigh, E> Weigh for Result<T, E> {
    fn weight(&self) -> u64 {
        self.as_ref().map_or(0, Weigh::weight)
    }
}

impl Weigh for () {
    fn weight(&self) -> u64 {
        0
    }
}

impl<A: Weigh, B: Weigh> Weigh for (A, B) {
    fn weight(&self) -> u64 {
        self.0.weight() + self.1.weight()
    }
}

impl<A: Weigh, B: Weigh, C: Weigh> Weigh for (A, B, C) {
    fn weight(&self) -> u64 {
        self.0.weight() + self.1.weight() + self.2.weight()
    }
}

/// A handle is an index.
impl<T: 'static> Weigh for Resource<T> {
    fn weight(&self) -> u64 {
        4
    }
}

macro_rules! fixed {
    ($width:literal: $($type:ty),+ $(,)?) => {
        $(impl Weigh for $type {
            fn weight(&self) -> u64 {
                $width
            }
        })+
    };
}

/// Named field by field, so that one that is added later cannot be forgotten.
macro_rules! records {
    ($($type:path { $($field:ident),+ $(,)? })+) => {
        $(impl Weigh for $type {
            fn weight(&self) -> u64 {
                let Self { $($field),+ } = self;
                0 $(+ $field.weight())+
            }
        })+
    };
}

fixed!(1: u8, bool, sbom::types::Coverage, scan::types::Severity, scan::types::Status, artifact::content::EntryKind);
fixed!(1: advisory::versions::Order, crate::powers::Level);
fixed!(1: policy::exports::chiron::policy0_1_0::check::Decision, policy::exports::chiron::policy0_1_0::check::Standing);
fixed!(1: policy::exports::chiron::policy0_1_0::check::Evidence, policy_v0_2::exports::chiron::policy0_2_0::check::Evidence);
fixed!(1: policy_v0_2::exports::chiron::policy0_2_0::check::Decision, chiron_model::advisory::Which);
fixed!(2: u16);
// An execution is answered with a handle.
fixed!(4: u32, i32, crate::powers::Execution);
fixed!(8: u64, i64, f64);

records! {
    core::types::Digest { algorithm, value }
    core::types::Location { path, line, layer }
    core::types::Subject { name, media_type, digests, size, properties }
    sbom::types::Component { id, kind, name, version, purl, scope, licenses, digests, locations, properties }
    sbom::types::Relation { source, kind, target }
    sbom::types::FileOutcome { path, coverage, entries_read, entries_dropped, reason }
    sbom::types::Inventory { components, relations, files }
    scan::types::Finding {
        rule_id, discriminator, status, component, title, message, severity, scores, aliases, fixed_versions, last_affected,
        locations, proofs, properties,
    }
    advisory::types::Score { system, vector, value }
    artifact::content::Entry { path, kind, size }
    egress::http::Request { endpoint, method, path_and_query, headers, body }
    egress::http::Response { status, headers, body }
    keys::signing::PublicKey { algorithm, pem, key_id }
    keys::signing::Identity { name, issuer }
    tool::runner::Exit { code, duration_ms, tool_digest, tool_version }
    lifecycle::exports::chiron::lifecycle::plugin::Rule { id, title, description, help_uri }
    lifecycle::exports::chiron::lifecycle::plugin::Request { capability, label, purpose }
    lifecycle::exports::chiron::lifecycle::plugin::Description {
        name, version, summary, rules, requests, config_schema, properties,
    }
    signer::exports::chiron::sign::signer::Statement { subjects, predicate_type, predicate }
    signer::exports::chiron::sign::signer::Request { subjects, statements }
    signer::exports::chiron::sign::signer::Signed { name, media_type, bytes }
    chiron_model::advisory::DatabaseId { name, digest, built_at, records }
    chiron_model::advisory::Score { system, vector, value }
    chiron_model::advisory::Match { fixed, last_affected, matched_by }
    chiron_model::advisory::Candidate {
        database, id, aliases, modified, withdrawn, category, summary, scores, evaluation, properties,
    }
}

/// Policies, as of 0.1.
mod v0_1 {
    use super::{Weigh, policy::exports::chiron::policy0_1_0::check};

    records! {
        check::Attested { predicate_type, subjects, signer, verified, properties }
        check::Step { id, kind, plugin, succeeded, error, properties }
        check::Finding {
            id, advisories, category, standing, component, severity, scores, title, fixed_versions, last_affected, locations, steps,
            properties,
        }
        check::Input { subjects, components, relations, files, findings, attestations, steps, evaluated_at }
        check::Reason { rule_id, message, component, remedy, properties }
        check::Verdict { decision, summary, reasons, properties }
    }
}

/// Policies, as of 0.2.
mod v0_2 {
    use super::{Weigh, policy_v0_2::exports::chiron::policy0_2_0::check};

    records! {
        check::Origin { step, subject }
        check::PlacedComponent { component, origin }
        check::PlacedFile { file, origin }
        check::Attested { predicate_type, subjects, signer, verified, properties }
        check::Failure { code, message }
        check::Step { id, kind, plugin, version, digest, required, calls, ending, properties }
        check::Suppression { reason, expires, was, properties }
        check::Finding {
            id, fingerprint, advisories, category, standing, component, subjects, severity, scores, title, fixed_versions,
            last_affected, locations, steps, properties,
        }
        check::Database { name, digest, built_at, age_seconds, records, properties }
        check::Setting { key, value, source }
        check::Note { code, message }
        check::Reason { rule_id, message, component, remedy, properties }
        check::Verdict { decision, summary, reasons, properties }
        check::Judgement { step, verdict }
        check::Input {
            pipeline, subjects, components, relations, files, findings, attestations, steps, verdicts, databases, settings, notes,
            evaluated_at, properties,
        }
    }

    impl Weigh for check::Ending {
        fn weight(&self) -> u64 {
            1 + match self {
                Self::Succeeded => 0,
                Self::Skipped(reason) => reason.weight(),
                Self::Failed(failure) => failure.weight(),
            }
        }
    }

    impl Weigh for check::Standing {
        fn weight(&self) -> u64 {
            1 + match self {
                Self::Affected => 0,
                Self::Suppressed(suppression) => suppression.weight(),
                Self::Unknown(reason) => reason.weight(),
            }
        }
    }
}

impl Weigh for sbom::types::License {
    fn weight(&self) -> u64 {
        1 + match self {
            Self::Expression(text) | Self::Text(text) => text.weight(),
        }
    }
}

impl Weigh for scan::types::Proof {
    fn weight(&self) -> u64 {
        1 + match self {
            Self::File(location) => location.weight(),
            Self::Text(text) | Self::Uri(text) => text.weight(),
            Self::Other(other) => other.weight(),
        }
    }
}

impl Weigh for tool::runner::Argument {
    fn weight(&self) -> u64 {
        1 + match self {
            Self::Text(text) => text.weight(),
            Self::Number(number) => number.weight(),
            Self::Flag(flag) => flag.weight(),
        }
    }
}

impl Weigh for advisory::versions::Event {
    fn weight(&self) -> u64 {
        1 + match self {
            Self::Introduced(text) | Self::Fixed(text) | Self::LastAffected(text) | Self::Limit(text) => text.weight(),
        }
    }
}

impl Weigh for chiron_model::advisory::Evaluation {
    fn weight(&self) -> u64 {
        1 + match self {
            Self::Affected(found) => found.weight(),
            // The note is for reports, and does not cross.
            Self::Unaffected { note: _ } => 0,
            Self::Unknown(reason) => reason.weight(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_weighs_its_content() {
        assert_eq!(("abc".to_owned(), vec![1_u8, 2], Some(7_u64)).weight(), 3 + 2 + 9);
        let refused: Result<String, String> = Err("no".to_owned());
        assert_eq!(refused.weight(), 0);
        let digest = core::types::Digest { algorithm: "sha256".to_owned(), value: "00".to_owned() };
        assert_eq!(vec![digest.clone(), digest].weight(), 16);
    }
}
