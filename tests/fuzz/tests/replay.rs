//! Every target over its committed corpus: seeds, and what once broke it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chiron_fuzz::Target;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let words: BTreeSet<_> = Target::ALL.iter().map(|target| target.word().to_owned()).collect();
    assert_eq!(names(&corpus()), words);
    for word in words {
        assert!(!names(&corpus().join(&word)).is_empty(), "{word} has no seed");
    }
}

#[test]
fn no_input_of_the_corpus_breaks_its_target() {
    for target in Target::ALL {
        let folder = corpus().join(target.word());
        for name in names(&folder) {
            let bytes = fs::read(folder.join(&name)).unwrap();
            eprintln!("{} {name}", target.word());
            target.run(&bytes);
        }
    }
}

#[test]
fn cut_and_changed_seeds_break_nothing() {
    for target in Target::ALL {
        let folder = corpus().join(target.word());
        for name in names(&folder) {
            let whole = fs::read(folder.join(&name)).unwrap();
            let step = (whole.len() / 12).max(1);
            eprintln!("{} {name}", target.word());
            for place in (0..whole.len()).step_by(step) {
                target.run(&whole[..place]);
                let mut changed = whole.clone();
                changed[place] ^= 1 << (place % 8);
                target.run(&changed);
            }
        }
    }
}
