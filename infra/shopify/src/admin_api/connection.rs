//! Connections: filter, sort and cut a list, with cursors that survive deletions.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::Duration;

use super::failure::Failure;
use super::schema::node_type;
use super::search::Search;
use super::session::{Session, View};
use crate::store::{Fields, Record, kind_of, legacy_id, reference};

/// Most nodes of a page.
const PAGE_MAX: u64 = 250;

/// Kinds whose searches ask an index, which learns of changes later.
const SEARCHED: [&str; 7] = [
    "Customer",
    "DiscountAutomaticNode",
    "DiscountCodeNode",
    "DraftOrder",
    "Order",
    "Product",
    "ProductVariant",
];

/// A possible node of a page.
pub(crate) struct Candidate {
    /// The record, unless the node is only a part of one.
    gid: Option<String>,
    value: Arc<Value>,
    /// What a search sees.
    indexed: Option<Arc<Value>>,
}

/// Where a node is in the order of its connection.
type Position = (String, u64);

/// The nodes of a list in a record: references or objects.
pub(crate) fn of_list(list: &Value) -> Vec<Candidate> {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    let candidate = |item: &Value| {
        let gid = crate::store::referenced(item).map(str::to_owned);
        let value = Arc::new(item.clone());
        Candidate { gid, indexed: Some(Arc::clone(&value)), value }
    };
    items.iter().map(candidate).collect()
}

/// The records below another that a connection type can hold.
pub(crate) fn of_children(session: &Session<'_>, owner: Option<&str>, ty: &str) -> Vec<Candidate> {
    let (Some(owner), Some(node)) = (owner, node_type(session.schema, ty)) else {
        return Vec::new();
    };
    let shop = session.shop.borrow();
    let kinds = kinds(&node);
    let children = kinds.iter().flat_map(|kind| shop.records.children(owner, kind));
    children.map(|record| of_record(session, record)).collect()
}

/// All records that a connection type can hold.
pub(crate) fn of_kind(session: &Session<'_>, ty: &str) -> Vec<Candidate> {
    let Some(node) = node_type(session.schema, ty) else { return Vec::new() };
    let shop = session.shop.borrow();
    let kinds = kinds(&node);
    let records = kinds.iter().flat_map(|kind| shop.records.of_kind(kind));
    records.map(|record| of_record(session, record)).collect()
}

/// The kinds of records that are nodes of a type.
fn kinds(node: &str) -> Vec<&str> {
    match node {
        "DiscountNode" => vec!["DiscountCodeNode", "DiscountAutomaticNode"],
        "Event" => vec!["BasicEvent"],
        node => vec![node],
    }
}

fn of_record(session: &Session<'_>, record: &Record) -> Candidate {
    let kind = kind_of(&record.gid).unwrap_or_default();
    let lag = match SEARCHED.contains(&kind) {
        true => session.shop.borrow().settings.delays.search_index,
        false => Duration::ZERO,
    };
    let indexed = record.indexed(session.now, lag).cloned();
    Candidate { gid: Some(record.gid.clone()), value: Arc::clone(&record.value), indexed }
}

/// A page of a connection of a type, as its arguments say.
pub(crate) fn page(
    session: &Session<'_>,
    ty: &str,
    mut candidates: Vec<Candidate>,
    arguments: &Value,
) -> Result<Value, Failure> {
    let kind = node_type(session.schema, ty).unwrap_or_default();
    let search = Search::parse(&kind, arguments.text("query"))?;
    {
        let shop = session.shop.borrow();
        let view = View { shop: &shop, now: session.now };
        candidates.retain(|candidate| {
            is_selected(candidate, arguments)
                && (arguments.text("query").trim().is_empty()
                    || candidate.indexed.as_ref().is_some_and(|one| search.matches(&view, one)))
        });
    }
    let sort_key = arguments.text("sortKey");
    let mut placed: Vec<(Position, Candidate)> = Vec::with_capacity(candidates.len());
    for (index, candidate) in candidates.into_iter().enumerate() {
        placed.push((position(&candidate, index, sort_key), candidate));
    }
    placed.sort_by(|(one, _), (other, _)| one.cmp(other));
    if arguments.is_true("reverse") {
        placed.reverse();
    }
    let total = placed.len();
    let (start, end) = bounds(session, &placed, arguments)?;
    let page: Vec<_> = placed.drain(start..end).collect();
    let cursors: Vec<String> = page.iter().map(|(position, _)| cursor(position)).collect();
    let nodes: Vec<Value> = page.into_iter().map(|(_, candidate)| node(candidate)).collect();
    let edges: Vec<Value> = std::iter::zip(&cursors, &nodes)
        .map(|(cursor, node)| json!({ "cursor": cursor, "node": node }))
        .collect();
    Ok(json!({
        "edges": edges,
        "nodes": nodes,
        "pageInfo": {
            "hasNextPage": end < total,
            "hasPreviousPage": start > 0,
            "startCursor": cursors.first(),
            "endCursor": cursors.last(),
        },
    }))
}

