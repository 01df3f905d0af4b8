//! Two updates of one folder.

use chiron_pipeline::update::{Machine, UpdateEvent};

use crate::server::Server;
use crate::work::{Work, export};

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn they_come_one_after_the_other_and_do_it_once() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1", "X-2"]));
    let work = Work::new(&[&server.base]);
    let runs = (0..4).map(|_| {
        let update = work.update.clone();
        tokio::spawn(async move { update.run(&Machine::new("chiron/0.0.0"), &|_| {}).await.unwrap() })
    });
    let mut made = 0;
    for run in runs.collect::<Vec<_>>() {
        made += usize::from(run.await.unwrap().summary.is_some());
    }
    assert_eq!((made, work.ids()), (1, vec!["X-1".to_owned(), "X-2".to_owned()]));
    let whole = server.seen().iter().filter(|head| !head.contains("if-none-match")).count();
    assert_eq!(whole, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_is_told() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1"]));
    let work = Work::new(&[&server.base]);
    std::fs::create_dir_all(&work.update.folder).unwrap();
    let lock = std::fs::File::create(work.update.folder.join(".update.lock")).unwrap();
    lock.lock().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let update = work.update.clone();
    let waiting = tokio::spawn(async move {
        let listener = move |event| {
            if event == UpdateEvent::Waiting {
                let _ = tell.send(());
            }
        };
        update.run(&Machine::new("chiron/0.0.0"), &listener).await
    });
    told.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    lock.unlock().unwrap();
    assert!(waiting.await.unwrap().is_ok());
}
