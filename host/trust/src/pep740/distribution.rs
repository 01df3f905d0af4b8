//! Which distribution a file name means: two names may be written differently and mean the same (PyPA specifications "Binary
//! distribution format" and "Source distribution format").

use std::collections::BTreeSet;

use pep440_rs::Version;

/// What a file name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Normalised (PEP 503).
    project: String,
    version: Version,
    built: Option<Wheel>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wheel {
    build: Option<(u64, String)>,
    /// Compressed sets of tags stand for every combination.
    tags: BTreeSet<String>,
}

/// A name that no distribution has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name of a wheel or source distribution: {reason}")]
pub struct DistributionError {
    /// As given.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Distribution {
    /// Reads a file name.
    ///
    /// # Errors
    /// When it is neither that of a wheel nor that of a source distribution.
    pub fn parse(name: &str) -> Result<Self, DistributionError> {
        let wrong = |reason| DistributionError { name: name.to_owned(), reason };
        if name.contains('/') {
            return Err(wrong("it holds a slash"));
        }
        if let Some(stem) = name.strip_suffix(".whl") {
            return wheel(stem).map_err(wrong);
        }
        let stem = name.strip_suffix(".tar.gz").or_else(|| name.strip_suffix(".zip"));
        let stem = stem.ok_or_else(|| wrong("it ends neither in .whl nor in .tar.gz"))?;
        let (project, version) = stem.rsplit_once('-').ok_or_else(|| wrong("it has no version"))?;
        Ok(Self {
            project: normalised(project).ok_or_else(|| wrong("its project is none"))?,
            version: version.parse().map_err(|_| wrong("its version is none"))?,
            built: None,
        })
    }
}

fn wheel(stem: &str) -> Result<Distribution, &'static str> {
    let parts: Vec<_> = stem.split('-').collect();
    let (project, version, build, [python, abi, platform]) = match parts[..] {
        [project, version, python, abi, platform] => (project, version, None, [python, abi, platform]),
        [project, version, build, python, abi, platform] => (project, version, Some(build), [python, abi, platform]),
        _ => return Err("a wheel has five or six parts"),
    };
    // The specification has the project escaped; names with `.` or doubled `_` are refused by readers.
    if project.contains("__") {
        return Err("its project is none");
    }
    let build = match build {
        None => None,
        Some(text) => {
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let number = text[..digits].parse().map_err(|_| "its build number is none")?;
            Some((number, text[digits..].to_owned()))
        }
    };
    let mut tags = BTreeSet::new();
    for one in python.split('.') {
        for two in abi.split('.') {
            for three in platform.split('.') {
                if one.is_empty() || two.is_empty() || three.is_empty() {
                    return Err("one of its tags is empty");
                }
                tags.insert(format!("{one}-{two}-{three}").to_lowercase());
            }
        }
    }
    Ok(Distribution {
        project: normalised(project).ok_or("its project is none")?,
        version: version.parse().map_err(|_| "its version is none")?,
        built: Some(Wheel { build, tags }),
    })
}

/// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
fn normalised(project: &str) -> Option<String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !project.chars().all(inner) || !ends(project.chars().next()) || !ends(project.chars().last()) {
        return None;
    }
    let mut text = String::new();
    for c in project.chars() {
        match c {
            '-' | '_' | '.' if text.ends_with('-') => {}
            '-' | '_' | '.' => text.push('-'),
            c => text.push(c.to_ascii_lowercase()),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_the_same_are_the_same() {
        let same = |a: &str, b: &str| Distribution::parse(a).unwrap() == Distribution::parse(b).unwrap();
        assert!(same("Demo.Pkg-1.0-py3-none-any.whl", "demo_pkg-1.0.0-py3-none-any.whl"));
        assert!(same("a-1-cp310-cp310-x.y.whl", "a-1-cp310-cp310-y.x.whl"));
        assert!(same("demo_pkg-1.0.tar.gz", "demo-pkg-1.0.tar.gz"));
        for (a, b) in [
            ("a-1-py3-none-any.whl", "b-1-py3-none-any.whl"),
            ("a-1-py3-none-any.whl", "a-2-py3-none-any.whl"),
            ("a-1-py3-none-any.whl", "a-1-py2-none-any.whl"),
            ("a-1-py3-none-any.whl", "a-1-1-py3-none-any.whl"),
            ("a-1-py3-none-any.whl", "a-1.tar.gz"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "",
            "a",
            "a.whl",
            "a-1.whl",
            "a-1-py3-none.whl",
            "a-x-py3-none-any.whl",
            "a-1.exe",
            "a.tar.gz",
            "x/a-1.tar.gz",
            "-1.tar.gz",
            "a-1-b-py3-none-any.whl",
            "a__b-1-py3-none-any.whl",
        ] {
            assert!(Distribution::parse(name).is_err(), "{name}");
        }
    }
}
