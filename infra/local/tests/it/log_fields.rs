//! A log line's fields have one name per thing: those that `docs/LOGS.md` lists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 4] = ["origin", "edge", "infra", "cache"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Rust sources of `folder`, without its tests.
fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["tests", "target", "node_modules"].contains(&name) {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The names of the fields in the arguments of a `tracing` macro: up to the message.
fn fields(arguments: &str) -> Vec<String> {
    let end =
        arguments.find(", \"").unwrap_or(if arguments.starts_with('"') { 0 } else { usize::MAX });
    let mut arguments = arguments.get(..end).unwrap_or(arguments).to_owned();
    // The value of a field may be a text.
    while let Some((before, rest)) = arguments.split_once('"') {
        arguments = format!("{before}{}", rest.split_once('"').map_or("", |(_, after)| after));
    }
    let names = arguments.split(',').map(|one| one.split('=').next().unwrap_or_default().trim());
    let names = names.map(|name| name.trim_start_matches(['%', '?']).to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn a_macro_s_fields_are_found() {
    assert_eq!(fields("\"a message\""), Vec::<String>::new());
    let mixed = "%error, jobs = jobs.len(), reason = \"old\", ?phase, \"a message, long\"";
    assert_eq!(fields(mixed), ["error", "jobs", "reason", "phase"]);
}

#[test]
fn every_field_of_a_log_line_is_listed_and_every_listed_one_is_used() {
    let mut texts = Vec::new();
    ROOMS.iter().for_each(|room| sources(&root().join(room), &mut texts));
    let mut used = BTreeSet::new();
    for text in &texts {
        for level in ["error", "warn", "info", "debug", "trace"] {
            for call in text.split(&format!("tracing::{level}!(")).skip(1) {
                let statement = call.split(");").next().unwrap_or_default();
                let flat = statement.split_whitespace().collect::<Vec<_>>().join(" ");
                used.extend(fields(&flat));
            }
        }
    }
    let document = std::fs::read_to_string(root().join("docs/LOGS.md")).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(used, listed);
}
