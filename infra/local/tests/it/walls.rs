//! The dependency rules between packages, checked on Cargo's metadata.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Most lines of a room's README.
const README_LINES_MAX: usize = 80;
/// The rooms of the edit loop.
const EDIT_LOOP: [&str; 12] = [
    "cache",
    "domain-cart",
    "domain-catalog",
    "domain-configurator",
    "domain-core",
    "domain-loyalty",
    "domain-privacy",
    "domain-shopify",
    "domain-staff",
    "edge-emulator",
    "edge-functions",
    "edge-wire",
];
/// The crates of the domain, each with those it may use: arrows point towards `domain-core`.
const DOMAIN: [(&str, &[&str]); 8] = [
    ("domain-core", &[]),
    ("domain-shopify", &["domain-core"]),
    ("domain-staff", &["domain-core"]),
    ("domain-configurator", &["domain-core", "domain-shopify"]),
    ("domain-catalog", &["domain-configurator", "domain-core"]),
    ("domain-loyalty", &["domain-core", "domain-shopify"]),
    ("domain-cart", &["domain-catalog", "domain-configurator", "domain-core", "domain-shopify"]),
    ("domain-privacy", &["domain-cart", "domain-core", "domain-loyalty", "domain-shopify"]),
];
/// What a pure room must not reach: runtimes, sockets, clocks' and chance's owners, AWS.
const IMPURE: [&str; 11] = [
    "aws-",
    "axum",
    "dynoxide",
    "getrandom",
    "hyper",
    "lambda",
    "moka",
    "rand",
    "rusqlite",
    "tokio",
    "ureq",
];
/// Needs that Cargo lists only because it resolves the workspace as one: a feature that another room
/// turned on. The parser of CEL reads UUIDs, moka makes them; alone, `domain-loyalty` reaches no
/// randomness (`cargo tree -p domain-loyalty`).
const NEEDS_OF_OTHERS: [(&str, &str); 1] = [("uuid", "getrandom")];

fn metadata() -> Metadata {
    let platform = "--filter-platform=x86_64-unknown-linux-gnu".to_owned();
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec![platform, "--locked".to_owned()])
        .exec()
        .unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all packages that building `room` needs; optionally with its tests' needs.
fn needs(metadata: &Metadata, room: &str, with_tests: bool) -> BTreeSet<String> {
    let names: BTreeMap<&PackageId, &str> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let nodes: BTreeMap<&PackageId, _> =
        metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (&node.id, node)).collect();
    let start = *names.iter().find(|(_, name)| **name == room).unwrap().0;
    let mut dependencies = BTreeSet::new();
    let mut open = vec![start];
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let is_needed = dependency.dep_kinds.iter().any(|kind| match kind.kind {
                DependencyKind::Development => with_tests && id == start,
                _ => true,
            });
            let is_own = !NEEDS_OF_OTHERS.contains(&(names[id], names[&dependency.pkg]));
            if is_needed && is_own && dependencies.insert(names[&dependency.pkg].to_owned()) {
                open.push(&dependency.pkg);
            }
        }
    }
    dependencies
}

fn reached(dependencies: &BTreeSet<String>, forbidden: &[&str]) -> Vec<String> {
    let is_forbidden = |name: &&String| forbidden.iter().any(|start| name.starts_with(start));
    dependencies.iter().filter(is_forbidden).cloned().collect()
}

#[test]
fn only_the_adapters_see_the_aws_sdk() {
    for package in metadata().workspace_packages() {
        let uses_sdk = package.dependencies.iter().any(|dependency| {
            dependency.kind == DependencyKind::Normal && dependency.name.starts_with("aws-sdk-")
        });
        assert_eq!(uses_sdk, package.name.as_str() == "origin-adapters", "{}", package.name);
    }
}

#[test]
fn wire_edge_functions_domain_and_the_bill_are_pure() {
    let metadata = metadata();
    let rooms = ["edge-wire", "edge-functions", "edge-lambda", "infra-cost"];
    for room in rooms.into_iter().chain(DOMAIN.map(|(name, _)| name)) {
        let impure = reached(&needs(&metadata, room, false), &IMPURE);
        assert_eq!(impure, Vec::<String>::new(), "{room} reaches out");
    }
}

#[test]
fn the_arrows_of_the_domain_point_towards_its_core() {
    for (name, allowed) in DOMAIN {
        let metadata = metadata();
        let package = metadata.workspace_packages().into_iter().find(|one| *one.name == name);
        let dependencies = &package.unwrap_or_else(|| panic!("{name} is no package")).dependencies;
        let mut used: Vec<&str> = dependencies
            .iter()
            .filter(|one| one.kind == DependencyKind::Normal && one.path.is_some())
            .map(|one| one.name.as_str())
            .collect();
        used.sort_unstable();
        assert_eq!(used, allowed, "{name}");
    }
}

#[test]
fn the_emulator_and_the_cache_and_the_bus_stand_alone() {
    let metadata = metadata();
    let ours: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    for room in
        ["edge-emulator", "cache", "infra-bus", "infra-dynamo", "infra-lambdas", "infra-shopify"]
    {
        let needed = needs(&metadata, room, false);
        let of_ours: Vec<_> = needed.intersection(&ours).collect();
        assert_eq!(of_ours, Vec::<&String>::new(), "{room} needs other rooms");
    }
}

#[test]
fn no_package_depends_on_the_simulation() {
    for package in metadata().workspace_packages() {
        let needs_it = package.dependencies.iter().any(|one| one.name == "infra-simulation");
        assert!(!needs_it, "{}", package.name);
    }
}

#[test]
fn the_edit_loop_builds_without_the_sdk_and_the_embedded_table() {
    let metadata = metadata();
    let alias = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    let words: Vec<&str> = alias.split([' ', '\n', '"', '\\']).collect();
    for room in EDIT_LOOP {
        assert!(words.windows(2).any(|pair| pair == ["-p", room]), "the alias lacks {room}");
        let heavy = reached(&needs(&metadata, room, true), &["aws-", "dynoxide", "rusqlite"]);
        assert_eq!(heavy, Vec::<String>::new(), "{room} became heavy");
    }
}

#[test]
fn every_dependency_has_one_version_in_the_workspace_table() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for package in metadata().workspace_packages() {
        let own = std::fs::read_to_string(&package.manifest_path).unwrap();
        for dependency in &package.dependencies {
            let name = &dependency.name;
            let is_listed = manifest.lines().any(|line| {
                line.split([' ', '.']).next() == Some(name.as_str()) && line.contains('=')
            });
            assert!(is_listed, "{}: {name} is not in [workspace.dependencies]", package.name);
            assert!(!own.contains(&format!("{name} = \"")), "{}: {name}", package.name);
        }
    }
}

#[test]
fn every_readme_has_at_most_eighty_lines() {
    for package in metadata().workspace_packages() {
        // The crates of the domain are one room.
        let folder = package.manifest_path.parent().unwrap();
        let room = if package.name.starts_with("domain-") { folder.parent() } else { Some(folder) };
        let readme = room.unwrap().join("README.md");
        let lines = std::fs::read_to_string(&readme).unwrap().lines().count();
        assert!((1..=README_LINES_MAX).contains(&lines), "{readme}: {lines} lines");
    }
}
