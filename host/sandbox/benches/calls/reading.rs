//! 100 MiB through a blob's handle, beside a native loop over the same file in the same run.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use chiron_archive::Limits;
use chiron_model::digest::Digest;
use chiron_sandbox::powers::{Blob, PowerError, Tree};
use chiron_sandbox::{Engine, Source};
use criterion::{Criterion, Throughput};

use crate::{Guest, runtime};

const FILE_BYTES: usize = 100 * 1024 * 1024;
const WINDOW: usize = 64 * 1024;

/// The archive crate's blob, as a run hands it out.
struct Content(chiron_archive::Blob);

impl Blob for Content {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn media_type(&self) -> String {
        self.0.media_type().to_owned()
    }

    fn digest(&self, algorithm: &str) -> Result<Digest, PowerError> {
        self.0.digest(algorithm).map_err(|error| PowerError::BadInput(error.to_string()))
    }

    fn available(&self, offset: u64, len: u32) -> Result<usize, PowerError> {
        self.0.available(offset, len).map_err(|error| PowerError::BadInput(error.to_string()))
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        self.0.fill(offset, buffer).map_err(|error| PowerError::BadInput(error.to_string()))
    }

    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError> {
        Err(PowerError::BadInput("no archive".to_owned()))
    }
}

fn native(path: &Path) -> u64 {
    let mut file = std::fs::File::open(path).unwrap();
    let mut window = vec![0; WINDOW];
    let mut marks = 0;
    loop {
        match file.read(&mut window).unwrap() {
            0 => return marks,
            length => marks += window[..length].iter().step_by(4096).map(|byte| u64::from(*byte)).sum::<u64>(),
        }
    }
}

pub(crate) fn reading(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let bytes: Vec<u8> = (0..FILE_BYTES).map(|place| (place / 4096) as u8).collect();
    std::fs::write(&path, bytes).unwrap();
    let (runtime, engine) = (runtime(), Engine::new().unwrap());
    let reader = Guest::load(&engine, "reader");
    let mut group = criterion.benchmark_group("100 MiB");
    group.sample_size(20).throughput(Throughput::Bytes(FILE_BYTES as u64));
    group.bench_function("a native loop, 64 KiB windows", |b| b.iter(|| native(&path)));
    group.bench_function("a guest, 64 KiB windows", |b| {
        b.iter(|| {
            let blob = Arc::new(Content(chiron_archive::Blob::open(&path, &Limits::default()).unwrap()));
            let read = runtime.block_on(reader.read(Source::File(blob), r#"{"window":65536}"#));
            assert_eq!(read, FILE_BYTES as u64);
        });
    });
    group.finish();
}
