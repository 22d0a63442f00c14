//! Named requests, each with the verdict it must have. They are the vector file's source.

mod bookmarks;
mod callers;
mod commands;
mod headers;
mod paths;
mod persons;
mod preflights;
mod proxied;
mod queries;

use std::collections::BTreeMap;

use edge_functions::event::{Header, Headers, Request, Response};
use edge_functions::{Verdict, viewer_request};
use edge_wire::identity::{Identity, Kind, MACHINE, verify, verify_session};
use edge_wire::problem::{Code, MEDIA_TYPE};

use crate::fixture::{Configuration, NOW, PLAIN};

/// A request and its expected verdict.
pub(crate) struct TestCase {
    pub(crate) name: String,
    pub(crate) configuration: &'static Configuration,
    pub(crate) now_unix_s: u64,
    pub(crate) request: Request,
    expected: Expected,
}

enum Expected {
    Forwarded {
        uri: String,
        querystring: String,
        identities: Vec<Identity>,
        /// Headers beside [`ALWAYS_FORWARDED`]; `None`: as the viewer sent it.
        headers: BTreeMap<&'static str, Option<String>>,
    },
    Rejected {
        code: Code,
        field: Option<String>,
        allow: Option<&'static str>,
    },
    Answered {
        status: &'static str,
        headers: &'static [(&'static str, &'static str)],
        body: Option<&'static str>,
    },
}

/// Headers that are forwarded on every route if the viewer sent them.
const ALWAYS_FORWARDED: [&str; 6] =
    ["accept-encoding", "content-length", "content-type", "host", "user-agent", "via"];

