//! What the sandbox answers to a guest that misbehaves while it runs: one test for each behaviour.

mod hostile;

use std::sync::Arc;

use chiron_model::text::inert;
use chiron_sandbox::powers::Powers;
use chiron_sandbox::{Call, CallError, Grants, Limits, Source};
use hostile::behaviours::{Generator, Policy, Scanner, Signer};
use hostile::{host, raw};

fn trapped(answer: Result<impl std::fmt::Debug, CallError>) -> String {
    match answer {
        Err(CallError::Trapped { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

fn invalid(answer: Result<impl std::fmt::Debug, CallError>) -> String {
    match answer {
        Err(CallError::InvalidOutput { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

const CPU: CallError = CallError::Cpu { limit_ms: 150 };
const TOO_LARGE: CallError = CallError::OutputTooLarge { limit: 2 << 20 };

#[tokio::test]
async fn an_honest_policy_is_heard() {
    assert_eq!(host::policy(Policy::Honest).await.unwrap().summary, "nothing speaks against it");
}

#[tokio::test]
async fn computing_for_ever_spends_the_cpu_budget() {
    assert_eq!(host::policy(Policy::Spin).await.unwrap_err(), CPU);
}

#[tokio::test]
async fn computing_for_ever_in_configure_spends_the_cpu_budget() {
    assert_eq!(host::policy(Policy::SpinInConfigure).await.unwrap_err(), CPU);
}

#[tokio::test]
async fn computing_for_ever_ends_with_the_deadline_where_the_cpu_budget_is_larger() {
    let limits = Limits { cpu_ms: 60_000, deadline_ms: 200, ..host::small() };
    let answer = host::evaluate(&host::guest("policy"), "spin", &limits, &Arc::default()).await;
    assert_eq!(answer.unwrap_err(), CallError::Deadline { limit_ms: 200 });
}

#[tokio::test]
async fn calling_the_host_for_ever_spends_the_budget_of_calls() {
    let limits = Limits { cpu_ms: 10_000, ..host::small() };
    let answer = host::evaluate(&host::guest("policy"), "spin-around-log", &limits, &Arc::default()).await;
    assert_eq!(answer.unwrap_err(), CallError::HostCalls { limit: 20_000 });
}

#[tokio::test]
async fn calling_itself_for_ever_is_a_crash_of_the_guest_alone() {
    assert!(!trapped(host::policy(Policy::Recurse).await).is_empty());
}

#[tokio::test]
async fn a_gigabyte_at_once_is_refused() {
    let error = host::policy(Policy::GrowAtOnce).await.unwrap_err();
    assert!(matches!(error, CallError::Memory { wanted, limit } if wanted > 1 << 30 && limit == 32 << 20), "{error:?}");
}

#[tokio::test]
async fn memory_little_by_little_is_refused_at_the_limit() {
    // Pages are cleared while the guest computes, which takes its time on a machine that has no memory to spare.
    let limits = Limits { cpu_ms: 10_000, ..host::small() };
    let answer = host::evaluate(&host::guest("policy"), Policy::GrowStepwise.word(), &limits, &Arc::default()).await;
    let error = answer.unwrap_err();
    assert!(
        matches!(error, CallError::Memory { wanted, limit } if wanted < 40 << 20 && limit == 32 << 20),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_text_of_many_megabytes_is_not_taken() {
    assert_eq!(host::policy(Policy::LargeText).await.unwrap_err(), TOO_LARGE);
}

#[tokio::test]
async fn a_hundred_thousand_reasons_are_not_taken() {
    // Making them takes a busy machine longer than the small budget.
    let limits = Limits { cpu_ms: 10_000, ..host::small() };
    let answer = host::evaluate(&host::guest("policy"), Policy::ManyReasons.word(), &limits, &Arc::default()).await;
    assert_eq!(answer.unwrap_err(), TOO_LARGE);
}

#[tokio::test]
async fn lines_beyond_the_budget_are_dropped_and_the_work_goes_on() {
    let (answer, lines) = host::policy_lines(Policy::FloodLog).await;
    assert!(answer.is_ok());
    assert_eq!((lines.len(), lines[9].as_str()), (11, "line 9"));
    assert_eq!(lines[10], "4990 lines were dropped: one call may write 10 (limits.log_lines)");
}

#[tokio::test]
async fn a_long_line_is_cut() {
    let (answer, lines) = host::policy_lines(Policy::LongLine).await;
    assert!(answer.is_ok());
    assert!(lines[0].len() <= 200, "{}", lines[0].len());
    assert_eq!(lines[1], "1 line was cut: the most bytes of one are 200 (limits.log_line)");
}

#[tokio::test]
async fn a_line_is_one_line_and_inert() {
    let (answer, lines) = host::policy_lines(Policy::ForgeLines).await;
    assert!(answer.is_ok());
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].contains('\n') && inert(&lines[0]) == lines[0], "{lines:?}");
}

#[tokio::test]
async fn a_panics_text_is_in_the_error() {
    assert_eq!(trapped(host::policy(Policy::Panic).await), "panicked: the policy's own words");
}

#[tokio::test]
async fn a_panics_text_is_inert() {
    let message = trapped(host::policy(Policy::PanicEscapes).await);
    assert!(message.starts_with("panicked: ") && !message.contains('\n') && inert(&message) == message, "{message:?}");
}

#[tokio::test]
async fn a_panic_in_configure_is_a_crash() {
    assert_eq!(trapped(host::policy(Policy::PanicInConfigure).await), "panicked: configured to panic");
}

#[tokio::test]
async fn nothing_is_remembered_between_calls_and_addresses_tell_nothing() {
    let first = host::policy(Policy::Remember).await.unwrap();
    let second = host::policy(Policy::Remember).await.unwrap();
    assert!(first.summary.starts_with("call 1, "), "{}", first.summary);
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_lie_about_cancellation_is_a_failed_call() {
    assert_eq!(host::policy(Policy::LieCancelled).await.unwrap_err(), CallError::Cancelled);
}

#[tokio::test]
async fn an_errors_text_is_inert() {
    let error = host::policy(Policy::ErrorEscapes).await.unwrap_err();
    let CallError::Reported { code: "unavailable", message } = error else { panic!("{error:?}") };
    assert_eq!(inert(&message), message);
}

#[tokio::test]
async fn a_granted_power_that_the_call_does_not_have_is_denied() {
    let (plugin, powers, limits) = (host::guest("policy"), Powers::none(), host::small());
    let grants = Grants::none();
    let config = r#"{"behaviour":"flood-log"}"#;
    let call = Call { grants: &grants, limits: &limits, powers: &powers, config, step: "step", now: host::NOW };
    let error = plugin.evaluate(&call, &host::NOTHING).await.unwrap_err();
    assert!(matches!(error, CallError::Denied { .. }), "{error:?}");
}

#[tokio::test]
async fn reading_beyond_the_end_gives_nothing() {
    let inventory = host::generator_of_file(Generator::ReadBeyond).await.unwrap();
    assert_eq!(inventory.components[0].name, "[0, 0, 0, 0, 0, 1] of 10: 0123456789");
}

#[tokio::test]
async fn reading_for_ever_spends_a_budget() {
    let error = host::generator_of_file(Generator::SpinAroundRead).await.unwrap_err();
    assert!(error == CPU || error == CallError::HostCalls { limit: 20_000 }, "{error:?}");
}

#[tokio::test]
async fn files_kept_open_spend_the_budget_of_handles() {
    let error = host::generator_of_folder(Generator::HoardHandles).await.unwrap_err();
    assert_eq!(error, CallError::Handles { limit: 64 });
}

#[tokio::test]
async fn a_handle_that_was_never_given_is_refused() {
    let reason = trapped_or_invalid(host::generator_of_file(Generator::ForgeHandle).await);
    assert!(reason.contains("handle"), "{reason}");
}

#[tokio::test]
async fn dropping_a_handle_twice_is_refused() {
    let (plugin, lines) = (host::guest("generator"), Arc::default());
    let (grants, limits, powers) = (host::grants(&plugin), host::small(), host::powers(&lines));
    let config = host::config(Generator::DoubleDrop.word());
    let call =
        Call { grants: &grants, limits: &limits, powers: &powers, config: &config, step: "step", now: host::NOW };
    let source = Source::File(Arc::new(host::Digits));
    let reason = trapped_or_invalid(plugin.generate(&call, &host::subject("a.txt"), source).await);
    assert!(reason.contains("unknown handle index 1"), "{reason}");
    assert_eq!(*lines.0.lock().unwrap(), ["dropped once"]);
}

/// The same of a handle that is the guest's own: a file that it opened.
#[tokio::test]
async fn dropping_an_opened_file_twice_is_refused() {
    let dropping = |times: usize| {
        let drops = "(call $drop (i32.load (i32.const 4100)))".repeat(times);
        raw::generator_of_tree(&format!(
            r#"(call $open (local.get $handle) (i32.const 512) (i32.const 5) (i32.const 4096))
               (if (i32.load8_u (i32.const 4096)) (then unreachable))
               {drops} (call $drop-tree (local.get $handle)) (i32.const 3072)"#
        ))
    };
    let generate = async |guest: Vec<u8>| {
        let folder = Source::Directory(Arc::new(host::Folder));
        host::generate_with(&host::load(&guest), "", folder).await
    };
    // Once is what an honest guest does: it is the second time that is refused.
    generate(dropping(1)).await.unwrap();
    let reason = trapped_or_invalid(generate(dropping(2)).await);
    assert!(reason.contains("unknown handle index"), "{reason}");
}

#[tokio::test]
async fn keeping_a_borrowed_handle_beyond_its_call_is_refused() {
    let keeper = host::load(&raw::generator("(drop (call $size (local.get $handle))) (i32.const 3072)"));
    let answer = host::generate_with(&keeper, "", Source::File(Arc::new(host::Digits))).await;
    let reason = trapped_or_invalid(answer);
    assert!(reason.contains("borrow"), "{reason}");
}

fn trapped_or_invalid(answer: Result<impl std::fmt::Debug, CallError>) -> String {
    match answer {
        Err(CallError::Trapped { message: reason, .. } | CallError::InvalidOutput { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_digest_that_is_no_hex_is_an_invalid_answer() {
    let reason = invalid(host::generator_of_file(Generator::BadDigest).await);
    assert!(reason.contains("not hex") && inert(&reason) == reason, "{reason:?}");
}

#[tokio::test]
async fn a_purl_that_is_none_is_dropped_and_the_component_kept() {
    let inventory = host::generator_of_file(Generator::BadPurl).await.unwrap();
    assert_eq!((inventory.components[0].name.as_str(), &inventory.components[0].purl), ("part", &None));
}

#[tokio::test]
async fn tens_of_thousands_of_components_are_not_taken() {
    assert_eq!(host::generator_of_file(Generator::ManyComponents).await.unwrap_err(), TOO_LARGE);
}

#[tokio::test]
async fn a_score_that_is_not_a_number_is_an_invalid_answer() {
    let reason = invalid(host::scanner(Scanner::NanScore).await);
    assert!(reason.contains("not a finite number") && inert(&reason) == reason, "{reason:?}");
}

#[tokio::test]
async fn a_score_beyond_all_numbers_is_an_invalid_answer() {
    assert!(invalid(host::scanner(Scanner::InfiniteScore).await).contains("not a finite number"));
}

#[tokio::test]
async fn tens_of_thousands_of_findings_are_not_taken() {
    assert_eq!(host::scanner(Scanner::ManyFindings).await.unwrap_err(), TOO_LARGE);
}

#[tokio::test]
async fn a_label_that_nobody_bound_opens_nothing() {
    let (answer, lines) = host::signer(Signer::UnboundLabel).await;
    assert!(answer.is_ok());
    assert!(lines[0].starts_with("refused unbound") && lines[0].contains("is not bound"), "{lines:?}");
}

#[tokio::test]
async fn the_operators_name_of_a_key_is_no_label() {
    let (answer, lines) = host::signer(Signer::OperatorsName).await;
    assert!(answer.is_ok());
    assert!(lines[0].starts_with("refused name") && lines[0].contains("is not bound"), "{lines:?}");
}

#[tokio::test]
async fn keys_kept_open_spend_the_budget_of_handles() {
    let (answer, _) = host::signer(Signer::HoardKeys).await;
    assert_eq!(answer.unwrap_err(), CallError::Handles { limit: 64 });
}

// What no SDK guest can say: answers written by hand into memory.

async fn raw_policy(guest: raw::Policy) -> Result<chiron_model::verdict::PolicyVerdict, CallError> {
    let plugin = host::load(&guest.component());
    host::evaluate(&plugin, "", &host::small(), &Arc::default()).await
}

#[tokio::test]
async fn a_hand_made_policy_is_heard() {
    assert_eq!(raw_policy(raw::Policy::default()).await.unwrap().summary, "");
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_an_invalid_answer() {
    let more = r#"(data (i32.const 3080) "\00\10\00\00\04\00\00\00") (data (i32.const 4096) "\ff\fe\fd\fc")"#;
    let reason = invalid(raw_policy(raw::Policy { more, ..Default::default() }).await);
    assert!(reason.contains("utf-8"), "{reason}");
}

#[tokio::test]
async fn a_text_outside_memory_is_an_invalid_answer() {
    let more = r#"(data (i32.const 3080) "\00\00\00\f0\ff\ff\ff\0f")"#;
    let answer = raw_policy(raw::Policy { more, ..Default::default() }).await;
    assert!(matches!(answer, Err(CallError::InvalidOutput { .. })), "{answer:?}");
}

#[tokio::test]
async fn an_answer_outside_memory_is_an_invalid_answer() {
    let answer = raw_policy(raw::Policy { evaluate: "(i32.const -4)", ..Default::default() }).await;
    assert!(matches!(answer, Err(CallError::InvalidOutput { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_decision_that_does_not_exist_is_an_invalid_answer() {
    let more = r#"(data (i32.const 3076) "\09")"#;
    let reason = invalid(raw_policy(raw::Policy { more, ..Default::default() }).await);
    assert!(reason.contains("discriminant"), "{reason}");
}

/// 1,200 reasons of 48 bytes, each of which names the same 60,000 bytes as its rule: 72 MB on the host.
#[tokio::test]
async fn the_same_bytes_named_thousands_of_times_are_counted_each_time() {
    let more = r#"
        (memory $unused 0)
        (func $fill (local $i i32)
          (i32.store (i32.const 3088) (i32.const 8192))
          (i32.store (i32.const 3092) (i32.const 1200))
          (loop $next
            (i32.store (i32.add (i32.const 8200) (i32.mul (local.get $i) (i32.const 48))) (i32.const 66000))
            (i32.store (i32.add (i32.const 8204) (i32.mul (local.get $i) (i32.const 48))) (i32.const 60000))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const 1200)))))"#;
    let more = more.replace("(memory $unused 0)", "");
    let guest = raw::Policy {
        more: Box::leak(more.into_boxed_str()),
        evaluate: "(call $fill) (i32.const 3072)",
        ..Default::default()
    };
    assert_eq!(raw_policy(guest).await.unwrap_err(), TOO_LARGE);
}

#[tokio::test]
async fn a_list_with_a_length_of_billions_is_an_invalid_answer() {
    let more = r#"(data (i32.const 3088) "\00\10\00\00\ff\ff\ff\7f")"#;
    let error = raw_policy(raw::Policy { more, ..Default::default() }).await.unwrap_err();
    assert!(matches!(error, CallError::InvalidOutput { .. } | CallError::OutputTooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn growing_a_table_is_refused_at_the_limit() {
    let guest = raw::Policy {
        more: "(table $t 1 funcref)",
        evaluate: "(if (i32.eq (table.grow $t (ref.null func) (i32.const 1000000)) (i32.const -1)) (then unreachable)) (i32.const 3072)",
        ..Default::default()
    };
    let error = raw_policy(guest).await.unwrap_err();
    assert!(matches!(error, CallError::Table { wanted, limit: 10_000 } if wanted > 1_000_000), "{error:?}");
}

#[tokio::test]
async fn a_table_that_is_too_large_from_the_start_is_refused() {
    let error = raw_policy(raw::Policy { more: "(table 2000000 funcref)", ..Default::default() }).await.unwrap_err();
    assert!(matches!(error, CallError::Table { limit: 10_000, .. }), "{error:?}");
}

#[tokio::test]
async fn names_of_functions_are_inert_in_a_backtrace() {
    let more = r#"(func $"\1b]0;owned\07\0a::error::forged" unreachable)"#;
    let evaluate = r#"(call $"\1b]0;owned\07\0a::error::forged") (i32.const 3072)"#;
    let error = raw_policy(raw::Policy { more, evaluate, ..Default::default() }).await.unwrap_err();
    let CallError::Trapped { backtrace, .. } = error else { panic!("{error:?}") };
    assert!(backtrace[0].contains("owned"), "{backtrace:?}");
    assert!(backtrace.iter().all(|name| inert(name) == *name && !name.contains('\n')), "{backtrace:?}");
}

/// Wants more than there is, in vain, and goes on with `then`.
async fn generate_after_a_refusal(then: &str) -> CallError {
    let body = format!("(drop (memory.grow (i32.const 60000))) {then} unreachable");
    let generator = host::load(&raw::generator(&body));
    let source = Source::File(Arc::new(host::Digits));
    host::generate_with(&generator, "", source).await.unwrap_err()
}

#[tokio::test]
async fn a_trap_right_after_refused_memory_is_for_want_of_memory() {
    let error = generate_after_a_refusal("").await;
    assert!(matches!(error, CallError::Memory { limit, .. } if limit == 32 << 20), "{error:?}");
}

#[tokio::test]
async fn a_trap_of_a_guest_that_survived_refused_memory_is_its_own() {
    let error = generate_after_a_refusal("(drop (call $size (local.get $handle)))").await;
    assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
}

#[tokio::test]
async fn names_of_rust_functions_are_readable_in_a_backtrace() {
    let more = r#"(func $"_ZN5guest4deep17h0123456789abcdefE" unreachable)"#;
    let evaluate = r#"(call $"_ZN5guest4deep17h0123456789abcdefE") (i32.const 3072)"#;
    let error = raw_policy(raw::Policy { more, evaluate, ..Default::default() }).await.unwrap_err();
    let CallError::Trapped { backtrace, .. } = error else { panic!("{error:?}") };
    assert_eq!(backtrace[0], "guest::deep");
}

#[tokio::test]
async fn a_trap_in_describe_is_a_failed_description() {
    let plugin = host::load(&raw::Policy { describe: "unreachable", ..Default::default() }.component());
    assert!(matches!(plugin.describe().await, Err(CallError::Trapped { .. })));
}

#[tokio::test]
async fn describe_ends_with_its_own_budget() {
    let plugin = host::load(&raw::Policy { describe: "(loop (br 0)) unreachable", ..Default::default() }.component());
    assert_eq!(plugin.describe().await.unwrap_err(), CallError::Cpu { limit_ms: 2_000 });
}

#[tokio::test]
async fn a_trap_in_configure_is_a_failed_call() {
    let answer = raw_policy(raw::Policy { configure: "unreachable", ..Default::default() }).await;
    assert!(matches!(answer, Err(CallError::Trapped { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_hundred_crashes_side_by_side_do_not_touch_the_honest_call_beside_them() {
    let plugin = host::guest("policy");
    let words = ["spin", "panic", "recurse", "grow-at-once", "honest"];
    let calls = (0..100).map(|n| {
        let plugin = plugin.clone();
        tokio::spawn(
            async move { (n % 5, host::evaluate(&plugin, words[n % 5], &host::small(), &Arc::default()).await) },
        )
    });
    for call in calls.collect::<Vec<_>>() {
        let (which, answer) = call.await.unwrap();
        assert_eq!(answer.is_ok(), which == 4, "{which}: {answer:?}");
    }
}
