//! What an update must not take away without being told to.

use chiron_advisories::Database;
use chiron_model::ecosystem::Ecosystem;
use chiron_pipeline::update::{Loss, UpdateError};

use crate::server::Server;
use crate::work::{Work, export, record};

#[tokio::test]
async fn records_that_somebody_imported_are_not_replaced_by_exports_without_them() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1", "X-2"]));
    let mut work = Work::new(&[&server.base]);
    work.imported(&[record("npm", "ACME-1"), record("npm", "X-1")]);
    let refused = work.run().await;
    assert!(matches!(&refused, Err(UpdateError::Lost { count: 1, ids }) if ids == &["ACME-1"]), "{refused:?}");
    assert_eq!(work.ids(), ["ACME-1", "X-1"]);
    work.update.loss = Loss::Allowed;
    let updated = work.run().await.unwrap();
    assert_eq!((updated.added, updated.removed), (1, 1));
    assert_eq!(work.ids(), ["X-1", "X-2"]);
}

#[tokio::test]
async fn an_import_of_the_same_records_is_replaced_without_a_word() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1", "X-2"]));
    let work = Work::new(&[&server.base]);
    work.imported(&[record("npm", "X-1")]);
    assert_eq!(work.run().await.unwrap().added, 1);
}

#[tokio::test]
async fn an_export_that_was_cut_down_is_refused() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1", "X-2", "X-3", "X-4"]));
    let mut work = Work::new(&[&server.base]);
    let _ = work.run().await.unwrap();
    server.export("npm", "v2", export("npm", &["X-1"]));
    let refused = work.run().await;
    assert!(matches!(refused, Err(UpdateError::Shrunk { ecosystem: Ecosystem::Npm, old: 4, new: 1 })), "{refused:?}");
    assert_eq!(work.ids().len(), 4);
    // Half of it may go.
    server.export("npm", "v3", export("npm", &["X-1", "X-2"]));
    assert_eq!(work.run().await.unwrap().removed, 2);
    server.export("npm", "v4", export("npm", &["X-9"]));
    work.update.loss = Loss::Allowed;
    let _ = work.run().await.unwrap();
    server.export("npm", "v5", export("npm", &["X-1"]));
    assert_eq!(work.run().await.unwrap().removed, 1);
}

#[tokio::test]
async fn an_ecosystem_that_was_imported_is_not_forgotten() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1"]));
    let mut work = Work::new(&[&server.base]);
    work.imported(&[record("PyPI", "X-2")]);
    for refused in [work.update.plan().map(drop), work.run().await.map(drop)] {
        assert!(
            matches!(&refused, Err(UpdateError::WouldLose { ecosystems }) if ecosystems == &[Ecosystem::PyPi]),
            "{refused:?}"
        );
    }
    assert!(server.seen().is_empty());
    work.update.ecosystems = Some(vec![Ecosystem::Npm, Ecosystem::PyPi]);
    server.export("PyPI", "v1", export("PyPI", &["X-2"]));
    assert_eq!(work.run().await.unwrap().added, 1);
}

/// A damaged database says "make it anew: chiron db update", and the mirrors have nothing new.
#[tokio::test]
async fn a_damaged_database_is_made_anew_although_no_export_has_changed() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1", "X-2"]));
    let work = Work::new(&[&server.base]);
    let _ = work.run().await.unwrap();
    assert!(work.run().await.unwrap().summary.is_none());
    // Somewhere in a record: such damage is only seen when all is read.
    let index = work.update.folder.join("advisories.chdb");
    let bytes = std::fs::read(&index).unwrap();
    let damaged = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        std::fs::write(&index, bytes).unwrap();
        Database::open(&work.update.folder, "db").is_ok_and(|database| database.verify().is_err())
    };
    assert!((0..bytes.len()).any(damaged));
    assert!(work.run().await.unwrap().summary.is_some());
    assert_eq!(work.ids(), ["X-1", "X-2"]);
}