pub(crate) fn all() -> Vec<TestCase> {
    [
        paths::cases(),
        queries::cases(),
        callers::cases(),
        persons::cases(),
        bookmarks::cases(),
        commands::cases(),
        proxied::cases(),
        headers::cases(),
        preflights::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

// === building ===

/// Is forwarded with this path and query.
fn forwards(name: impl Into<String>, request: Request, target: &str) -> TestCase {
    let (uri, querystring) = target.split_once('?').unwrap_or((target, ""));
    let (uri, querystring) = (uri.to_owned(), querystring.to_owned());
    let (identities, headers) = (Vec::new(), BTreeMap::new());
    case(name, request, Expected::Forwarded { uri, querystring, identities, headers })
}

/// Is rejected with this problem.
fn rejects(name: impl Into<String>, request: Request, code: Code) -> TestCase {
    case(name, request, Expected::Rejected { code, field: None, allow: None })
}

fn case(name: impl Into<String>, request: Request, expected: Expected) -> TestCase {
    TestCase { name: name.into(), configuration: &PLAIN, now_unix_s: NOW, request, expected }
}

impl TestCase {
    fn under(mut self, configuration: &'static Configuration) -> Self {
        self.configuration = configuration;
        self
    }

    fn at(mut self, now_unix_s: u64) -> Self {
        self.now_unix_s = now_unix_s;
        self
    }

    fn by_cart(self, id: &str) -> Self {
        self.identified(Kind::Cart, id)
    }

    fn by_customer(self, id: &str) -> Self {
        self.identified(Kind::Customer, id)
    }

    fn by_person(self, id: &str) -> Self {
        self.identified(Kind::Staff, id)
    }

    fn by_staff(self) -> Self {
        self.identified(Kind::Staff, MACHINE)
    }

    fn identified(mut self, kind: Kind, id: &str) -> Self {
        if let Expected::Forwarded { identities, .. } = &mut self.expected {
            identities.push(Identity { kind, id: id.to_owned() });
        }
        self
    }

    /// Forwards a header as the viewer sent it.
    fn forwards_header(mut self, name: &'static str) -> Self {
        if let Expected::Forwarded { headers, .. } = &mut self.expected {
            headers.insert(name, None);
        }
        self
    }

    /// Has this header of ours.
    fn has(mut self, name: &'static str, value: &str) -> Self {
        if let Expected::Forwarded { headers, .. } = &mut self.expected {
            headers.insert(name, Some(value.to_owned()));
        }
        self
    }

    fn at_field(mut self, at: &str) -> Self {
        if let Expected::Rejected { field, .. } = &mut self.expected {
            *field = Some(at.to_owned());
        }
        self
    }

    fn allows(mut self, methods: &'static str) -> Self {
        if let Expected::Rejected { allow, .. } = &mut self.expected {
            *allow = Some(methods);
        }
        self
    }
}

// === checking ===

#[test]
fn every_case_has_its_expected_verdict() {
    for case in all() {
        let config = case.configuration.edge();
        let verdict = viewer_request(case.request.clone(), &config, case.now_unix_s);
        match (verdict, &case.expected) {
            (Verdict::Forward(request), Expected::Forwarded { .. }) => {
                case.check_forwarded(&request);
            }
            (Verdict::Respond(response), Expected::Rejected { .. }) => {
                case.check_rejected(&response)
            }
            (Verdict::Respond(response), Expected::Answered { .. }) => {
                case.check_answered(&response);
            }
            (verdict, _) => panic!("{}: {verdict:#?}", case.name),
        }
    }
}

impl TestCase {
    fn check_forwarded(&self, actual: &Request) {
        let Expected::Forwarded { uri, querystring, identities, headers } = &self.expected else {
            unreachable!("the caller matched it");
        };
        let name = &self.name;
        assert_eq!((&actual.uri, &actual.querystring), (uri, querystring), "{name}");
        assert_eq!(actual.method, self.request.method, "{name}");
        assert_eq!(actual.client_ip, self.request.client_ip, "{name}");
        let mut expected: Headers = self.request.headers.clone();
        let is_expected =
            |header: &str| ALWAYS_FORWARDED.contains(&header) || headers.get(header) == Some(&None);
        expected.retain(|header, _| is_expected(header));
        let mut actual = actual.headers.clone();
        if !identities.is_empty() {
            let header = actual.remove("forecourt-identity").unwrap_or_default();
            let verified =
                header.first().and_then(|header| verify(&self.configuration.ring(), &header.value));
            assert_eq!(verified.as_ref(), Some(identities), "{name}");
        }
        let session = actual.remove("forecourt-session");
        assert_eq!(self.session_of(session.as_ref()), self.token_end(identities), "{name}");
        for (header, value) in headers {
            if let Some(value) = value {
                let lines = actual.remove(*header).unwrap_or_default();
                let values: Vec<&String> = lines.iter().map(|line| &line.value).collect();
                assert_eq!(values, [value], "{name}: {header}");
            }
        }
        assert_eq!(actual, expected, "{name}");
    }

    /// When the forwarded session ends, of the customer whom the case expects.
    fn session_of(&self, lines: Option<&Vec<Header>>) -> Option<u64> {
        let Expected::Forwarded { identities, .. } = &self.expected else { return None };
        let customer = identities.iter().find(|it| it.kind == Kind::Customer);
        let [line] = lines?.as_slice() else { panic!("{}: several sessions", self.name) };
        let customer = &customer.unwrap_or_else(|| panic!("{}: no customer", self.name)).id;
        let end = verify_session(&self.configuration.ring(), customer, &line.value);
        Some(end.unwrap_or_else(|| panic!("{}: a session that does not verify", self.name)))
    }

    /// When the customer token that the viewer sent ends. The App Proxy sends no token.
    fn token_end(&self, identities: &[Identity]) -> Option<u64> {
        identities.iter().find(|it| it.kind == Kind::Customer)?;
        if self.request.uri.starts_with("/proxy/") {
            return None;
        }
        let token = &self.request.headers["authorization"][0].value;
        Some(token.split('.').nth(3).unwrap().parse().unwrap())
    }

    fn check_rejected(&self, actual: &Response) {
        let Expected::Rejected { code, field, allow } = &self.expected else {
            unreachable!("the caller matched it");
        };
        let name = &self.name;
        assert_eq!(actual.status, code.status().to_string(), "{name}: {actual:#?}");
        assert_eq!(value(actual, "content-type"), Some(MEDIA_TYPE), "{name}");
        assert_eq!(value(actual, "cache-control"), Some("no-store"), "{name}");
        assert_eq!(value(actual, "allow"), *allow, "{name}");
        let challenge = match code {
            Code::TokenMissing | Code::TokenInvalid | Code::TokenExpired => Some("Bearer"),
            Code::SignatureInvalid => Some("Shopify-Signature"),
            _ => None,
        };
        assert_eq!(value(actual, "www-authenticate"), challenge, "{name}");
        let Some(body) = &actual.body else {
            assert_eq!(self.request.method, "HEAD", "{name}");
            return;
        };
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["code"], code.slug(), "{name}");
        assert_eq!(problem["instance"], self.request.uri, "{name}");
        let actual_field = problem["errors"].as_array().and_then(|errors| errors.first());
        let actual_field = actual_field.map(|error| error["field"].as_str().unwrap().to_owned());
        assert_eq!(&actual_field, field, "{name}");
    }

    fn check_answered(&self, actual: &Response) {
        let Expected::Answered { status, headers, body } = &self.expected else {
            unreachable!("the caller matched it");
        };
        let name = &self.name;
        assert_eq!(actual.status, *status, "{name}");
        assert_eq!(actual.body.as_deref(), *body, "{name}");
        let actual: Vec<(&str, &str)> = actual
            .headers
            .iter()
            .map(|(header, lines)| (header.as_str(), lines[0].value.as_str()))
            .collect();
        assert_eq!(actual, *headers, "{name}");
    }
}

fn value<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let lines = response.headers.get(name)?;
    assert_eq!(lines.len(), 1, "{name}");
    Some(&lines[0].value)
}
