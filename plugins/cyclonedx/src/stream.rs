//! Large JSON documents as a stream: members as they come, lists entry by entry.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::marker::PhantomData;

use chiron_sdk::content::{Blob, BlobReader};
use chiron_sdk::sbom::{FileOutcome, Inventory};
use chiron_sdk::{PluginError, progress};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use crate::SELF;
use crate::text::one_line;

/// Largest document. An SBOM of 20,000 components is about 20 MiB.
const DOCUMENT_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// The inventory of a document, or why it could not be read. Only a cancelled run is an error.
pub(crate) fn inventory<D>(
    blob: &dyn Blob,
    parse: fn(&dyn Blob) -> Result<D, String>,
    inventory: fn(D) -> Inventory,
) -> Result<Inventory, PluginError> {
    progress::check()?;
    if blob.size() > DOCUMENT_BYTES_MAX {
        let reason = format!("{} bytes, more than the {DOCUMENT_BYTES_MAX} this reads", blob.size());
        return Ok(Inventory::of_file(FileOutcome::failed(SELF, reason)));
    }
    Ok(match parse(blob) {
        Ok(document) => inventory(document),
        Err(reason) => Inventory::of_file(FileOutcome::failed(SELF, reason)),
    })
}

/// What is kept of a document.
pub(crate) trait Outline: Default {
    /// For people.
    const NAME: &'static str;
    /// Members that are looked at.
    const MEMBERS: &'static [&'static str];

    /// Reads the value of one of [`Self::MEMBERS`].
    ///
    /// # Errors
    /// The parser's.
    fn member<'de, A: MapAccess<'de>>(&mut self, member: &'static str, map: &mut A) -> Result<(), A::Error>;

    /// Notes that nobody knows what was lost. That the document is of this format may be said only later.
    fn set_broken(&mut self, reason: String);
}

/// The outline of a whole document. A list is well-formed JSON, and a document that says nothing of itself.
///
/// # Errors
/// In words, for what is no JSON.
pub(crate) fn document<D: Outline>(blob: &dyn Blob) -> Result<D, String> {
    let mut json = serde_json::Deserializer::from_reader(bytes(blob));
    let document = (&mut json).deserialize_any(Reader(PhantomData)).map_err(|error| words(&error))?;
    json.end().map_err(|error| words(&error))?;
    Ok(document)
}

/// The bytes, without a byte order mark.
pub(crate) fn bytes(blob: &dyn Blob) -> BufReader<BlobReader<'_>> {
    // Parsers read byte by byte, which only std's own BufReader makes cheap.
    let mut reader = BufReader::with_capacity(64 * 1024, BlobReader::new(blob));
    let starts_with_mark = reader.fill_buf().is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf"));
    if starts_with_mark {
        reader.consume(3);
    }
    reader
}

fn words(error: &serde_json::Error) -> String {
    let message = one_line(&error.to_string(), 300);
    match error.classify() {
        Category::Io => format!("cannot be read: {message}"),
        Category::Eof => format!("the document ends too early: {message}"),
        Category::Syntax | Category::Data => format!("not well-formed JSON: {message}"),
    }
}

struct Reader<D>(PhantomData<D>);

impl<'de, D: Outline> Visitor<'de> for Reader<D> {
    type Value = D;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, a JSON object", D::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<D, A::Error> {
        let mut document = D::default();
        let mut seen = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let Some(&member) = D::MEMBERS.iter().find(|member| **member == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // Two readers of such a document may take different ones for the truth.
            if seen.contains(&member) {
                document.set_broken(format!("`{member}` stands twice"));
            }
            seen.push(member);
            document.member(member, &mut map)?;
        }
        Ok(document)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<D, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(D::default())
    }
}

/// Reads one list entry by entry into the document. That it is none is judged only once it is known what the document is:
/// the `dependencies` of a package.json are an object, and rightly so.
pub(crate) struct List<'a, D> {
    pub(crate) name: &'static str,
    pub(crate) document: &'a mut D,
    pub(crate) read: fn(&mut D, Value),
}

impl<'de, D: Outline> DeserializeSeed<'de> for List<'_, D> {
    type Value = ();

    fn deserialize<S: Deserializer<'de>>(self, deserializer: S) -> Result<(), S::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<D: Outline> List<'_, D> {
    fn not_an_array<E>(self) -> Result<(), E> {
        self.document.set_broken(format!("`{}` is not an array", self.name));
        Ok(())
    }
}

impl<'de, D: Outline> Visitor<'de> for List<'_, D> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value>()? {
            (self.read)(self.document, value);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.not_an_array()
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.not_an_array()
    }
}

/// How many entries a list has, of which nothing else is read.
pub(crate) struct Count(pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<S: Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Count;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }

            fn visit_unit<E>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
        }
        deserializer.deserialize_any(Entries)
    }
}
