//! What a good mirror gives.

use chiron_advisories::How;
use chiron_model::ecosystem::Ecosystem;
use chiron_pipeline::update::{FIRST, UpdateError, UpdateEvent};

use crate::server::Server;
use crate::work::{Work, export};

#[tokio::test]
async fn an_empty_folder_is_filled_and_then_only_asked_about() {
    let server = Server::start().await;
    for ecosystem in ["PyPI", "npm", "crates.io"] {
        server.export(ecosystem, "v1", export(ecosystem, &[&format!("X-{ecosystem}")]));
    }
    let mut work = Work::new(&[&server.base]);
    work.update.ecosystems = None;
    let updated = work.run().await.unwrap();
    assert_eq!((updated.added, updated.removed, updated.summary.unwrap().records), (3, 0, 3));
    assert_eq!(work.ids(), ["X-PyPI", "X-crates.io", "X-npm"]);
    let origin = work.origin();
    assert_eq!((origin.how, origin.at, origin.sources.len()), (How::Updated, work.update.now, FIRST.len()));
    assert_eq!(server.seen().len(), 3);

    let before = std::fs::read(work.update.folder.join("advisories.chdb")).unwrap();
    work.update.now = "2026-03-02T12:00:00Z".parse().unwrap();
    let again = work.run().await.unwrap();
    assert!(again.summary.is_none());
    let asked = server.seen();
    assert!(asked.len() == 3 && asked.iter().all(|head| head.contains("if-none-match: \"v1\"")), "{asked:?}");
    assert_eq!(std::fs::read(work.update.folder.join("advisories.chdb")).unwrap(), before);
    // The same records, known to be the newest a day later; the download is as old as it was.
    let origin = work.origin();
    assert_eq!((origin.at, origin.sources[0].checked_at), (work.update.now, work.update.now));
    assert!(origin.sources[0].fetched_at < work.update.now);
}

#[tokio::test]
async fn only_what_changed_is_fetched_and_the_others_stay() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1"])).export("PyPI", "v1", export("PyPI", &["X-2"]));
    let mut work = Work::new(&[&server.base]);
    work.update.ecosystems = Some(vec![Ecosystem::Npm, Ecosystem::PyPi, Ecosystem::Npm]);
    let _ = work.run().await.unwrap();
    assert_eq!(server.seen().len(), 2);
    server.export("npm", "v2", export("npm", &["X-1", "X-3"]));
    work.update.ecosystems = Some(vec![Ecosystem::Npm]);
    work.update.now = "2026-03-05T00:00:00Z".parse().unwrap();
    work.told();
    let updated = work.run().await.unwrap();
    assert_eq!((updated.added, updated.removed), (1, 0));
    assert_eq!(work.ids(), ["X-1", "X-2", "X-3"]);
    assert!(work.told().iter().any(|event| matches!(event, UpdateEvent::Fetched { ecosystem: Ecosystem::Npm, .. })));
    // Nobody was asked about PyPI: all of it is as old as its oldest part.
    assert_eq!(work.origin().at.to_string(), "2026-03-01T12:00:00Z");
    // Without a choice, it is all that the database holds.
    work.update.ecosystems = None;
    server.seen();
    let _ = work.run().await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_folder_is_a_mirror() {
    let work = Work::new(&[]);
    let mirror = work.path("mirror");
    std::fs::create_dir_all(mirror.join("npm")).unwrap();
    std::fs::write(mirror.join("npm/all.zip"), export("npm", &["X-1"])).unwrap();
    let mut work = work;
    let text = format!("file://{}", mirror.display());
    work.update.mirrors =
        vec![chiron_pipeline::update::Mirror::parse(&text, chiron_pipeline::update::Plaintext::Refused).unwrap()];
    assert!(work.run().await.unwrap().summary.is_some());
    assert!(work.run().await.unwrap().summary.is_none());
    assert_eq!((work.ids(), work.origin().sources[0].from.clone()), (vec!["X-1".to_owned()], text));
    std::fs::write(mirror.join("npm/all.zip"), export("npm", &["X-1", "X-2"])).unwrap();
    assert_eq!(work.run().await.unwrap().added, 1);
    std::fs::remove_file(mirror.join("npm/all.zip")).unwrap();
    assert_eq!(crate::work::reasons(work.run().await), ["there is no such file"]);
    assert_eq!(work.ids().len(), 2);
}

#[tokio::test]
async fn a_plan_names_addresses_and_touches_nothing() {
    let server = Server::start().await;
    let work = Work::new(&[&server.base, "https://second.example/osv"]);
    let plan = work.update.plan().unwrap();
    assert_eq!(
        plan[0].addresses,
        [format!("{}npm/all.zip", server.base), "https://second.example/osv/npm/all.zip".to_owned()]
    );
    assert_eq!((plan[0].kept, plan[0].resumed), (None, 0));
    assert!(!work.update.folder.exists() && server.seen().is_empty());
}

#[tokio::test]
async fn a_kept_download_that_was_damaged_is_fetched_anew() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1"]));
    let work = Work::new(&[&server.base]);
    let _ = work.run().await.unwrap();
    let kept = work.update.folder.join("downloads/npm/all.zip");
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    server.seen();
    let _ = work.run().await.unwrap();
    assert!(!server.seen()[0].contains("if-none-match"));
    assert_eq!(std::fs::read(&kept).unwrap(), export("npm", &["X-1"]));
}

#[tokio::test]
async fn an_export_of_something_else_is_refused() {
    let server = Server::start().await;
    server.export("npm", "v1", export("PyPI", &["X-1"]));
    let work = Work::new(&[&server.base]);
    let refused = work.run().await;
    assert!(matches!(refused, Err(UpdateError::NothingOf { ecosystem: Ecosystem::Npm })), "{refused:?}");
    assert!(!work.update.folder.join("advisories.chdb").exists());
}
