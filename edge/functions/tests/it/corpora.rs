//! The seeds of the fuzz targets, and inputs that once failed, in the ordinary build.

#[path = "../../../fuzz/checks.rs"]
mod checks;
#[path = "../../../../origin/fuzz/corpus.rs"]
mod corpus;

use corpus::check_corpus;

#[test]
fn queries() {
    check_corpus("query", 30, checks::query);
}

#[test]
fn proxied_queries() {
    check_corpus("proxy", 25, checks::proxy);
}

#[test]
fn tokens() {
    check_corpus("tokens", 20, checks::tokens);
}

#[test]
fn id_tokens() {
    check_corpus("id_tokens", 20, checks::id_tokens);
}

#[test]
fn bookmarks() {
    check_corpus("bookmarks", 15, checks::bookmarks);
}

#[test]
fn events() {
    check_corpus("events", 50, checks::events);
}