fn node(candidate: Candidate) -> Value {
    match candidate.gid {
        Some(gid) => reference(&gid),
        None => Arc::unwrap_or_clone(candidate.value),
    }
}

/// Start and end of the page in the sorted list.
fn bounds(
    session: &Session<'_>,
    placed: &[(Position, Candidate)],
    arguments: &Value,
) -> Result<(usize, usize), Failure> {
    let is_reverse = arguments.is_true("reverse");
    let is_before =
        |one: &Position, other: &Position| if is_reverse { one > other } else { one < other };
    let mut start = 0;
    let mut end = placed.len();
    if let Some(after) = arguments.present("after") {
        let after = read_cursor(after)?;
        start = placed.partition_point(|(one, _)| is_before(one, &after) || *one == after);
    }
    if let Some(before) = arguments.present("before") {
        let before = read_cursor(before)?;
        end = placed.partition_point(|(one, _)| is_before(one, &before)).max(start);
    }
    let count = |name: &str| -> Result<Option<usize>, Failure> {
        let Some(value) = arguments.present(name) else { return Ok(None) };
        let count = value.as_u64().filter(|count| (1..=PAGE_MAX).contains(count));
        let count = count.ok_or_else(|| {
            Failure::bad_request(format!("{name} must be between 1 and {PAGE_MAX}, but is {value}"))
        })?;
        Ok(usize::try_from(count).ok())
    };
    match (count("first")?, count("last")?) {
        (Some(_), Some(_)) => {
            Err(Failure::bad_request("providing both first and last is not supported"))
        }
        (Some(first), None) => Ok((start, end.min(start + first))),
        (None, Some(last)) => Ok((start.max(end.saturating_sub(last)), end)),
        (None, None) if session.is_bulk => Ok((start, end)),
        (None, None) => Err(Failure::bad_request("you must provide one of first or last")),
    }
}

/// Whether the arguments of the field, but for its query, select a node.
fn is_selected(candidate: &Candidate, arguments: &Value) -> bool {
    let value = &candidate.value;
    let equals = |argument: &str, field: &str| {
        arguments.present(argument).is_none_or(|given| value.get(field) == Some(given))
    };
    let among = |argument: &str, of: &Value| {
        let list = arguments.present(argument).and_then(Value::as_array);
        list.is_none_or(|list| list.is_empty() || list.contains(of))
    };
    let is_metafield = candidate.gid.as_deref().and_then(kind_of) == Some("Metafield");
    if is_metafield {
        let key = json!(format!("{}.{}", value.text("namespace"), value.text("key")));
        return equals("namespace", "namespace") && among("keys", &key);
    }
    equals("uri", "uri") && equals("format", "format") && among("topics", &value["topic"])
}

/// The name of the sorted field: `CREATED_AT` is `createdAt`.
fn sort_field(sort_key: &str) -> String {
    let mut words = sort_key.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &initial.into_iter().chain(letters).collect::<String>()
    })
}

fn position(candidate: &Candidate, index: usize, sort_key: &str) -> Position {
    let number = candidate.gid.as_deref().and_then(|gid| legacy_id(gid).parse().ok());
    let id = number.unwrap_or_else(|| u64::try_from(index).unwrap_or(u64::MAX));
    let value = match sort_key {
        "" | "ID" | "RELEVANCE" => String::new(),
        key => match candidate.value.get(sort_field(key)) {
            Some(Value::Number(number)) => format!("{:0>20}", number.to_string()),
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        },
    };
    (value, id)
}

fn cursor((value, id): &Position) -> String {
    let value = if value.is_empty() { &id.to_string() } else { value };
    STANDARD.encode(json!({ "last_id": id, "last_value": value }).to_string())
}

fn read_cursor(cursor: &Value) -> Result<Position, Failure> {
    let invalid = || Failure::bad_request("Invalid cursor for current pagination sort.");
    let bytes = STANDARD.decode(cursor.as_str().ok_or_else(invalid)?).map_err(|_| invalid())?;
    let cursor: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let id = cursor["last_id"].as_u64().ok_or_else(invalid)?;
    let value = cursor.text("last_value");
    Ok((if value == id.to_string() { String::new() } else { value.to_owned() }, id))
}
