//! Properties of the pure parts, for any input.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::collapse::{Completion, Fills, Role, Wake};
use crate::directives::Directives;
use crate::distribution::{PathPattern, normalised};
use crate::freshness::{Freshness, TtlBounds};
use crate::key::{CacheKey, KeyParts};

/// Owned `KeyParts`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    is_options: bool,
    path: String,
    query: Option<String>,
    encoding: Option<String>,
    cookies: Option<String>,
    headers: Vec<(String, Vec<Vec<u8>>)>,
}

// === impl Parts ===

impl Parts {
    fn key(&self) -> CacheKey {
        let headers = self
            .headers
            .iter()
            .map(|(name, values)| (name.as_str(), values.iter().map(Vec::as_slice).collect()));
        CacheKey::encode(&KeyParts {
            is_options: self.is_options,
            path: &self.path,
            query: self.query.as_deref(),
            encoding: self.encoding.as_deref(),
            cookies: self.cookies.as_deref(),
            headers: headers.collect(),
        })
    }
}

/// Short texts of the very bytes that a key writes between its parts.
fn text() -> impl Strategy<Value = String> {
    "[\\x00\\x01]{0,3}"
}

fn parts() -> impl Strategy<Value = Parts> {
    let headers = vec((text(), vec(vec(0_u8..2, 0..3), 0..3)), 0..3);
    let optional = || proptest::option::of(text());
    (any::<bool>(), text(), optional(), optional(), optional(), headers).prop_map(
        |(is_options, path, query, encoding, cookies, headers)| Parts {
            is_options,
            path,
            query,
            encoding,
            cookies,
            headers,
        },
    )
}

/// Two texts cut out of one at different places: the classic attack on a joined key.
fn moved_boundary() -> impl Strategy<Value = (Parts, Parts)> {
    (parts(), "[\\x00\\x01]{1,6}", 0_usize..7, 0_usize..7).prop_map(|(base, whole, one, other)| {
        let cut = |at: usize| {
            let at = at.min(whole.len());
            let (path, query) = (whole[..at].to_owned(), Some(whole[at..].to_owned()));
            Parts { path, query, ..base.clone() }
        };
        (cut(one), cut(other))
    })
}

