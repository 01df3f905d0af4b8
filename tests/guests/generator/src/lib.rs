//! A generator that misbehaves as its configuration says. What it manages to read it reports as a component's name.

use chiron_sdk::content::{Blob, EntryKind, Tree, all_entries};
use chiron_sdk::sbom::{Component, FileOutcome, Inventory, License, Relation, SbomGenerator, Source};
use chiron_sdk::{Description, Digest, Location, Plugin, PluginError, Subject, config, log};

#[path = "../../act.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod act;
#[path = "../../behaviours.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod behaviours;

use behaviours::Generator as Behaviour;

struct Hostile(Behaviour);

#[derive(serde::Deserialize)]
struct Config {
    behaviour: String,
}

impl Plugin for Hostile {
    fn describe() -> Description {
        Description::new("hostile-generator", "0.1.0", "misbehaves").config_schema("{}")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        let word = config::parse::<Config>(text)?.behaviour;
        Behaviour::from_word(&word).map(Self).ok_or_else(|| config::bad("/behaviour", "no such behaviour"))
    }
}

impl SbomGenerator for Hostile {
    fn generate(&self, _: &Subject, source: Source<'_>) -> Result<Inventory, PluginError> {
        let mut part = Component::new("c", "library", "part");
        part.version = Some("1.0".to_owned());
        part.purl = Some("pkg:pypi/part@1.0".to_owned());
        let mut inventory = Inventory::of_file(FileOutcome::read(".", 1));
        match self.0 {
            Behaviour::Honest => {}
            Behaviour::OpenOutside => {
                let tree = tree(source)?;
                let ways = [
                    "../secret",
                    "..",
                    "/etc/passwd",
                    "sub/../../secret",
                    "./../secret",
                    "sub/./../../secret",
                    "..\\secret",
                    "sub//../../secret",
                    "\0../secret",
                    "/proc/self/environ",
                    "C:\\secret",
                    "sub/..",
                    "",
                    "%2e%2e/secret",
                ];
                inventory.components = ways.iter().map(|way| attempt(tree, way)).collect();
                return Ok(inventory);
            }
            Behaviour::OpenLinks => {
                let tree = tree(source)?;
                inventory.components = ["link-to-file", "link-to-folder", "link-to-folder/secret", "link-inside"]
                    .iter()
                    .map(|way| attempt(tree, way))
                    .collect();
                return Ok(inventory);
            }
            Behaviour::ReadBeyond => {
                inventory.components = files(source, |path, blob| Component::new(path, "file", &beyond(blob)))?;
                return Ok(inventory);
            }
            Behaviour::SpinAroundRead => {
                let read_for_ever = |_: &str, blob: &dyn Blob| -> Result<(), PluginError> {
                    loop {
                        blob.read(0, 1)?;
                    }
                };
                files(source, read_for_ever)?.into_iter().collect::<Result<(), _>>()?;
            }
            Behaviour::HoardHandles => {
                let mut hoard = Vec::new();
                let opened;
                let tree = match source {
                    Source::Directory(tree) => tree,
                    Source::File(blob) => {
                        opened = blob.open_tree()?;
                        &*opened
                    }
                };
                loop {
                    hoard.push(tree.open("a.txt")?);
                }
            }
            Behaviour::ForgeHandle => part.name = format!("size {}", raw::size(4711)),
            Behaviour::DoubleDrop => {
                // The first handle of a call has this number. Whoever reads the log sees that it is the second drop that fails.
                raw::drop_handle(1);
                log::warn("dropped once");
                raw::drop_handle(1);
                log::warn("dropped twice");
            }
            Behaviour::GlobBombs => match source {
                Source::Directory(tree) => part.name = bombs(tree),
                Source::File(_) => return Ok(inventory),
            },
            Behaviour::BadPurl => part.purl = Some("pkg:\u{1b}[31m not a purl".to_owned()),
            Behaviour::BadLicence => part.licenses = vec![License::Expression("MIT AND\u{1b}[31m whatever".to_owned())],
            Behaviour::BadDigest => {
                part.digests = vec![Digest { algorithm: "sha256".to_owned(), value: "\u{1b}[31mnot hex".to_owned() }];
            }
            Behaviour::LocationOutside => {
                part.locations = vec![Location { path: "../../etc/passwd".to_owned(), line: None, layer: None }];
            }
            Behaviour::FileOutside => inventory.files.push(FileOutcome::read("/etc/passwd", 1)),
            Behaviour::DuplicateIds => {
                part.id = act::ACTIVE.to_owned();
                inventory.components.push(part.clone());
            }
            Behaviour::DanglingRelations => {
                let (source, kind, target) = ("c".to_owned(), "depends-on".to_owned(), "pkg:pypi/other@1".to_owned());
                inventory.relations = vec![Relation { source, kind, target }];
            }
            Behaviour::Escapes => {
                for text in [&mut part.id, &mut part.kind, &mut part.name, &mut part.scope] {
                    *text = act::ACTIVE.to_owned();
                }
                part.purl = None;
                part.version = Some(act::ACTIVE.to_owned());
                part.licenses = vec![License::Text(act::ACTIVE.to_owned())];
                part.properties = vec![(act::ACTIVE.to_owned(), act::ACTIVE.to_owned())];
                part.locations = vec![Location {
                    path: "a\u{1b}[31m\nb".to_owned(),
                    line: None,
                    layer: Some(act::ACTIVE.to_owned()),
                }];
                inventory.files = vec![FileOutcome::partly(".", 1, 1, act::ACTIVE)];
            }
            Behaviour::NoAccount => inventory.files.clear(),
            Behaviour::ManyComponents => {
                inventory.components = (0..40_000).map(|n| Component::new(&n.to_string(), "library", "x")).collect();
            }
        }
        inventory.components.push(part);
        Ok(inventory)
    }
}

