//! Makes lines of an answer: a line for each node, with the id of the node it is below.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

/// A result, as text and counted.
pub(super) struct Lines {
    pub(super) text: String,
    pub(super) objects: usize,
    pub(super) roots: usize,
}

/// Grouped, children stand behind their parent; else behind all parents, as Shopify does not promise
/// more.
pub(super) fn lines(data: &Value, is_grouped: bool) -> Lines {
    let mut open: VecDeque<(Value, Value)> =
        roots(data).into_iter().map(|node| (node, Value::Null)).collect();
    let mut lines = Lines { text: String::new(), objects: 0, roots: open.len() };
    while let Some((node, parent)) = open.pop_front() {
        let Value::Object(fields) = node else { continue };
        let id = fields.get("id").cloned().unwrap_or(Value::Null);
        let (line, children) = split(fields, parent);
        lines.text.push_str(&line.to_string());
        lines.text.push('\n');
        lines.objects += 1;
        let children = children.into_iter().map(|child| (child, id.clone()));
        if is_grouped {
            children.rev().for_each(|child| open.push_front(child));
        } else {
            open.extend(children);
        }
    }
    lines
}

/// The nodes of the connections of the root, and of objects of the root.
fn roots(data: &Value) -> Vec<Value> {
    let fields = data.as_object().into_iter().flat_map(Map::values);
    fields.flat_map(|value| nodes(value).unwrap_or_else(|| roots(value))).collect()
}

/// The nodes of a value that is a connection.
fn nodes(value: &Value) -> Option<Vec<Value>> {
    let edges = value.get("edges")?.as_array()?;
    Some(edges.iter().map(|edge| edge["node"].clone()).collect())
}

/// A line without its connections, and their nodes.
fn split(fields: Map<String, Value>, parent: Value) -> (Value, Vec<Value>) {
    let mut line = json!({});
    let mut children = Vec::new();
    for (name, value) in fields {
        match nodes(&value) {
            Some(nodes) => children.extend(nodes),
            None => line[&name] = value,
        }
    }
    if !parent.is_null() {
        line["__parentId"] = parent;
    }
    (line, children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_name_their_parents() {
        let node = |id: &str, children: Value| json!({ "node": { "id": id, "variants": { "edges": children } } });
        let child = json!([{ "node": { "id": "v", "title": "Red" } }]);
        let data = json!({ "products": { "edges": [node("p", child), node("q", json!([]))] } });
        let result = lines(&data, false);
        assert_eq!(
            result.text,
            "{\"id\":\"p\"}\n{\"id\":\"q\"}\n{\"__parentId\":\"p\",\"id\":\"v\",\"title\":\"Red\"}\n"
        );
        assert_eq!((result.objects, result.roots), (3, 2));
        let grouped = lines(&data, true).text;
        assert_eq!(grouped.lines().next_back(), Some("{\"id\":\"q\"}"));
    }
}
