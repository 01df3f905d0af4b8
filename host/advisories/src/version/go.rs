//! Go: SemVer 2.0 (Go modules reference, "Versions"; golang.org/x/mod/semver), and the toolchain's own spelling.
//!
//! Pseudo-versions are pre-releases and `+incompatible` is build metadata: SemVer orders both as Go does.
//! `judged/go.tsv` holds it against golang.org/x/mod/semver.

use super::semver::SemVer;

/// The version's place in SemVer's order. `go1.21rc2`, as the standard library is versioned (Go toolchains, "Go versions"),
/// is `1.21.0-rc.2`, as the Go vulnerability database writes it.
pub(super) fn key(text: &str) -> Option<String> {
    let text = text.trim();
    match text.strip_prefix("go") {
        Some(release) => SemVer::parse(&toolchain(release)?).map(|version| version.key()),
        None => SemVer::parse(text)
            .map(|version| version.key())
            .or_else(|| SemVer::parse(&toolchain(text)?).map(|version| version.key())),
    }
}

/// `1.21rc2` as SemVer: numbers, filled up to three, and a pre-release of word and number.
fn toolchain(release: &str) -> Option<String> {
    let end = release.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(release.len());
    let (numbers, pre) = release.split_at(end);
    let count = numbers.split('.').count();
    let zeros = ".0".repeat(3_usize.checked_sub(count)?);
    let pre = match pre {
        "" => String::new(),
        pre => {
            let word = ["rc", "beta", "alpha"].into_iter().find(|word| pre.starts_with(word))?;
            format!("-{word}.{}", &pre[word.len()..])
        }
    };
    Some(format!("{numbers}{zeros}{pre}"))
}
