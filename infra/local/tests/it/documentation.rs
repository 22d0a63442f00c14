//! The documents name what exists: links, paths and symbols in `README.md`, `CONTRIBUTING.md` and
//! `docs/*.md` are looked up in the tree, so that a rename that forgets them fails here.
//!
//! The rules, on plain text:
//! - **Link**: the target of `[text](target)` without a scheme is a file beside the document.
//! - **Path**: a word inside backticks or a code block that begins with one of [`ROOMS`] and a slash
//!   exists. Of a word with `*` or `{` the folder before it exists.
//! - **Symbol**: a code span `name()` or `TypeName` (at least two words) is declared in a source
//!   file; so is the last part of `owner::name`, in a file that has the part before it as a word or
//!   in its path. A declaration is a name behind a keyword such as `fn`, or at the start of a line
//!   if it is capitalised, as variants are, or followed by a colon, as fields are.
//! - A code span ends on the line where it begins.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most words of the root README, so that a new reader finishes it.
const README_WORDS_MAX: usize = 700;
/// The top-level directories. Written out: a room that is renamed must not stop being checked.
const ROOMS: [&str; 9] =
    [".ci", ".cargo", ".github", "cache", "docs", "edge", "infra", "loadtests", "origin"];
/// Generated folders.
const GENERATED: [&str; 4] = ["node_modules", "target", "cdk.out", "dist"];
/// Extensions of source files.
const SOURCES: [&str; 4] = ["rs", "ts", "js", "mjs"];
/// Keywords before a declared name.
const KEYWORDS: [&str; 10] =
    ["fn", "struct", "enum", "trait", "const", "static", "type", "mod", "function", "class"];

/// A document with its path from the root.
struct Document {
    name: String,
    text: String,
}

/// A piece of a document that may name something.
struct Span<'a> {
    line: usize,
    text: &'a str,
    in_block: bool,
}

/// The parts of a source file that the symbol rule uses.
struct Source {
    /// The words of its text and of its path.
    words: BTreeSet<String>,
    declared: BTreeSet<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn documents() -> Vec<Document> {
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        names.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    let read = |name: String| {
        let text = std::fs::read_to_string(root().join(&name)).unwrap();
        Document { name, text }
    };
    names.into_iter().map(read).collect()
}

/// Code spans and the lines of code blocks. A span ends on its line.
fn code(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut in_block = false;
    for (number, text) in text.lines().enumerate() {
        let line = number + 1;
        if text.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            spans.push(Span { line, text, in_block });
        } else {
            let inside = text.split('`').skip(1).step_by(2);
            spans.extend(inside.map(|text| Span { line, text, in_block }));
        }
    }
    spans
}

/// The targets of links, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut result = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for rest in line.split("](").skip(1) {
            result.extend(rest.split_once(')').map(|(target, _)| (number + 1, target)));
        }
    }
    result
}

/// Words that look like a path of this repository.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| c.is_whitespace() || "\"'`(),;=<>".contains(c);
    let words = text.split(is_between).map(|word| word.trim_end_matches(['.', ':']));
    words.filter(|word| word.split_once('/').is_some_and(|(room, _)| ROOMS.contains(&room)))
}

fn exists(path: &str) -> bool {
    let literal = path.split(['*', '{']).next().unwrap_or(path);
    let known = match literal == path {
        true => path,
        false => literal.rsplit_once('/').map_or("", |(folder, _)| folder),
    };
    root().join(known).exists()
}

/// Owner, if one is given, and name of a span that is a symbol.
fn symbol(span: &str) -> Option<(Option<&str>, &str)> {
    let path = span.strip_suffix("()").unwrap_or(span);
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !path.split("::").all(is_name) {
        return None;
    }
    match path.rsplit_once("::") {
        Some((owners, name)) => Some((owners.rsplit("::").next(), name)),
        None => (path != span || is_type_name(path)).then_some((None, path)),
    }
}

/// `CachedCarts`; a single word such as `Action` may be prose, `ETag` is a header.
fn is_type_name(name: &str) -> bool {
    let is_step = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.as_bytes().windows(2).any(is_step)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn sources(folder: &Path, result: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !GENERATED.contains(&name.as_str()) && !name.starts_with('.') {
                sources(&path, result);
            }
        } else if SOURCES.iter().any(|end| path.extension().is_some_and(|it| it == *end)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let place = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            let words = words(&text).chain(words(&place)).map(str::to_owned).collect();
            result.push(Source { words, declared: declared(&text) });
        }
    }
}

