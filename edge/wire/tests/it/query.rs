//! Query strings.

use edge_wire::query::{PAIRS_MAX, QueryError, parse, push};
use proptest::prelude::*;

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = parse(query).unwrap();
    pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn written(pairs: &[(String, String)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        push(&mut query, name, value);
    }
    query
}

#[test]
fn form_data_is_read_as_shopify_reads_it() {
    let query = "a=1&b&c=&d=x%3Dy=z&e[]=1&f=J%C3%BCrgen+O%27Neil&&a=%e2%82%ac&=q&";
    let expected = [
        ("a", "1"),
        ("b", ""),
        ("c", ""),
        ("d", "x=y=z"),
        ("e[]", "1"),
        ("f", "Jürgen O'Neil"),
        ("a", "€"),
        ("", "q"),
    ];
    assert_eq!(pairs(query), expected.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(pairs(""), []);
}

#[test]
fn a_query_that_is_not_percent_encoded_utf_8_is_rejected() {
    for bad in ["%", "a=%", "a=%4", "a=%g0", "a=%+1", "a=%ff", "a=%c3", "a=%ED%A0%80", "%C0%AF=1"] {
        assert_eq!(parse(bad), Err(QueryError::Encoding), "{bad}");
    }
    assert_eq!(parse(&"a&".repeat(PAIRS_MAX)).map(|pairs| pairs.len()), Ok(PAIRS_MAX));
    assert_eq!(parse(&"a&".repeat(PAIRS_MAX + 1)), Err(QueryError::TooMany));
}

#[test]
fn only_reserved_characters_are_escaped() {
    let all: String = (' '..='~').collect();
    let expected = "a=%20%21%22%23%24%25%26%27%28%29%2A%2B,-.%2F0123456789:%3B%3C%3D%3E%3F%40\
                    ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~";
    assert_eq!(written(&[("a".into(), all)]), expected);
    assert_eq!(written(&[("é".into(), String::new())]), "%C3%A9=");
}

proptest! {
    #[test]
    fn a_written_query_parses_to_the_same_pairs(
        pairs_written in prop::collection::vec(any::<(String, String)>(), 0..8),
    ) {
        let query = written(&pairs_written);
        prop_assert!(query.is_ascii());
        prop_assert_eq!(written(&pairs(&query)), query.clone());
        prop_assert_eq!(pairs(&query), pairs_written);
    }

    #[test]
    fn no_query_panics(query in any::<String>()) {
        let _ = parse(&query);
    }
}
