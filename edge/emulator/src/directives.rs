//! `Cache-Control` of an origin, as far as CloudFront reads it (6.4, 8).

use http::HeaderMap;
use http::header::CACHE_CONTROL;

/// The longest lifetime there is: 100 years (6.7).
pub(crate) const SECONDS_MAX: u64 = 100 * 365 * 24 * 60 * 60;

/// The directives that matter; unknown ones do nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    pub(crate) no_store: bool,
    pub(crate) no_cache: bool,
    /// `no-cache="Set-Cookie"`: cached, but not replayed with the cookie (6.9).
    pub(crate) no_cache_set_cookie: bool,
    pub(crate) private: bool,
    /// `must-revalidate` or `proxy-revalidate` (8.10).
    pub(crate) must_revalidate: bool,
    pub(crate) max_age: Option<u64>,
    pub(crate) s_maxage: Option<u64>,
    pub(crate) stale_while_revalidate: Option<u64>,
    pub(crate) stale_if_error: Option<u64>,
}

// === impl Directives ===

impl Directives {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        for value in headers.get_all(CACHE_CONTROL) {
            let Ok(mut rest) = value.to_str() else { continue };
            while let Some((directive, after)) = next_directive(rest) {
                directives.read(directive);
                rest = after;
            }
        }
        directives
    }

    /// Whether one of the three directives forbids reuse.
    pub(crate) fn forbids_reuse(&self) -> bool {
        self.no_store || self.no_cache || self.private
    }

    /// Whether any directive forbids sharing the answer with waiting viewers (9.3).
    pub(crate) fn forbids_sharing(&self) -> bool {
        self.forbids_reuse() || self.max_age == Some(0) || self.s_maxage == Some(0)
    }

    /// The lifetime given in seconds, `s-maxage` before `max-age`.
    pub(crate) fn lifetime(&self) -> Option<u64> {
        self.s_maxage.or(self.max_age)
    }

    fn read(&mut self, directive: &str) {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (directive.trim(), None),
        };
        let seconds = || value.and_then(seconds);
        match name.to_ascii_lowercase().as_str() {
            "no-store" => self.no_store = true,
            "no-cache" => match value {
                Some(fields) => self.no_cache_set_cookie |= names_set_cookie(fields),
                None => self.no_cache = true,
            },
            "private" => self.private = true,
            "must-revalidate" | "proxy-revalidate" => self.must_revalidate = true,
            "max-age" => set_lifetime(&mut self.max_age, seconds()),
            "s-maxage" => set_lifetime(&mut self.s_maxage, seconds()),
            "stale-while-revalidate" => {
                self.stale_while_revalidate = self.stale_while_revalidate.or(seconds());
            }
            "stale-if-error" => self.stale_if_error = self.stale_if_error.or(seconds()),
            _ => {}
        }
    }
}

/// Splits at the next comma outside quotes; none at the end.
fn next_directive(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    Some((text, ""))
}

/// The first lifetime counts, and one that is no number has ended (6.18).
fn set_lifetime(lifetime: &mut Option<u64>, seconds: Option<u64>) {
    lifetime.get_or_insert(seconds.unwrap_or(0));
}

/// Digits only; more than a century is a century.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(SECONDS_MAX).min(SECONDS_MAX))
}

fn names_set_cookie(fields: &str) -> bool {
    fields.split(',').any(|field| field.trim().eq_ignore_ascii_case("set-cookie"))
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_cache_control_is_parsed_by_its_grammar() {
        let none = Directives::default;
        for (text, expected) in [
            ("No-Store", Directives { no_store: true, ..none() }),
            ("x, ,no-cache,", Directives { no_cache: true, ..none() }),
            ("no-cache=\"Date, Set-Cookie\"", Directives { no_cache_set_cookie: true, ..none() }),
            ("x=\"a, no-store, b\", private", Directives { private: true, ..none() }),
            ("private=\"x-a\"", Directives { private: true, ..none() }),
            ("max-age = \"5\"", Directives { max_age: Some(5), ..none() }),
            (
                "max-age=-1, s-maxage=1.5, stale-if-error",
                Directives { max_age: Some(0), s_maxage: Some(0), ..none() },
            ),
            ("max-age=60, max-age=x", Directives { max_age: Some(60), ..none() }),
            ("Proxy-Revalidate", Directives { must_revalidate: true, ..none() }),
            ("max-age=99999999999999999999", Directives { max_age: Some(SECONDS_MAX), ..none() }),
            (
                "s-maxage=1, stale-while-revalidate=2, stale-if-error=0",
                Directives {
                    s_maxage: Some(1),
                    stale_while_revalidate: Some(2),
                    stale_if_error: Some(0),
                    ..none()
                },
            ),
            ("", none()),
        ] {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(text))]);
            assert_eq!(Directives::of(&headers), expected, "{text}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(CACHE_CONTROL, HeaderValue::from_static("max-age=1"));
        headers.append(CACHE_CONTROL, HeaderValue::from_static("private"));
        let expected = Directives { max_age: Some(1), private: true, ..Directives::default() };
        assert_eq!(Directives::of(&headers), expected);
    }
}
