//! `blob.read`: the host writes a file's bytes into the guest's memory itself, and where they lie there is told here byte by byte.

mod hostile;

use std::sync::Arc;

use chiron_model::coverage::Inventory;
use chiron_model::digest::Digest;
use chiron_sandbox::powers::{Blob, PowerError, Tree};
use chiron_sandbox::{CallError, Source};
use hostile::{host, raw};

/// Where the tests' guests let the answer of `read` be put: a byte that says which case it is, and the case's own from 4 on.
const ANSWER: u32 = 4096;

/// What stands in memory before anything is read.
const BEFORE: u8 = b'.';

async fn run(generator: &[u8], blob: impl Blob + 'static) -> Result<Inventory, CallError> {
    let answer = host::generate_with(&host::load(generator), "", Source::File(Arc::new(blob))).await;
    // Whatever happened, the next call finds the host as it was.
    assert!(run_once(&reading(0, 1, &[(ANSWER, 0)])).await.is_ok());
    answer
}

async fn run_once(generator: &[u8]) -> Result<Inventory, CallError> {
    host::generate_with(&host::load(generator), "", Source::File(Arc::new(host::Digits))).await
}

/// A guest that reads once and traps unless each of these bytes is what it is said to be.
fn reading(offset: i64, len: u32, bytes: &[(u32, u8)]) -> Vec<u8> {
    raw::generator(&body(offset, len, bytes))
}

fn body(offset: i64, len: u32, bytes: &[(u32, u8)]) -> String {
    let expect = |(place, byte): &(u32, u8)| {
        format!("(if (i32.ne (i32.load8_u (i32.const {place})) (i32.const {byte})) (then unreachable))")
    };
    let expected: String = bytes.iter().map(expect).collect();
    // What the parameters of the call left where bytes will lie is overwritten first.
    format!(
        "(memory.fill (i32.const 65536) (i32.const {BEFORE}) (i32.const 4096))
         (call $read (local.get $handle) (i64.const {offset}) (i32.const {len}) (i32.const {ANSWER}))
         {expected} (call $drop (local.get $handle)) (i32.const 3072)"
    )
}

/// A file that is another one by the time it is read.
struct Changed;

impl Blob for Changed {
    fn size(&self) -> u64 {
        1000
    }
    fn media_type(&self) -> String {
        "text/plain".to_owned()
    }
    fn digest(&self, _: &str) -> Result<Digest, PowerError> {
        Ok(Digest::sha256_of(b""))
    }
    fn available(&self, _: u64, len: u32) -> Result<usize, PowerError> {
        Ok(len.min(1000) as usize)
    }
    fn fill(&self, _: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        buffer.fill(0xaa);
        Err(PowerError::BadInput("changed".to_owned()))
    }
    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError> {
        Err(PowerError::BadInput("not an archive".to_owned()))
    }
}

/// A file that says that more is there than was asked for.
struct Generous;

impl Blob for Generous {
    fn size(&self) -> u64 {
        u64::MAX
    }
    fn media_type(&self) -> String {
        "text/plain".to_owned()
    }
    fn digest(&self, _: &str) -> Result<Digest, PowerError> {
        Ok(Digest::sha256_of(b""))
    }
    fn available(&self, _: u64, _: u32) -> Result<usize, PowerError> {
        Ok(usize::MAX)
    }
    fn fill(&self, _: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        buffer.fill(b'x');
        Ok(())
    }
    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError> {
        Err(PowerError::BadInput("not an archive".to_owned()))
    }
}

fn beyond() -> CallError {
    CallError::InvalidOutput { reason: "realloc return: beyond end of memory".to_owned() }
}

#[tokio::test]
async fn what_was_read_lies_where_the_guest_wanted_it() {
    let ok = (ANSWER, 0);
    // A pointer to 65,536, a length of four, the bytes, and nothing after them.
    let pointer = [(ANSWER + 4, 0), (ANSWER + 5, 0), (ANSWER + 6, 1), (ANSWER + 7, 0)];
    let length = [(ANSWER + 8, 4), (ANSWER + 9, 0), (ANSWER + 10, 0), (ANSWER + 11, 0)];
    let bytes = [(65_536, b'3'), (65_537, b'4'), (65_538, b'5'), (65_539, b'6'), (65_540, BEFORE)];
    let all: Vec<_> = [ok].into_iter().chain(pointer).chain(length).chain(bytes).collect();
    run(&reading(3, 4, &all), host::Digits).await.unwrap();
}

#[tokio::test]
async fn a_guest_that_expects_something_else_traps() {
    let error = run(&reading(3, 4, &[(65_536, b'4')]), host::Digits).await.unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
}

#[tokio::test]
async fn the_end_is_an_empty_answer() {
    let empty = [(ANSWER, 0), (ANSWER + 8, 0), (ANSWER + 9, 0), (65_536, BEFORE)];
    run(&reading(10, 4, &empty), host::Digits).await.unwrap();
    run(&reading(-1, 4, &empty), host::Digits).await.unwrap();
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_is_an_answer_and_none_of_its_bytes_are_seen() {
    // `err(bad-input("changed"))`: the text is put where the bytes would have been; what it does not cover is empty.
    let text = (65_536..).zip(b"changed".iter().copied());
    let rest = (65_543..66_536).map(|place| (place, 0)).chain([(66_536, BEFORE)]);
    let expected: Vec<_> = [(ANSWER, 1), (ANSWER + 4, 1)].into_iter().chain(text).chain(rest).collect();
    run(&reading(0, 1000, &expected), Changed).await.unwrap();
}

#[tokio::test]
async fn no_more_is_written_than_was_asked_for() {
    let expected = [(ANSWER, 0), (ANSWER + 8, 5), (ANSWER + 9, 0), (65_540, b'x'), (65_541, BEFORE)];
    run(&reading(0, 5, &expected), Generous).await.unwrap();
}

/// An allocator that puts the window at `place`, and everything else where it is expected.
fn placing(place: &str) -> String {
    format!("(if (result i32) (i32.eq (local.get 3) (i32.const 9)) (then {place}) (else (i32.const 65536)))")
}

/// Two pages are 131,072 bytes: each of these places is beyond the end, or reaches beyond it.
#[tokio::test]
async fn memory_that_the_guest_does_not_have_is_not_written_to() {
    for place in [131_064, 131_072, i32::MAX, -1, -9] {
        let guest = raw::generator_allocating(&placing(&format!("(i32.const {place})")), &body(1, 9, &[]));
        let error = run(&guest, host::Digits).await.unwrap_err();
        assert_eq!(error, beyond(), "{place}");
    }
    let last = raw::generator_allocating(&placing("(i32.const 131063)"), &body(1, 9, &[(131_071, b'9')]));
    run(&last, host::Digits).await.unwrap();
}

#[tokio::test]
async fn an_allocator_that_traps_ends_the_call() {
    let guest = raw::generator_allocating(&placing("unreachable"), &body(1, 9, &[]));
    let error = run(&guest, host::Digits).await.unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
}

/// Longest window: 1 MiB, whatever is asked for. Two pages do not hold it, and the host does not try.
#[tokio::test]
async fn a_window_is_capped_before_memory_is_asked_for() {
    let error = run(&reading(0, u32::MAX, &[]), Generous).await.unwrap_err();
    assert_eq!(error, beyond());
}
