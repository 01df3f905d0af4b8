//! A behaviour of a hostile guest that no test answers fails here: first the compiler, then this test, then SECURITY.md.

#[path = "../../guests/behaviours.rs"]
mod behaviours;

use behaviours::{Adapter, Client, Generator, Judge, Policy, Scanner, Signer};

/// Every suite that tries something hostile.
const TESTS: &str = concat!(
    include_str!("backtraces.rs"),
    include_str!("foreign.rs"),
    include_str!("hostile_archives.rs"),
    include_str!("hostile_beside.rs"),
    include_str!("hostile_changed.rs"),
    include_str!("hostile_egress.rs"),
    include_str!("hostile_growing.rs"),
    include_str!("hostile_leaks.rs"),
    include_str!("hostile_loading.rs"),
    include_str!("hostile_pipeline/adapters.rs"),
    include_str!("hostile_pipeline/clients.rs"),
    include_str!("hostile_pipeline/generators.rs"),
    include_str!("hostile_pipeline/policies.rs"),
    include_str!("hostile_pipeline/scanners.rs"),
    include_str!("hostile_pipeline/schemas.rs"),
    include_str!("hostile_pipeline/signers.rs"),
    include_str!("hostile_sandbox.rs"),
    include_str!("hostile_sizes.rs"),
    include_str!("hostile_tools.rs"),
    include_str!("inspecting.rs"),
    include_str!("interrupted.rs"),
    include_str!("judges.rs"),
    include_str!("lessons.rs"),
    include_str!("limits.rs"),
    include_str!("reading.rs"),
    include_str!("stopping.rs"),
    include_str!("versions.rs"),
    // With services, and so among the tests of the whole program.
    include_str!("../../e2e/tests/witnesses.rs")
);

/// The table of SECURITY.md.
const SECURITY: &str = include_str!("../../../SECURITY.md");

const fn of_policy(behaviour: Policy) -> &'static str {
    match behaviour {
        Policy::Honest => "an_honest_policy_is_heard",
        Policy::Spin => "computing_for_ever_spends_the_cpu_budget",
        Policy::SpinAroundLog => "calling_the_host_for_ever_spends_the_budget_of_calls",
        Policy::SpinInConfigure => "computing_for_ever_in_configure_spends_the_cpu_budget",
        Policy::Recurse => "calling_itself_for_ever_is_a_crash_of_the_guest_alone",
        Policy::GrowAtOnce => "a_gigabyte_at_once_is_refused",
        Policy::GrowStepwise => "memory_little_by_little_is_refused_at_the_limit",
        Policy::LargeText => "a_text_of_many_megabytes_is_not_taken",
        Policy::ManyReasons => "a_hundred_thousand_reasons_are_not_taken",
        Policy::FloodLog => "lines_beyond_the_budget_are_dropped_and_the_work_goes_on",
        Policy::LongLine => "a_long_line_is_cut",
        Policy::ForgeLines => "a_line_is_one_line_and_inert",
        Policy::Panic => "a_panics_text_is_in_the_error",
        Policy::PanicEscapes => "a_panics_text_is_inert",
        Policy::PanicInConfigure => "a_panic_in_configure_is_a_crash",
        Policy::Escapes => "texts_of_a_verdict_reach_nobody_alive",
        Policy::UnknownComponent => "a_reason_about_a_component_that_is_not_there_is_an_invalid_answer",
        Policy::LongTexts => "texts_of_a_verdict_are_cut",
        Policy::Remember => "nothing_is_remembered_between_calls_and_addresses_tell_nothing",
        Policy::LieCancelled => "a_policy_that_says_cancelled_has_failed",
        Policy::AskCancelled => "a_guest_that_asks_hears_it_and_ends_with_its_own_answer",
        Policy::IgnoreCancelled => "a_guest_that_computes_on_is_ended_after_the_grace",
        Policy::ErrorEscapes => "an_errors_text_is_inert",
    }
}

const fn of_judge(behaviour: Judge) -> &'static str {
    match behaviour {
        Judge::Honest => "a_policy_of_0_2_sees_what_others_said_and_all_else_of_the_run",
        Judge::LiftDenial => "no_later_policy_lifts_what_an_earlier_one_denied",
        Judge::ForgeVerdict => "a_verdict_is_attributed_to_its_step_whatever_it_says",
        Judge::LongVerdict => "a_long_verdict_makes_no_later_policy_pass",
        Judge::Escapes => "texts_of_a_judges_verdict_reach_nobody_alive",
    }
}

