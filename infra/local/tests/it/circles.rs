//! Files that use each other in a circle are read together. No circle is longer than a reader can
//! hold, in any crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Most files of one circle.
const CIRCLE_FILES_MAX: usize = 4;

type Module = Vec<String>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files below a crate's `src`, by their module paths.
fn modules(src: &Path, prefix: &Module, modules: &mut BTreeMap<Module, String>) {
    let mut entries: Vec<_> = std::fs::read_dir(src).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut module = prefix.clone();
        if path.is_dir() {
            module.push(name);
            self::modules(&path, &module, modules);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            if !["lib", "main", "mod"].contains(&name.as_str()) {
                module.push(name);
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let is_code = |line: &&str| !line.trim_start().starts_with("//");
            modules.insert(module, code.lines().filter(is_code).collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The modules that a file names in paths from `crate` or `super`, re-exports aside.
fn used(module: &Module, code: &str, modules: &BTreeMap<Module, String>) -> BTreeSet<Module> {
    let mut used = BTreeSet::new();
    let statements = code.split(';').filter(|statement| !statement.trim_start().starts_with("pub"));
    for statement in statements.flat_map(|statement| statement.split([' ', '(', '<', '&', '{'])) {
        let mut segments = statement.split("::").map(str::trim).peekable();
        let mut path: Module = match segments.peek() {
            Some(&"crate") => Vec::new(),
            Some(&"super") => module.clone(),
            _ => continue,
        };
        while let Some(step) = segments.next_if(|step| ["crate", "super"].contains(step)) {
            if step == "super" {
                path.pop();
            }
        }
        path.extend(segments.map(str::to_owned));
        while !path.is_empty() && !modules.contains_key(&path) {
            path.pop();
        }
        if !path.is_empty() && path != *module {
            used.insert(path);
        }
    }
    used
}

/// Everything that can be reached from a module.
fn reached(from: &Module, edges: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Module> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for next in &edges[module] {
            if reached.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    reached
}

/// The largest set of files of a crate that use each other in a circle.
fn largest_circle(src: &Path) -> Vec<String> {
    let mut files = BTreeMap::new();
    modules(src, &Vec::new(), &mut files);
    let edges: BTreeMap<Module, BTreeSet<Module>> =
        files.iter().map(|(module, code)| (module.clone(), used(module, code, &files))).collect();
    let all: BTreeMap<&Module, BTreeSet<Module>> =
        edges.keys().map(|module| (module, reached(module, &edges))).collect();
    let circle = |module: &Module| -> Vec<String> {
        let others = all[module].iter().filter(|other| all[other].contains(module));
        others.map(|other| other.join("::")).collect()
    };
    edges.keys().map(circle).max_by_key(Vec::len).unwrap_or_default()
}

#[test]
fn no_circle_of_files_is_longer_than_four() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let paths =
        manifest.lines().filter_map(|line| line.split_once("{ path = \"")?.1.split('"').next());
    let mut crates: Vec<&str> = paths.collect();
    crates.extend(["infra/local", "infra/simulation", "edge/lambda"]);
    assert!(crates.len() > 15, "the crates are found: {crates:?}");
    for path in crates {
        let circle = largest_circle(&root().join(path).join("src"));
        assert!(circle.len() <= CIRCLE_FILES_MAX, "{path}: {} files: {circle:?}", circle.len());
    }
}