/// The reference implementation of patterns.
fn reference_matches(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((b'*', after)), None) => reference_matches(after, path),
        (Some((b'*', after)), Some((_, rest))) => {
            reference_matches(after, path) || reference_matches(pattern, rest)
        }
        (Some((expected, after)), Some((byte, rest))) => {
            (expected == byte || *expected == b'?') && reference_matches(after, rest)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn bounds() -> impl Strategy<Value = TtlBounds> {
    (0_u64..100, 0_u64..100, 0_u64..200).prop_map(|(min_s, above_s, default_s)| TtlBounds {
        min_s,
        max_s: min_s + above_s,
        default_s,
    })
}

fn directives() -> impl Strategy<Value = Directives> {
    let seconds = || proptest::option::of(0_u64..300);
    let all = (seconds(), seconds(), seconds(), seconds(), any::<bool>());
    all.prop_map(|(max_age, s_maxage, swr, sie, must_revalidate)| Directives {
        max_age,
        s_maxage,
        stale_while_revalidate: swr,
        stale_if_error: sie,
        must_revalidate,
        ..Directives::default()
    })
}

proptest! {
    #[test]
    fn different_parts_give_different_keys(one in parts(), other in parts()) {
        prop_assert_eq!(one == other, one.key() == other.key());
    }

    #[test]
    fn no_boundary_can_be_moved((one, other) in moved_boundary()) {
        prop_assert_eq!(one == other, one.key() == other.key());
    }

    #[test]
    fn a_pattern_matches_like_the_reference(pattern in "/[ab/*?]{0,8}", path in "/[ab/]{0,10}") {
        let expected = reference_matches(pattern.as_bytes(), path.as_bytes());
        prop_assert_eq!(PathPattern::new(&pattern).matches(&path), expected);
    }

    #[test]
    fn resolving_a_path_is_idempotent(path in "/(a|\\.|%2e|%2E|/|%41){0,10}") {
        let once = normalised(&path).into_owned();
        prop_assert!(once.starts_with('/') && !once.contains("//") && !once.contains("/../"));
        prop_assert_eq!(normalised(&once).into_owned(), once);
    }

    #[test]
    fn a_lifetime_the_origin_gives_stays_within_the_bounds(
        bounds in bounds(),
        remaining_s in proptest::option::of(0_u64..300),
    ) {
        let ttl_s = bounds.ttl_s(remaining_s);
        if remaining_s.is_some() {
            prop_assert!((bounds.min_s..=bounds.max_s).contains(&ttl_s));
        } else {
            prop_assert_eq!(ttl_s, bounds.min_s.max(bounds.default_s));
        }
        if let Some(seconds) = remaining_s
            && (bounds.min_s..=bounds.max_s).contains(&seconds)
        {
            prop_assert_eq!(ttl_s, seconds);
        }
    }

    #[test]
    fn fresh_comes_before_stale_and_nothing_outlives_the_maximum(
        now_ms in 0_u64..10_000_000,
        ttl_s in 0_u64..1_000,
        max_s in 0_u64..1_000,
        directives in directives(),
        overdue_s in 0_u64..400,
        later_ms in 0_u64..3_000_000,
    ) {
        let freshness =
            Freshness::new(now_ms, ttl_s, &directives, max_s).overdue_by(overdue_s);
        let then_ms = now_ms + later_ms;
        let age_ms = later_ms;
        prop_assert_eq!(freshness.is_fresh(then_ms), age_ms < ttl_s * 1_000);
        if freshness.is_fresh(then_ms) {
            prop_assert!(freshness.is_usable_while_revalidating(then_ms));
            prop_assert!(freshness.is_usable_on_error(then_ms));
        }
        let longest_ms = (ttl_s + max_s) * 1_000;
        let is_usable = freshness.is_usable_while_revalidating(then_ms)
            || freshness.is_usable_on_error(then_ms);
        prop_assert!(!is_usable || age_ms < longest_ms);
        prop_assert_eq!(freshness.age_s(then_ms), age_ms / 1_000);
    }

    #[test]
    fn every_follower_of_a_fill_is_woken(
        leaves in vec(any::<bool>(), 0..12),
        completes in any::<bool>(),
    ) {
        let fills = Fills::new();
        let key = Parts {
            is_options: false, path: "/".to_owned(), query: None, encoding: None, cookies: None,
            headers: Vec::new(),
        }.key();
        let Role::Leader(leader) = fills.join_or_lead(&key, 0) else { panic!("no leader yet") };
        let mut followers = Vec::new();
        for &leaves in &leaves {
            let Role::Follower(follower) = fills.join_or_lead(&key, 0) else {
                panic!("a leader exists")
            };
            followers.push((!leaves).then_some(follower));
        }
        let waiting = followers.iter().flatten().count();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        if completes { leader.complete(&Completion::Shared(7, None)) } else { drop(leader) }
        let (mut shared, mut led) = (0, 0);
        for follower in followers.into_iter().flatten() {
            match runtime.block_on(follower.wait()) {
                Wake::Share(value) => { prop_assert_eq!(value, 7); shared += 1 }
                // The new leader drops it in turn: the next one inherits.
                Wake::Lead(inherited) => { led += 1; drop(inherited) }
                Wake::Alone | Wake::Again => prop_assert!(false, "an unexpected wake"),
            }
        }
        prop_assert_eq!((shared, led), if completes { (waiting, 0) } else { (0, waiting) });
        prop_assert!(matches!(fills.join_or_lead(&key, 0), Role::Leader(_)), "no fill remains");
    }
}
