//! CSAF 2.0 and 2.1 (OASIS): any document whose vulnerabilities say where products stand.

use std::collections::HashMap;

use chiron_model::vex::{Justification, VexStatus};
use serde::Deserialize;

use super::{Identity, Product, Read, Statement, VexError, id, optional_time, parse};
use crate::text;

#[derive(Deserialize)]
struct Wire {
    document: Meta,
    #[serde(default)]
    product_tree: Tree,
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
struct Meta {
    csaf_version: Option<String>,
    publisher: Option<Publisher>,
    tracking: Option<Tracking>,
}

#[derive(Deserialize)]
struct Publisher {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Tracking {
    current_release_date: Option<String>,
}

#[derive(Default, Deserialize)]
struct Tree {
    #[serde(default)]
    branches: Vec<Branch>,
    #[serde(default)]
    full_product_names: Vec<FullName>,
    #[serde(default)]
    relationships: Vec<Relationship>,
    #[serde(default)]
    product_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    branches: Vec<Branch>,
    product: Option<FullName>,
}

#[derive(Deserialize)]
struct FullName {
    product_id: String,
    #[serde(default)]
    name: String,
    product_identification_helper: Option<Helper>,
}

#[derive(Deserialize)]
struct Helper {
    purl: Option<String>,
    #[serde(default)]
    purls: Vec<String>,
    #[serde(default)]
    hashes: Vec<Hashes>,
}

#[derive(Deserialize)]
struct Hashes {
    #[serde(default)]
    file_hashes: Vec<FileHash>,
}

#[derive(Deserialize)]
struct FileHash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
struct Relationship {
    product_reference: String,
    relates_to_product_reference: String,
    full_product_name: FullName,
}

#[derive(Deserialize)]
struct Group {
    group_id: String,
    product_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    cve: Option<String>,
    #[serde(default)]
    ids: Vec<Id>,
    #[serde(default)]
    product_status: HashMap<String, Vec<String>>,
    #[serde(default)]
    flags: Vec<Flag>,
    #[serde(default)]
    threats: Vec<Remark>,
    #[serde(default)]
    remediations: Vec<Remark>,
}

#[derive(Deserialize)]
struct Id {
    text: String,
}

#[derive(Deserialize)]
struct Flag {
    label: String,
    date: Option<String>,
    #[serde(default)]
    product_ids: Vec<String>,
    #[serde(default)]
    group_ids: Vec<String>,
}

/// A threat or a remediation.
#[derive(Deserialize)]
struct Remark {
    category: String,
    #[serde(default)]
    details: String,
    date: Option<String>,
    #[serde(default)]
    product_ids: Vec<String>,
    #[serde(default)]
    group_ids: Vec<String>,
}

/// What each kind of list says (CSAF 2.0, 3.2.3.9). `recommended` says what to take, not where anything stands.
const STATUSES: [(&str, VexStatus); 7] = [
    ("known_not_affected", VexStatus::NotAffected),
    ("known_affected", VexStatus::Affected),
    ("first_affected", VexStatus::Affected),
    ("last_affected", VexStatus::Affected),
    ("fixed", VexStatus::Fixed),
    ("first_fixed", VexStatus::Fixed),
    ("under_investigation", VexStatus::UnderInvestigation),
];

pub(super) fn read(bytes: &[u8]) -> Result<Read, VexError> {
    let wire: Wire = parse(bytes)?;
    match wire.document.csaf_version.as_deref() {
        Some("2.0" | "2.1") => {}
        Some(other) => return Err(VexError::Version { format: "CSAF", version: text::name(other) }),
        None => return Err(VexError::Foreign),
    }
    let Some(vulnerabilities) = wire.vulnerabilities else {
        return Err(VexError::invalid("the document", "it names no vulnerability"));
    };
    let released = wire.document.tracking.and_then(|tracking| tracking.current_release_date);
    let released = optional_time(released.as_deref(), "the document")?;
    let products = Products::of(&wire.product_tree);
    let mut statements = Vec::new();
    for (index, vulnerability) in vulnerabilities.into_iter().enumerate() {
        let place = format!("vulnerability {}", index + 1);
        for mut statement in of_one(&vulnerability, &products, &place)? {
            statement.timestamp = statement.timestamp.or(released);
            statements.push(statement);
        }
    }
    let author = wire.document.publisher.and_then(|publisher| publisher.name);
    Ok((author.as_deref().and_then(text::explanation), statements))
}

/// A statement for each product and status: flags and threats are about some of a list.
fn of_one(wire: &Vulnerability, products: &Products, place: &str) -> Result<Vec<Statement>, VexError> {
    let mut ids = wire.cve.iter().map(String::as_str).chain(wire.ids.iter().map(|id| id.text.as_str()));
    let name = id(ids.next().unwrap_or_default(), place)?;
    let aliases: Vec<_> = ids.map(text::name).collect();
    let mut statements = Vec::new();
    for (list, status) in STATUSES {
        for product in wire.product_status.get(list).into_iter().flatten() {
            let identity = products.by_id.get(product).ok_or_else(|| {
                VexError::invalid(
                    place,
                    format!("it speaks of the product `{}`, which it does not describe", text::name(product)),
                )
            })?;
            let flag = wire.flags.iter().find(|flag| products.concerns(&flag.product_ids, &flag.group_ids, product));
            let justification = match flag.filter(|_| status == VexStatus::NotAffected) {
                None => None,
                Some(flag) => Some(Justification::from_word(&flag.label).ok_or_else(|| {
                    VexError::invalid(place, format!("`{}` is not a justification", text::name(&flag.label)))
                })?),
            };
            let remark = remark(wire, status, products, product);
            let text = remark.and_then(|remark| text::explanation(&remark.details));
            if status == VexStatus::NotAffected && justification.is_none() && text.is_none() {
                let reason = format!("it says that `{}` is not affected, and not why", text::name(product));
                return Err(VexError::invalid(place, reason));
            }
            let dates = [flag.and_then(|flag| flag.date.as_deref()), remark.and_then(|remark| remark.date.as_deref())];
            let dates = dates.into_iter().flatten().map(|date| super::time(date, place));
            statements.push(Statement {
                vulnerability: name.clone(),
                aliases: aliases.clone(),
                status,
                justification,
                text,
                timestamp: dates.collect::<Result<Vec<_>, _>>()?.into_iter().max(),
                until: None,
                products: vec![identity.clone()],
            });
        }
    }
    Ok(statements)
}

/// What is said of the impact, or is to be done.
fn remark<'a>(wire: &'a Vulnerability, status: VexStatus, products: &Products, product: &str) -> Option<&'a Remark> {
    let (list, category): (&[Remark], _) = match status {
        VexStatus::NotAffected => (&wire.threats, Some("impact")),
        VexStatus::Affected | VexStatus::Fixed => (&wire.remediations, None),
        VexStatus::UnderInvestigation => return None,
    };
    list.iter().find(|remark| {
        category.is_none_or(|category| remark.category == category)
            // A threat without products is about all of them (CSAF 2.0, 3.2.3.14).
            && ((remark.product_ids.is_empty() && remark.group_ids.is_empty())
                || products.concerns(&remark.product_ids, &remark.group_ids, product))
    })
}

