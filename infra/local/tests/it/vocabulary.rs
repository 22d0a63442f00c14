//! The repository is written in plain technical English: words of another register are counted over
//! the whole tree, and their number only falls.
//!
//! A word is counted wherever it stands in a source file or document, also as a part of a
//! `snake_case` name. Quotations are left out: lines of Markdown that begin with `>`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is counted, and how often it may occur. Lower a number when you remove an occurrence; never
/// raise one. Written in two parts, so that this file does not count itself.
const CEILINGS: [([&str; 2], usize); 8] = [
    (["to", "ld"], 5),
    (["ke", "pt"], 5),
    (["who", "ever"], 5),
    (["some", "body"], 5),
    (["no", "body"], 14),
    (["as", "ked"], 5),
    (["wan", "ted"], 5),
    (["is ", "none"], 5),
];
/// What sources and documents are written in.
const EXTENSIONS: [&str; 5] = ["rs", "ts", "js", "mjs", "md"];
/// Folders that tools fill, or that hold recorded data.
const LEFT_OUT: [&str; 7] =
    ["node_modules", "target", "cdk.out", "dist", "artifacts", "golden", "vectors"];

/// Every source and document below `folder`.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            let is_hidden = name.starts_with('.') && ![".ci", ".github"].contains(&name);
            if !is_hidden && !LEFT_OUT.contains(&name) {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|it| EXTENSIONS.iter().any(|one| it == *one)) {
            files.push(path);
        }
    }
}

/// The words of a text in lower case, each between single spaces. A phrase of several words is looked
/// for in prose only, where `is_none()` is one word.
fn words(text: &str, is_phrase: bool) -> String {
    let is_quotation = |line: &&str| line.trim_start().starts_with("> ");
    let lines: Vec<&str> = text.lines().filter(|line| !is_quotation(line)).collect();
    let lower = lines.join("\n").to_lowercase();
    let is_letter = |letter: char| letter.is_alphanumeric() || (is_phrase && letter == '_');
    let words: Vec<&str> =
        lower.split(|letter| !is_letter(letter)).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

#[test]
fn words_of_another_register_become_fewer() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 500, "{} files in {}", files.len(), root.display());
    let texts: BTreeMap<&PathBuf, String> =
        files.iter().map(|path| (path, std::fs::read_to_string(path).unwrap())).collect();
    let mut over = Vec::new();
    for (parts, ceiling) in CEILINGS {
        let word = format!(" {} ", parts.concat());
        let count_in = |text: &String| {
            let words = words(text, parts[0].ends_with(' '));
            // Two occurrences in a row share a space.
            words.replace(' ', "  ").matches(&word.replace(' ', "  ")).count()
        };
        let counts = texts.iter().map(|(path, text)| (path, count_in(text)));
        let found: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
        let count: usize = found.iter().map(|(_, count)| count).sum();
        let places = found.iter().map(|(path, count)| format!("  {count} in {}", path.display()));
        if count > ceiling {
            over.push(format!("`{}` {count} times of {ceiling}", word.trim()));
            over.extend(places);
        }
    }
    assert!(over.is_empty(), "plainer words exist:\n{}", over.join("\n"));
}
