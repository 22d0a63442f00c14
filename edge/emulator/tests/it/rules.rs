//! `RULES.md`, and the citations of it in sources and tests.
//!
//! A citation is one of these, in a comment or a string of a Rust file:
//!
//! - `(6.4)`, `(9.1, 9.3)`, `(15.1–15.3)`, `(1.2: why)`: rule numbers right after a parenthesis;
//! - `10.1: why` at the start: rule numbers, then a colon;
//! - `rule 6.4`, `section 10`, `sections 1 and 2`, `case 106`, unless an RFC's number precedes.
//!
//! In Markdown only the third form counts. Lists are separated by `, `, ` and `, ` to ` or `–`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

const RULES: &str = include_str!("../../RULES.md");
const README: &str = include_str!("../../README.md");

const STATUSES: [&str; 4] = ["*emulated*", "*approximated*", "*refused*", "*absent*"];
const KEYWORDS: [&str; 6] = ["rules ", "rule ", "sections ", "section ", "cases ", "case "];
const SEPARATORS: [&str; 4] = [", ", " and ", " to ", "–"];

/// What a citation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Citation {
    Rule(u32, u32),
    Section(u32),
    TestCase(u32),
}

/// A Rust file of this crate.
struct Source {
    path: PathBuf,
    text: String,
}

// === impl Citation ===

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(section, rule) => write!(f, "rule {section}.{rule}"),
            Self::Section(section) => write!(f, "section {section}"),
            Self::TestCase(case) => write!(f, "case {case}"),
        }
    }
}

// === impl Source ===

impl Source {
    /// All Rust files below these directories of the crate.
    fn all(directories: &[&str]) -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut pending: Vec<PathBuf> = directories.iter().map(|name| root.join(name)).collect();
        let mut sources = Vec::new();
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Self { text: fs::read_to_string(&path).unwrap(), path });
            }
        }
        sources
    }

    /// The module's own name: that of the file, or of the directory of a `mod.rs`.
    fn module(&self) -> &str {
        let stem = self.path.file_stem().unwrap().to_str().unwrap();
        match stem {
            "mod" => self.path.parent().unwrap().file_name().unwrap().to_str().unwrap(),
            stem => stem,
        }
    }

    /// The names of all functions that are defined in it.
    fn functions(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter_map(function_of)
    }
}

/// The function whose definition the line begins.
fn function_of(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_definition = before.trim().is_empty() || before.trim() == "async";
    is_definition.then(|| after.split('(').next().unwrap_or_default())
}

/// The parts of a line of Rust that people read: its string literals and its comment.
fn prose(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '/']) {
        if let Some(comment) = rest[at..].strip_prefix("//") {
            parts.push(comment.trim_start_matches(['/', '!', ' ']));
            break;
        }
        let begins_string = rest[at..].starts_with('"') && !rest[..at].ends_with('\'');
        rest = &rest[at + 1..];
        if begins_string {
            let mut escaped = false;
            let end = rest.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            parts.push(&rest[..end.unwrap_or(rest.len())]);
            rest = end.map_or("", |end| &rest[end + 1..]);
        }
    }
    parts
}

/// Reads `N.M` or `N`, of at most two digits each; a case alone may have three.
fn number(text: &str) -> Option<(Citation, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (section, rest) = text.split_at(digits(text));
    let section = section.parse().ok().filter(|_| section.len() <= 3)?;
    let fraction = rest.strip_prefix('.').map_or(0, digits);
    if fraction == 0 {
        return Some((Citation::Section(section), rest));
    }
    let (rule, rest) = rest[1..].split_at(fraction);
    let is_longer = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '%')
        || rest.strip_prefix('.').is_some_and(|rest| digits(rest) > 0);
    match rule.parse() {
        Ok(rule) if !is_longer && rule < 100 && section < 100 => {
            Some((Citation::Rule(section, rule), rest))
        }
        _ => None,
    }
}

/// Reads a list of numbers, and what follows it.
fn numbers(text: &str) -> (Vec<Citation>, &str) {
    let mut citations = Vec::new();
    let mut rest = text;
    while let Some((citation, after)) = number(rest) {
        citations.push(citation);
        let next = SEPARATORS.iter().filter_map(|separator| after.strip_prefix(*separator));
        match next.into_iter().find(|next| number(next).is_some()) {
            Some(next) => rest = next,
            None => return (citations, after),
        }
    }
    (citations, rest)
}

/// The numbers after `rule`, `section` or `case`, in any text.
fn by_keyword(text: &str, citations: &mut Vec<Citation>) {
    for (at, _) in text.char_indices() {
        let before = text[..at].trim_end_matches([' ', ',']);
        let is_word = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_of_rfc = before.ends_with(|c: char| c.is_ascii_digit())
            && before.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with("RFC ");
        if !is_word || is_of_rfc {
            continue;
        }
        let keyword = KEYWORDS.iter().find(|keyword| text[at..].starts_with(**keyword));
        let Some(keyword) = keyword else { continue };
        let (cited, _) = numbers(&text[at + keyword.len()..]);
        citations.extend(cited.into_iter().map(|citation| match citation {
            Citation::Section(case) if keyword.starts_with("case") => Citation::TestCase(case),
            other => other,
        }));
    }
}

/// The numbers right after a parenthesis, or at the start before a colon.
fn by_place(text: &str, citations: &mut Vec<Citation>) {
    let (cited, rest) = numbers(text);
    if matches!(cited.first(), Some(Citation::Rule(..))) && rest.starts_with(':') {
        citations.extend(cited);
    }
    for (at, _) in text.match_indices('(') {
        let (cited, rest) = numbers(&text[at + 1..]);
        let is_rule = matches!(cited.first(), Some(Citation::Rule(..)));
        if is_rule && rest.starts_with([')', ',', ':', ';']) {
            citations.extend(cited);
        }
    }
}

