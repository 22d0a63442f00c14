//! Classes 1 to 5: path confusion.

use super::matrix::{Attack, attack, check};
use super::naive::{forwards_all, keeps_viewers_headers, normalises_paths};
use super::scene::{RequestBuilder, Who, personal};
use super::trusting::obeys_paths_in_headers;

const SUFFIXES: [&str; 12] =
    ["css", "js", "png", "jpg", "gif", "ico", "svg", "woff", "woff2", "pdf", "json", "map"];
const DELIMITERS: [&str; 18] = [
    ";", "&", "#", "%00", "%09", "%0a", "%0d", "%23", "%26", "%3b", "%3f", "%253b", "%2523", "\\",
    "%5c", "%20", ",", "!",
];

/// Ada follows a link to `target`; then an anonymous viewer and Ben request it.
fn deception(target: String) -> Attack {
    attack(target.clone(), move |visit| {
        for who in [Who::Ada, Who::Anonymous, Who::Ben, Who::Anonymous] {
            visit.send(who, &RequestBuilder::get(target.as_str()));
        }
    })
}

fn check_targets(targets: impl Fn(&str) -> Vec<String>) {
    let targets = personal().into_iter().flat_map(|(_, path)| {
        let proxied = targets(&format!("/proxy{path}"));
        targets(&path).into_iter().chain(proxied)
    });
    check(&[], &[normalises_paths], &targets.map(deception).collect::<Vec<_>>());
}

#[test]
fn a_static_suffix_makes_no_personal_answer_a_file() {
    let targets = |path: &str| {
        let suffixed = |suffix: &&str| [format!("{path}/x.{suffix}"), format!("{path}.{suffix}")];
        SUFFIXES.iter().flat_map(suffixed).collect()
    };
    check_targets(targets);
}

#[test]
fn a_delimiter_hides_no_suffix_from_the_key() {
    let targets = |path: &str| {
        let delimited = |it: &&str| {
            [format!("{path}{it}x.css"), format!("{path}{it}/x.css"), format!("{path}{it}")]
        };
        DELIMITERS.iter().flat_map(delimited).collect()
    };
    check_targets(targets);
}

#[test]
fn dots_and_escaped_slashes_reach_no_personal_answer() {
    let targets = |path: &str| {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let below = ["..%2f", "%2e%2e/", "%2e%2e%2f", "../", "..;/", "%252e%252e%252f", "..%5c"];
        let mut targets: Vec<String> =
            below.iter().map(|dots| format!("{path}/x/{dots}{dots}{name}")).collect();
        targets.extend(below.iter().map(|dots| format!("{path}/{dots}{name}")));
        targets.extend(below.iter().map(|dots| format!("/static/{dots}{}", &path[1..])));
        let public = ["/v1/configurator", "/v1/loyalty/program", "/v1/openapi.json"];
        let up = "..%2f..%2f..%2f";
        targets.extend(public.iter().map(|it| format!("{it}/{up}{}", &path[1..])));
        targets.extend([
            format!("/.{path}"),
            format!("/{path}"),
            format!("{path}/"),
            format!("{path}/."),
            format!("{parent}//{name}"),
            format!("{parent}/./{name}"),
            format!("{parent}%2f{name}"),
            format!("{parent}%2F{name}"),
            format!("{parent}/%{:02x}{}", name.as_bytes()[0], &name[1..]),
            format!("{parent}/{}", name.to_uppercase()),
        ]);
        targets
    };
    check_targets(targets);
}

#[test]
fn a_well_known_file_is_never_a_personal_answer() {
    let targets = |path: &str| {
        let files = ["robots.txt", "index.html", "favicon.ico", "sitemap.xml", "health"];
        let disguised = |file: &&str| {
            [
                format!("{path}/{file}"),
                format!("{path}/..%2f{file}"),
                format!("/{file}/..%2f{}", &path[1..]),
                format!("{path}/%2e%2e/%2e%2e/{file}"),
                format!("{path}%2f..%2f..%2f{file}"),
            ]
        };
        files.iter().flat_map(disguised).collect()
    };
    check_targets(targets);
}

#[test]
fn a_path_in_a_header_is_ignored() {
    let names = ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Path"];
    let into = |path: &'static str, to: &'static str, name: &'static str| {
        attack(format!("{name}: {to} at {path}"), move |visit| {
            visit.send(Who::Ben, &RequestBuilder::get(path).with(name, to));
            visit.expect_plain(Who::Anonymous, path);
            visit.expect_plain(Who::Ada, path);
        })
    };
    let attacks = names.iter().flat_map(|name| {
        [
            into("/v1/configurator/bike", "/v1/configurator/tee", name),
            into("/v1/loyalty/program", "/v1/loyalty", name),
            into("/v1/loyalty", "/v1/loyalty/program", name),
            into("/v1/cart", "/v1/loyalty", name),
        ]
    });
    check(
        &[obeys_paths_in_headers],
        &[keeps_viewers_headers, forwards_all],
        &attacks.collect::<Vec<_>>(),
    );
}
