//! `chiron db update`: exports from mirrors.

use std::path::Path;

use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::update::{
    Asked, DEFAULT_MIRROR, Loss, Machine, Mirror, MirrorError, Plaintext, Update, UpdateError, UpdateEvent, Updated,
};
use jiff::Timestamp;

use super::import::summary_lines;
use super::{Refusal, folder, print, size};
use crate::cli::{Global, UpdateArgs};
use crate::commands::progress::Watch;
use crate::door;

pub(super) async fn update(args: UpdateArgs, global: &Global) -> Result<(), Refusal> {
    let folder = folder(args.place.clone())?;
    let update = Update {
        mirrors: mirrors(&args)?,
        ecosystems: (!args.ecosystems.is_empty()).then_some(args.ecosystems),
        loss: if args.allow_loss { Loss::Allowed } else { Loss::Refused },
        authorities: args.ca,
        now: whole_seconds(Timestamp::now()),
        folder,
    };
    if args.dry_run {
        return print(plan_words(&update.folder, &update.plan().map_err(|error| refusal(&error))?));
    }
    if let Some(mirror) = update.mirrors.iter().find(|mirror| args.offline && mirror.is_remote()) {
        let message =
            format!("{mirror} is not asked: --offline, or CHIRON_OFFLINE, says to make no network connection");
        return Err(
            Refusal::new(message, Code::Usage).help("a mirror in a folder is read all the same: --from file:///…")
        );
    }
    let watch = Watch::new(global);
    let machine = Machine::new(concat!("chiron/", env!("CARGO_PKG_VERSION")));
    let updated = update.run(&machine, &|event| tell(event, &watch, global)).await;
    watch.finish();
    let updated = updated.map_err(|error| refusal(&error))?;
    if !global.quiet {
        done_lines(&updated, &update.folder).iter().for_each(|line| door::say(line));
    }
    Ok(())
}

fn mirrors(args: &UpdateArgs) -> Result<Vec<Mirror>, Refusal> {
    let plaintext = if args.plaintext_unsafe { Plaintext::Allowed } else { Plaintext::Refused };
    let given = args.from.iter().map(String::as_str);
    let texts: Vec<&str> = if args.from.is_empty() { vec![DEFAULT_MIRROR] } else { given.collect() };
    let read = |text: &str| Mirror::parse(text, plaintext).map_err(|error| no_mirror(&error));
    texts.into_iter().map(read).collect()
}

fn no_mirror(error: &MirrorError) -> Refusal {
    let refusal = Refusal::new(error.to_string(), Code::Usage);
    match error {
        MirrorError::Plaintext(_) => refusal.help("use https://, or --plaintext-unsafe if that network is trusted"),
        MirrorError::Address { .. } => refusal
            .help("--from takes https://…, http://localhost… or file:///absolute/path; `chiron db import` takes paths"),
        MirrorError::Folder(_) | MirrorError::Objection { .. } => refusal,
    }
}

fn tell(event: UpdateEvent, watch: &Watch, global: &Global) {
    let say = |text: String| {
        if !global.quiet {
            watch.say(&text);
        }
    };
    match event {
        UpdateEvent::Waiting => say("another update of this database is at work: waiting for it".to_owned()),
        UpdateEvent::Asking { ecosystem, address, resumed: 0 } => say(format!("{ecosystem}: asking {address}")),
        UpdateEvent::Asking { ecosystem, address, resumed } => {
            say(format!("{ecosystem}: asking {address} for the rest, after {}", size(resumed)));
        }
        UpdateEvent::Received { ecosystem, done, total } => {
            let total = total.map(|total| format!(" of {}", size(total))).unwrap_or_default();
            watch.note(format!("{ecosystem}: {}{total}", size(done)));
        }
        UpdateEvent::Unchanged { ecosystem } => say(format!("{ecosystem}: unchanged")),
        UpdateEvent::Fetched { ecosystem, bytes } => say(format!("{ecosystem}: {} fetched", size(bytes))),
        UpdateEvent::Failed { ecosystem, failure } => {
            // Also when quiet: the next mirror may have less.
            watch
                .say(&format!("warning: {ecosystem}: {}: {}; trying the next mirror", failure.address, failure.reason));
        }
        UpdateEvent::Indexing(progress) => watch.importing("update", progress),
    }
}

fn plan_words(folder: &Path, asked: &[Asked]) -> String {
    let mut text = format!("would update {}\n", folder.display());
    for asked in asked {
        let kept = match (asked.kept, asked.resumed) {
            (_, 1..) => format!(" (only the rest, after {}, unless it has changed)", size(asked.resumed)),
            (Some(bytes), 0) => format!(" (only if it is another one than the {} that are kept)", size(bytes)),
            (None, 0) => String::new(),
        };
        text.push_str(&format!("  {}{kept}\n", asked.ecosystem));
        for (place, address) in asked.addresses.iter().enumerate() {
            let word = if place == 0 { "from" } else { "else from" };
            text.push_str(&format!("    {word} {address}\n"));
        }
    }
    text
}

fn done_lines(updated: &Updated, folder: &Path) -> Vec<String> {
    let Some(summary) = &updated.summary else {
        return vec![format!("{} is up to date, as of {}", folder.display(), updated.origin.at)];
    };
    let mut lines = summary_lines(summary, folder, "updated:");
    lines.push(format!("  {} added, {} removed; as of {}", updated.added, updated.removed, updated.origin.at));
    lines
}

fn refusal(error: &UpdateError) -> Refusal {
    let message = error.to_string();
    let refused = |code| Refusal::new(format!("{message}\nthe database was left as it was"), code);
    match error {
        UpdateError::NoMirror { .. } => refused(Code::Io).help(
            "name another mirror with --from (tried in order), a proxy with HTTPS_PROXY, its authority with --ca; \
             what was fetched so far is kept, and the next update goes on from there",
        ),
        UpdateError::WouldLose { ecosystems } => {
            let flags: Vec<_> = ecosystems.iter().map(|ecosystem| format!("--ecosystem {ecosystem}")).collect();
            refused(Code::Usage).help(format!("ask for them too: {}; or give --allow-loss", flags.join(" ")))
        }
        UpdateError::Lost { .. } => refused(Code::Usage).help(
            "keep records of your own in a database of their own ([databases.NAME] records = \"folder\"), or give --allow-loss",
        ),
        UpdateError::Shrunk { .. } => {
            refused(Code::Io).help("the export may be cut down: try another mirror, or give --allow-loss if it is meant")
        }
        UpdateError::NothingOf { .. } => refused(Code::Io).help("the mirror has another export there: name another one"),
        UpdateError::Io { .. } | UpdateError::Import(_) | UpdateError::New(_) => refused(Code::Io),
    }
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