/// All that a Rust file cites, with its lines.
fn cited_by(source: &Source) -> Vec<(usize, Citation)> {
    let mut all = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let mut citations = Vec::new();
        for part in prose(line) {
            by_keyword(part, &mut citations);
            by_place(part, &mut citations);
        }
        all.extend(citations.into_iter().map(|citation| (index + 1, citation)));
    }
    all
}

/// All that `RULES.md` defines.
fn defined() -> BTreeSet<Citation> {
    let mut defined = BTreeSet::new();
    for line in RULES.lines() {
        let section = line.strip_prefix("## ").and_then(number);
        let rule = line.strip_prefix("- **").and_then(number);
        let case = line.strip_prefix("| ").and_then(number);
        let definition = match (section, rule, case) {
            (Some((section, _)), _, _) => section,
            (_, Some((rule, _)), _) => rule,
            (_, _, Some((Citation::Section(case), _))) => Citation::TestCase(case),
            _ => continue,
        };
        assert!(defined.insert(definition), "RULES.md defines {definition} twice");
    }
    defined
}

/// The tests that `RULES.md` names, as module and function.
fn named_tests() -> BTreeSet<(&'static str, &'static str)> {
    let is_identifier = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    RULES
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
        .filter(|(module, name)| is_identifier(module) && is_identifier(name))
        .filter(|named| *named != ("module", "name"))
        .collect()
}

#[test]
fn every_citation_is_defined() {
    let defined = defined();
    let mut unknown = Vec::new();
    let mut count = 0;
    for source in Source::all(&["src", "tests"]) {
        for (line, citation) in cited_by(&source) {
            count += 1;
            if !defined.contains(&citation) {
                unknown.push(format!("{}:{line}: {citation}", source.path.display()));
            }
        }
    }
    for (name, text) in [("RULES.md", RULES), ("README.md", README)] {
        let mut citations = Vec::new();
        by_keyword(text, &mut citations);
        unknown.extend(
            citations.iter().filter(|it| !defined.contains(it)).map(|it| format!("{name}: {it}")),
        );
    }
    assert!(unknown.is_empty(), "not defined in RULES.md:\n{}", unknown.join("\n"));
    assert!(count > 150, "only {count} citations found: has their form changed?");
}

#[test]
fn every_test_that_a_rule_names_exists() {
    let mut functions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in Source::all(&["src", "tests"]) {
        let names = source.functions().map(str::to_owned);
        functions.entry(source.module().to_owned()).or_default().extend(names);
    }
    let named = named_tests();
    let missing: Vec<_> = named
        .iter()
        .filter(|(module, name)| !functions.get(*module).is_some_and(|it| it.contains(*name)))
        .collect();
    assert!(missing.is_empty(), "RULES.md names tests that are not there: {missing:?}");
    assert!(named.len() > 40, "only {} tests found: has their form changed?", named.len());
}

#[test]
fn every_rule_has_a_status_and_a_source() {
    let rules = RULES.split("\n- **").skip(1).filter(|rule| number(rule).is_some());
    for rule in rules {
        let rule = rule.split("\n\n").next().unwrap_or_default();
        let rule = rule.split_whitespace().collect::<Vec<_>>().join(" ");
        let status = rule.split("** ").nth(1).and_then(|text| text.split(' ').next());
        assert!(status.is_some_and(|status| STATUSES.contains(&status)), "no status: {rule}");
        let sources = ["[", "nferred", "ur choice", "not documented"];
        let has_source = sources.iter().any(|source| rule.contains(source));
        assert!(has_source, "no source: {rule}");
    }
    for (name, after) in RULES.split('[').skip(1).filter_map(|text| text.split_once(']')) {
        let link = format!("\n[{name}]: https://");
        assert!(after.starts_with('(') || RULES.contains(&link), "no link for [{name}]");
    }
}

#[test]
fn citations_are_distinguished_from_other_numbers() {
    use Citation::{Rule, Section, TestCase};
    for (line, expected) in [
        ("/// The longest path item (14.1).", vec![Rule(14, 1)]),
        (
            "x(); // Shared (9.1, 9.3) or not (6.4, 8).",
            vec![Rule(9, 1), Rule(9, 3), Rule(6, 4), Section(8)],
        ),
        ("//! Attempts around an origin (15.1–15.3).", vec![Rule(15, 1), Rule(15, 3)]),
        ("//! Judged here (7.6, RFC 9110 section 13.2.2).", vec![Rule(7, 6)]),
        ("// 10.3, 10.4: others.", vec![Rule(10, 3), Rule(10, 4)]),
        ("assert_eq!(a, \"b\", \"4.18: the \\\"raw\\\" path\");", vec![Rule(4, 18)]),
        ("//! Admission (sections 1 and 2), rule 1.5.", vec![Section(1), Section(2), Rule(1, 5)]),
        ("/// Rejected (case 106).", vec![TestCase(106)]),
        ("let via = \"1.1 nginx\"; // `1.1 x` (RFC 3986, 6.2.2.2)", vec![]),
        ("let address = \"127.0.0.1:80\"; f(1.5);", vec![]),
        ("(\"max-age=1, s-maxage=1.5\", \"q=0.5\", '\"', \"(1.5 MB)\")", vec![]),
    ] {
        let source = Source { path: PathBuf::new(), text: line.to_owned() };
        let mut citations: Vec<_> = cited_by(&source).into_iter().map(|(_, it)| it).collect();
        let mut expected = expected;
        citations.sort_unstable();
        expected.sort_unstable();
        assert_eq!(citations, expected, "{line}");
    }
}
