//! Downloads that break off.

use chiron_pipeline::update::UpdateEvent;

use crate::server::{Served, Server};
use crate::work::{Work, export, reasons};

fn resumed(work: &Work) -> Vec<u64> {
    let asked = |event| match event {
        UpdateEvent::Asking { resumed, .. } => Some(resumed),
        UpdateEvent::Waiting
        | UpdateEvent::Received { .. }
        | UpdateEvent::Unchanged { .. }
        | UpdateEvent::Fetched { .. }
        | UpdateEvent::Failed { .. }
        | UpdateEvent::Indexing(_) => None,
    };
    work.told().into_iter().filter_map(asked).collect()
}

#[tokio::test]
async fn the_rest_is_asked_for_at_once_and_by_the_next_update() {
    let server = Server::start().await;
    let whole = export("npm", &["X-1", "X-2", "X-3", "X-4", "X-5"]);
    let after = whole.len() / 5;
    server.serve("npm", Served::Breaking { bytes: whole.clone(), version: "v1", after });
    let work = Work::new(&[&server.base]);
    assert!(reasons(work.run().await)[0].contains("does not answer in HTTP"));
    let part = |times: usize| (times * after) as u64;
    assert_eq!(resumed(&work), [0, part(1), part(2)]);
    assert_eq!(work.update.plan().unwrap()[0].resumed, part(3));
    assert!(!work.update.folder.join("advisories.chdb").exists());
    server.seen();
    let updated = work.run().await.unwrap();
    assert_eq!(updated.added, 5);
    let asked = server.seen();
    assert!(
        asked[0].contains(&format!("range: bytes={}-", part(3))) && asked[0].contains("if-range: \"v1\""),
        "{asked:?}"
    );
    assert_eq!(std::fs::read(work.update.folder.join("downloads/npm/all.zip")).unwrap(), whole);
    assert!(!work.update.folder.join("downloads/npm/all.zip.part").exists());
}

#[tokio::test]
async fn the_rest_of_another_version_is_never_put_to_the_first_part() {
    let server = Server::start().await;
    let work = Work::new(&[&server.base]);
    server.serve("npm", Served::Breaking { bytes: export("npm", &["X-1", "X-2"]), version: "v1", after: 60 });
    let _ = reasons(work.run().await);
    let new = export("npm", &["X-7", "X-8"]);
    server.export("npm", "v2", new.clone());
    let _ = work.run().await.unwrap();
    assert_eq!(work.ids(), ["X-7", "X-8"]);
    assert_eq!(std::fs::read(work.update.folder.join("downloads/npm/all.zip")).unwrap(), new);
}

#[tokio::test]
async fn a_part_that_fits_nothing_is_thrown_away_and_all_is_fetched() {
    let server = Server::start().await;
    let whole = export("npm", &["X-1", "X-2"]);
    server.serve("npm", Served::Breaking { bytes: whole.clone(), version: "v1", after: 60 });
    let work = Work::new(&[&server.base]);
    let _ = reasons(work.run().await);
    // A mirror that calls other bytes by the same version.
    let part = work.update.folder.join("downloads/npm/all.zip.part");
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    server.export("npm", "v1", whole);
    work.told();
    assert_eq!(work.run().await.unwrap().added, 2);
    assert_eq!(resumed(&work), [180, 0]);
}