fn tree(source: Source<'_>) -> Result<&dyn Tree, PluginError> {
    match source {
        Source::Directory(tree) => Ok(tree),
        Source::File(_) => Err(PluginError::BadInput("wants a directory".to_owned())),
    }
}

/// Does something with each file of a folder or an archive, or with the one file that is neither.
fn files<T>(source: Source<'_>, mut each: impl FnMut(&str, &dyn Blob) -> T) -> Result<Vec<T>, PluginError> {
    let opened;
    let tree = match source {
        Source::Directory(tree) => tree,
        Source::File(blob) => match blob.open_tree() {
            Ok(tree) => {
                opened = tree;
                &*opened
            }
            Err(_) => return Ok(vec![each(".", blob)]),
        },
    };
    let files = all_entries(tree, "**", 100)?.into_iter().filter(|entry| entry.kind == EntryKind::File);
    files.map(|entry| Ok(each(&entry.path, &*tree.open(&entry.path)?))).collect()
}

/// How many bytes there are at and beyond the end of a file, and all that can be had of it.
fn beyond(blob: &dyn Blob) -> String {
    let size = blob.size();
    let length = |offset, len| blob.read(offset, len).map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(-2));
    let ends = [(0, 0), (size, 1), (size + 1, 10), (u64::MAX, 10), (u64::MAX - 5, u32::MAX), (size - 1, 10)];
    let all = blob.read(0, u32::MAX).unwrap_or_default();
    format!("{:?} of {size}: {}", ends.map(|(offset, len)| length(offset, len)), String::from_utf8_lossy(&all))
}

/// Globs made to cost: what became of those that are longer than anyone writes, and of those that are not.
fn bombs(tree: &dyn Tree) -> String {
    let long = [
        "{".repeat(100_000),
        format!("{}{}", "{a,".repeat(10_000), "}".repeat(10_000)),
        "**/".repeat(50_000),
        "*a".repeat(50_000),
        "[a-z]".repeat(100_000),
        format!("{{{}}}", vec!["a*b?c"; 100_000].join(",")),
        "?".repeat(500_000),
    ];
    // Each as costly as the 512 bytes can be that a glob may have: wide, nested, or choosing again and again.
    let short = [
        "{".repeat(512),
        format!("{}{}", "{a,".repeat(128), "}".repeat(128)),
        "**/".repeat(170),
        "**/*".repeat(128),
        "*a".repeat(256),
        "[!a]".repeat(128),
        "{*,**}".repeat(85),
        "{?,??,*}".repeat(64),
        "[\u{100}-\u{10ffff}]".repeat(56),
        "?".repeat(512),
    ];
    let asked = |glob: &String| tree.entries(glob, None, u32::MAX);
    let refused = long.iter().filter(|glob| asked(glob).is_err()).count();
    // An answer is an answer, whichever: what is tried is how long a hundred of them take.
    let answers =
        short.iter().cycle().take(100).filter(|glob| asked(glob).map_or(true, |(entries, _)| entries.len() < 9));
    format!("{refused} of {} long ones refused, {} answers to short ones", long.len(), answers.count())
}

/// A component that says what an attempt to read led to.
fn attempt(tree: &dyn Tree, path: &str) -> Component {
    let name = match tree.open(path).and_then(|blob| blob.read(0, 64)) {
        Ok(bytes) => format!("LEAK {}", String::from_utf8_lossy(&bytes)),
        Err(_) => "refused".to_owned(),
    };
    Component::new(path, "file", &name)
}

/// The host's functions as they are, for what the bindings do not let anyone do.
mod raw {
    #[cfg(target_arch = "wasm32")]
    #[link(wasm_import_module = "chiron:artifact/content@0.1.0")]
    unsafe extern "C" {
        #[link_name = "[method]blob.size"]
        fn blob_size(handle: u32) -> u64;
        #[link_name = "[resource-drop]blob"]
        fn blob_drop(handle: u32);
    }

    #[cfg(target_arch = "wasm32")]
    pub fn size(handle: u32) -> u64 {
        unsafe { blob_size(handle) }
    }

    #[cfg(target_arch = "wasm32")]
    pub fn drop_handle(handle: u32) {
        unsafe { blob_drop(handle) }
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub fn size(_: u32) -> u64 {
        0
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub fn drop_handle(_: u32) {}
}

chiron_sdk::export!(Hostile as sbom_generator);