fn declared(text: &str) -> BTreeSet<String> {
    let mut declared = BTreeSet::new();
    for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
        let parts: Vec<&str> = words(line).collect();
        let behind = parts.windows(2).filter(|pair| KEYWORDS.contains(&pair[0]));
        declared.extend(behind.map(|pair| pair[1].to_owned()));
        let first = parts.first().filter(|first| {
            let is_field = |rest: &str| rest.starts_with(':') && !rest.starts_with("::");
            let is_variant = first.starts_with(|c: char| c.is_ascii_uppercase());
            line.strip_prefix(**first).is_some_and(|rest| is_variant || is_field(rest))
        });
        declared.extend(first.map(|first| (*first).to_owned()));
    }
    declared
}

fn is_declared(sources: &[Source], owner: Option<&str>, name: &str) -> bool {
    sources.iter().any(|source| {
        source.declared.contains(name) && owner.is_none_or(|owner| source.words.contains(owner))
    })
}

fn assert_none(errors: &[String]) {
    assert!(errors.is_empty(), "{} wrong:\n{}", errors.len(), errors.join("\n"));
}

#[test]
fn every_room_that_documents_are_searched_for_exists() {
    for room in ROOMS {
        assert!(root().join(room).is_dir(), "{room} is not a directory: change ROOMS");
    }
}

#[test]
fn every_link_of_a_document_points_to_a_file() {
    let mut errors = Vec::new();
    for Document { name, text } in documents() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for (line, target) in links(&text) {
            let file = target.split('#').next().unwrap_or_default();
            if !target.contains(':') && !file.is_empty() && !folder.join(file).exists() {
                errors.push(format!("{name}:{line}: the link target `{file}` does not exist"));
            }
        }
    }
    assert_none(&errors);
}

#[test]
fn every_code_span_ends_on_its_line() {
    let mut errors = Vec::new();
    for Document { name, text } in documents() {
        let is_open = |line: &str| !line.contains("```") && line.matches('`').count() % 2 == 1;
        let open = text.lines().enumerate().filter(|(_, line)| is_open(line));
        errors
            .extend(open.map(|(number, _)| format!("{name}:{}: a code span is open", number + 1)));
    }
    assert_none(&errors);
}

#[test]
fn every_path_a_document_names_exists() {
    let mut errors = Vec::new();
    for Document { name, text } in documents() {
        for span in code(&text) {
            for path in paths(span.text).filter(|path| !exists(path)) {
                errors.push(format!("{name}:{}: the path `{path}` does not exist", span.line));
            }
        }
    }
    assert_none(&errors);
}

#[test]
fn every_symbol_a_document_names_is_declared() {
    let mut all = Vec::new();
    sources(&root(), &mut all);
    let mut errors = Vec::new();
    for Document { name, text } in documents() {
        for span in code(&text).into_iter().filter(|span| !span.in_block) {
            let Some((owner, symbol)) = symbol(span.text) else { continue };
            if !is_declared(&all, owner, symbol) {
                errors.push(format!(
                    "{name}:{}: `{}` is not declared in any source file",
                    span.line, span.text
                ));
            }
        }
    }
    assert_none(&errors);
}

#[test]
fn the_readme_has_at_most_seven_hundred_words() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let count = readme.split_whitespace().count();
    assert!(count <= README_WORDS_MAX, "README.md: {count} words, at most {README_WORDS_MAX}");
}

/// The rules themselves, on a text with one of each.
#[test]
fn spans_links_paths_and_symbols_are_recognised() {
    let text = "See [a](docs/A.md#b) and `edge/wire`.\n```sh\nrun infra/package --x\n```\n";
    assert_eq!(links(text), [(1, "docs/A.md#b")]);
    let result: Vec<&str> = code(text).iter().flat_map(|span| paths(span.text)).collect();
    assert_eq!(result, ["edge/wire", "infra/package"]);
    assert_eq!(symbol("cart::CartCommands::accept"), Some((Some("CartCommands"), "accept")));
    assert_eq!(symbol("finish()"), Some((None, "finish")));
    assert_eq!(symbol("CachedCarts"), Some((None, "CachedCarts")));
    for prose in ["finish", "Action", "ETag", "cart/{id}", "202", ""] {
        assert_eq!(symbol(prose), None, "{prose}");
    }
    let source =
        "pub enum Kind {\n    /// Kind::Gone\n    CartCommanded,\n    at: Time,\n}\ncall();";
    let expected = ["CartCommanded", "Kind", "at"].map(str::to_owned);
    assert_eq!(declared(source), BTreeSet::from(expected));
}