/// The product tree, by id.
struct Products {
    by_id: HashMap<String, Product>,
    groups: HashMap<String, Vec<String>>,
}

impl Products {
    fn of(tree: &Tree) -> Self {
        let mut by_id = HashMap::new();
        let mut add = |full: &FullName| {
            by_id.insert(full.product_id.clone(), Product { identity: identity(full), subcomponents: Vec::new() });
        };
        tree.full_product_names.iter().for_each(&mut add);
        // The JSON reader bounds the depth.
        let mut open: Vec<&Branch> = tree.branches.iter().collect();
        while let Some(branch) = open.pop() {
            branch.product.iter().for_each(&mut add);
            open.extend(&branch.branches);
        }
        for relationship in &tree.relationships {
            let whole = by_id.get(&relationship.relates_to_product_reference).cloned();
            let part = by_id.get(&relationship.product_reference).cloned();
            let product = together(&relationship.full_product_name, part, whole);
            by_id.insert(relationship.full_product_name.product_id.clone(), product);
        }
        let groups = tree.product_groups.iter().map(|group| (group.group_id.clone(), group.product_ids.clone()));
        Self { by_id, groups: groups.collect() }
    }

    fn concerns(&self, ids: &[String], groups: &[String], product: &str) -> bool {
        let is_it = |id: &String| id == product;
        ids.iter().any(is_it) || groups.iter().filter_map(|group| self.groups.get(group)).flatten().any(is_it)
    }
}

/// "Part as a component of whole". Where the whole has no name that could be found, it stays: a statement about a part of a
/// product says nothing about the part elsewhere.
fn together(own: &FullName, part: Option<Product>, whole: Option<Product>) -> Product {
    let named = identity(own);
    if named.purl.is_some() {
        return Product { identity: named, subcomponents: Vec::new() };
    }
    let missing = || Product { identity: Identity::of_text(&own.name), subcomponents: Vec::new() };
    let (part, whole) = (part.unwrap_or_else(missing), whole.unwrap_or_else(missing));
    Product { identity: whole.identity, subcomponents: vec![part.identity] }
}

fn identity(full: &FullName) -> Identity {
    let helper = full.product_identification_helper.as_ref();
    let purl = helper.and_then(|helper| helper.purl.as_ref().or(helper.purls.first()));
    let mut identity =
        Identity::of_text(purl.unwrap_or(if full.name.is_empty() { &full.product_id } else { &full.name }));
    for hash in helper.into_iter().flat_map(|helper| &helper.hashes).flat_map(|hashes| &hashes.file_hashes) {
        identity.add_hash(&hash.algorithm, &hash.value);
    }
    identity
}