const fn of_generator(behaviour: Generator) -> &'static str {
    match behaviour {
        Generator::Honest => "an_honest_generator_is_heard",
        Generator::OpenOutside => "no_path_leads_out_of_the_subject",
        Generator::OpenLinks => "no_symbolic_link_is_followed",
        Generator::ReadBeyond => "reading_beyond_the_end_gives_nothing",
        Generator::SpinAroundRead => "reading_for_ever_spends_a_budget",
        Generator::HoardHandles => "files_kept_open_spend_the_budget_of_handles",
        Generator::ForgeHandle => "a_handle_that_was_never_given_is_refused",
        Generator::DoubleDrop => "dropping_a_handle_twice_is_refused",
        Generator::GlobBombs => "globs_made_to_cost_are_refused_or_answered_in_time",
        Generator::BadPurl => "a_purl_that_is_none_is_dropped_and_the_component_kept",
        Generator::BadLicence => "a_licence_expression_that_is_none_becomes_text",
        Generator::BadDigest => "a_digest_that_is_no_hex_is_an_invalid_answer",
        Generator::LocationOutside => "a_place_outside_the_subject_is_an_invalid_answer",
        Generator::FileOutside => "an_account_of_a_file_outside_is_an_invalid_answer",
        Generator::DuplicateIds => "two_components_of_one_id_are_an_invalid_answer",
        Generator::DanglingRelations => "relations_to_what_is_not_there_are_dropped_and_counted",
        Generator::Escapes => "texts_of_an_inventory_reach_nobody_alive",
        Generator::NoAccount => "a_file_without_an_account_has_failed",
        Generator::ManyComponents => "tens_of_thousands_of_components_are_not_taken",
    }
}

const fn of_scanner(behaviour: Scanner) -> &'static str {
    match behaviour {
        Scanner::Honest => "an_honest_scanner_is_heard",
        Scanner::NanScore => "a_score_that_is_not_a_number_is_an_invalid_answer",
        Scanner::InfiniteScore => "a_score_beyond_all_numbers_is_an_invalid_answer",
        Scanner::UnknownComponent => "a_finding_about_nobody_is_an_invalid_answer",
        Scanner::EmptyRule => "a_finding_without_a_rule_is_an_invalid_answer",
        Scanner::ProofOutside => "a_proof_outside_the_subject_is_an_invalid_answer",
        Scanner::AliasOfSuppressed => "a_claimed_alias_carries_no_suppression_over",
        Scanner::CopySuppressed => "a_copy_of_a_suppressed_finding_is_not_suppressed",
        Scanner::RateDown => "a_rating_of_nothing_does_not_lower_what_another_scanner_said",
        Scanner::Escapes => "texts_of_findings_reach_nobody_alive",
        Scanner::ManyFindings => "tens_of_thousands_of_findings_are_not_taken",
        Scanner::Nonsense => "nonsense_asked_of_the_advisory_engine_gets_no_record",
    }
}

const fn of_client(behaviour: Client) -> &'static str {
    match behaviour {
        Client::Honest => "an_honest_client_is_heard",
        Client::UnboundLabel => "an_endpoint_that_nobody_bound_is_not_asked",
        Client::OperatorsName => "the_operators_name_of_an_endpoint_is_no_label",
        Client::EscapePath => "no_path_leaves_the_base",
        Client::ForbiddenHeaders => "no_field_with_authority_is_sent",
        Client::ForbiddenMethods => "no_method_is_sent_that_the_endpoint_does_not_allow",
        Client::RedirectAway => "a_redirect_to_an_unbound_origin_is_not_followed",
        Client::AskPrivate => "an_endpoint_at_a_private_address_is_not_connected_to",
        Client::EndlessBody => "a_body_without_end_is_not_taken",
        Client::Wait => "waiting_for_ever_ends_with_the_deadline_and_costs_no_cpu",
        Client::SpinAroundSends => "asking_for_ever_spends_a_budget",
        Client::Echo => "a_credential_that_is_sent_back_does_not_reach_the_guest",
    }
}

