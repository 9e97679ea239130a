//! Every committed input, every past finding, and a short run of changed ones: ordinary tests, without a fuzzer.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mandovi_fuzz::TARGETS;
use mandovi_fuzz::mutate::{Rng, mutant};

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind)
}

/// The files of a folder, in the order of their names; none where there is no folder.
fn inputs(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Says which input it was before it lets the panic go on.
fn run_named(run: fn(&[u8]), name: &str, data: &[u8]) {
    if let Err(panic) = std::panic::catch_unwind(|| run(data)) {
        eprintln!("the input was {name}: {}", data.escape_ascii());
        std::panic::resume_unwind(panic);
    }
}

/// `mutants` executions of changed inputs follow those of the files.
fn replay(target: &str, mutants: usize) {
    let run = TARGETS.iter().find(|known| known.name == target).unwrap().run;
    let mut corpus = inputs(&folder("corpus").join(target));
    assert!(!corpus.is_empty(), "fuzz/corpus/{target} is empty: nothing would be tested");
    corpus.extend(inputs(&folder("regressions").join(target)));
    for (path, data) in &corpus {
        run_named(run, &path.display().to_string(), data);
    }
    let corpus: Vec<Vec<u8>> = corpus.into_iter().map(|(_, data)| data).collect();
    let mut rng = Rng::new(0x9e37_79b9_7f4a_7c15);
    for at in 0..mutants {
        run_named(run, &format!("mutant {at}"), &mutant(&corpus, &mut rng));
    }
}

/// One test for each target, and one that none was forgotten.
macro_rules! replays {
    ($($target:ident: $mutants:literal,)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), $mutants);
            }
        )*

        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

replays! {
    assembler: 30_000,
    deflate: 100,
    differential: 30_000,
    extensions: 5_000,
    frames: 30_000,
    inflate: 2_000,
    request: 5_000,
    response: 10_000,
    session: 1_000,
    utf8: 30_000,
}

#[test]
fn every_target_has_its_test_its_program_and_its_corpus() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let names = |folder: &Path| -> BTreeSet<_> {
        inputs_or_folders(folder)
            .into_iter()
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(REPLAYED.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), targets);
    assert_eq!(names(&folder("fuzz_targets")), targets);
    assert_eq!(names(&folder("corpus")), targets);
    assert!(names(&folder("regressions")).is_subset(&targets));
}

fn inputs_or_folders(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}
