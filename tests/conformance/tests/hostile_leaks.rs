//! What hostile guests leave behind: nothing. Alone in its process, because it counts the process's memory and descriptors.
#![cfg(target_os = "linux")]

mod hostile;

use std::sync::Arc;

use chiron_sandbox::Source;
use hostile::host;

#[tokio::test]
async fn memory_and_descriptors_come_back() {
    round(20).await;
    // Guest memory is 32 MiB and an answer 2 MiB: what is refused never reaches the host whole.
    assert!(kib("VmHWM:") < kib("VmRSS:") + 128 * 1024, "peak {} KiB", kib("VmHWM:"));
    let before = (resident_kib(), descriptors());
    round(200).await;
    let after = (resident_kib(), descriptors());
    assert_eq!(before.1, after.1, "descriptors");
    assert!(after.0 < before.0 + 32 * 1024, "resident: {} KiB before, {} KiB after", before.0, after.0);
}

/// Every way to end badly that is quick.
async fn round(times: usize) {
    let (policy, generator) = (host::guest("policy"), host::guest("generator"));
    let limits = chiron_sandbox::Limits { cpu_ms: 20, ..host::small() };
    for turn in 0..times {
        let words = ["panic", "recurse", "grow-at-once", "grow-stepwise", "large-text", "flood-log", "spin"];
        let answer = host::evaluate(&policy, words[turn % words.len()], &limits, &Arc::default()).await;
        assert_eq!(answer.is_ok(), turn % words.len() == 5, "{turn}: {answer:?}");
        let source = Source::Directory(Arc::new(host::Folder));
        assert!(host::generate_with(&generator, "hoard-handles", source).await.is_err());
    }
}

fn resident_kib() -> u64 {
    kib("VmRSS:")
}

fn kib(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