const fn of_signer(behaviour: Signer) -> &'static str {
    match behaviour {
        Signer::Honest => "an_honest_signer_is_heard",
        Signer::AskCancelled => "what_was_signed_while_the_run_is_stopped_is_not_written",
        Signer::UnboundLabel => "a_label_that_nobody_bound_opens_nothing",
        Signer::OperatorsName => "the_operators_name_of_a_key_is_no_label",
        Signer::ForeignSubject => "a_subject_that_is_not_of_this_run_is_not_signed",
        Signer::ForeignPredicate => "a_predicate_type_that_was_not_asked_for_is_not_signed",
        Signer::ForgePredicate => "a_predicate_of_the_guests_own_is_not_signed",
        Signer::BadPredicate => "a_predicate_that_is_no_json_is_not_signed",
        Signer::NoSubjects => "a_statement_about_nothing_is_not_signed",
        Signer::SignUnasked => "after_a_denial_no_file_is_signed_whatever_the_guest_asks",
        Signer::SwapSubjects => "a_signature_under_another_files_name_is_refused",
        Signer::Nothing => "a_signer_that_signs_nothing_is_refused",
        Signer::Garbage => "bytes_that_are_no_bundle_are_refused",
        Signer::Replay => "a_signature_by_another_key_is_refused",
        Signer::NameOutside => "a_name_outside_the_folder_is_refused",
        Signer::NameTaken => "a_name_that_others_read_is_refused",
        Signer::Twice => "answers_beyond_what_was_asked_are_refused",
        Signer::LeaveOut => "a_signer_cannot_leave_out_a_witness_that_was_asked_for",
        Signer::HoardKeys => "keys_kept_open_spend_the_budget_of_handles",
        Signer::Escapes => "texts_of_a_signer_reach_nobody_alive",
    }
}

const fn of_adapter(behaviour: Adapter) -> &'static str {
    match behaviour {
        Adapter::Honest => "an_honest_adapter_is_heard",
        Adapter::UnboundLabel => "a_program_that_nobody_bound_does_not_run",
        Adapter::OperatorsName => "the_operators_name_of_a_program_is_no_label",
        Adapter::UnknownProfile => "a_command_line_that_the_operator_did_not_write_is_refused",
        Adapter::InjectArguments => "a_value_becomes_no_option_and_no_second_argument",
        Adapter::ForkAndLinger => "a_process_in_the_background_ends_with_its_program",
        Adapter::LookAround => "a_program_sees_no_file_no_network_and_no_environment",
        Adapter::FloodOutput => "a_program_that_writes_for_ever_is_ended",
        Adapter::SleepBeyondDeadline => "a_sleeping_program_ends_with_the_deadline_and_leaves_nothing",
        Adapter::HoardExecutions => "executions_that_are_kept_spend_the_budget_of_handles",
        Adapter::KeepOutput => "what_a_program_wrote_outlives_its_execution_and_not_the_call",
    }
}

#[test]
fn every_behaviour_has_its_test_and_its_row() {
    let policy = Policy::ALL.iter().map(|&behaviour| ("policy", behaviour.word(), of_policy(behaviour)));
    let generator = Generator::ALL.iter().map(|&behaviour| ("generator", behaviour.word(), of_generator(behaviour)));
    let judge = Judge::ALL.iter().map(|&behaviour| ("judge", behaviour.word(), of_judge(behaviour)));
    let scanner = Scanner::ALL.iter().map(|&behaviour| ("scanner", behaviour.word(), of_scanner(behaviour)));
    let client = Client::ALL.iter().map(|&behaviour| ("client", behaviour.word(), of_client(behaviour)));
    let signer = Signer::ALL.iter().map(|&behaviour| ("signer", behaviour.word(), of_signer(behaviour)));
    let adapter = Adapter::ALL.iter().map(|&behaviour| ("adapter", behaviour.word(), of_adapter(behaviour)));
    for (kind, word, test) in
        policy.chain(judge).chain(generator).chain(scanner).chain(client).chain(signer).chain(adapter)
    {
        assert!(TESTS.contains(&format!("fn {test}()")), "{kind} {word}: there is no test {test}");
        let cell = format!("| {kind}: `{word}` |");
        let row = SECURITY.lines().find(|line| line.starts_with(&cell));
        let row = row.unwrap_or_else(|| panic!("SECURITY.md has no row {cell}"));
        assert!(row.contains(&format!("`{test}`")), "SECURITY.md names another test: {row}");
    }
}

#[test]
fn every_test_that_security_md_names_exists() {
    let rows = SECURITY.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |"));
    for row in rows {
        let name = row.trim_end_matches("` |").rsplit('`').next().unwrap();
        // Rows about other suites name files.
        assert!(name.contains('/') || TESTS.contains(&format!("fn {name}()")), "{name}");
    }
}
