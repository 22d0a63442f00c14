//! Classes 14 to 16 and 18: answers shared, cached or confirmed for too long or for others.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use edge_emulator::Emulator;
use http::{Request, Response};

use super::matrix::{attack, check};
use super::naive::{has_min_ttl, unkeys_identity};
use super::raw::Answer;
use super::scene::{RequestBuilder, Visit, Who, personal, proxied};
use super::trusting::forgets_stale_if_error;
use super::wiring::UNREACHABLE;

/// Maximum age of a cached personal answer in seconds.
const PERSONAL_TTL_S: u64 = 5;

#[test]
fn collapsed_requests_never_share_a_personal_answer() {
    let attacks = personal().into_iter().flat_map(|(_, path)| {
        [(Who::Ada, Who::Ben), (Who::Ben, Who::Ada), (Who::Ada, Who::Anonymous)].map(
            |(first, second)| {
                let path = path.clone();
                attack(format!("{second:?} behind {first:?} at {path}"), move |visit| {
                    visit.edge.set_open(false);
                    for (who, answer) in together(visit, [first, second], &path) {
                        visit.watch(who, &RequestBuilder::get(path.as_str()), &answer);
                    }
                })
            },
        )
    });
    check(&[], &[unkeys_identity], &attacks.collect::<Vec<_>>());
}

/// Both send requests while the origins block; these answer once both requests wait.
fn together(visit: &Visit<'_>, both: [Who; 2], path: &str) -> [(Who, Answer); 2] {
    let [first, second] = both.map(|who| {
        let signed_in = visit.signed_in(who, &RequestBuilder::get(path));
        let mut request = Request::builder().uri(path);
        for (name, value) in &signed_in.headers {
            request = request.header(name, value);
        }
        handle(visit.edge.emulator.clone(), request.body(Bytes::new()).unwrap())
    });
    let opened = async { visit.edge.set_open(true) };
    let (first, second, ()) =
        visit.scene.shop.runtime().block_on(async { tokio::join!(first, second, opened) });
    [(both[0], first), (both[1], second)]
}

async fn handle(edge: Emulator, request: Request<Bytes>) -> Answer {
    let response: Response<Bytes> = edge.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Answer {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: response.body().to_vec(),
    }
}

#[test]
fn no_stale_personal_answer_is_served_while_the_origin_is_down() {
    let attacks = personal().into_iter().flat_map(|(_, path)| {
        [UNREACHABLE, 500, 502, 503, 504].map(|status| {
            let path = path.clone();
            attack(format!("{status} at {path}"), move |visit| {
                visit.read(Who::Ada, &path);
                visit.edge.advance_s(PERSONAL_TTL_S);
                visit.edge.set_origin_status(status);
                for who in [Who::Ada, Who::Ben, Who::Anonymous] {
                    if visit.read(who, &path).status < 400 {
                        visit.note(format!("{who:?} gets an old answer at {path}"));
                    }
                }
            })
        })
    });
    check(&[], &[forgets_stale_if_error], &attacks.collect::<Vec<_>>());
}

#[test]
fn no_personal_answer_outlives_its_ttl() {
    let attacks = personal().into_iter().map(|(_, path)| {
        attack(path.clone(), move |visit| {
            visit.read(Who::Ada, &path);
            visit.edge.advance_s(PERSONAL_TTL_S);
            if visit.read(Who::Ada, &path).is_hit() {
                visit.note(format!("{path} is still there"));
            }
        })
    });
    check(&[], &[has_min_ttl], &attacks.collect::<Vec<_>>());
}

#[test]
fn if_none_match_never_confirms_another_persons_answer() {
    let attacks = personal().into_iter().map(|(_, path)| {
        attack(path.clone(), move |visit| {
            let tag = visit.read(Who::Ada, &path).header("etag").to_owned();
            for who in [Who::Ben, Who::Anonymous] {
                for tag in [tag.clone(), format!("\"x\", {tag}"), tag.replace("W/", "")] {
                    let request = RequestBuilder::get(path.as_str()).with("If-None-Match", tag);
                    if visit.send(who, &request).unwrap().status == 304 {
                        visit.note(format!("{who:?} knows Ada's {path}"));
                    }
                }
            }
        })
    });
    check(&[], &[unkeys_identity], &attacks.collect::<Vec<_>>());
}

#[test]
fn no_personal_answer_leaks_to_the_next_viewer_on_any_path() {
    let paths = personal().into_iter().map(|(_, path)| path).chain(proxied());
    let attacks = paths.map(|path| {
        attack(path.clone(), move |visit| {
            let direct = path.strip_prefix("/proxy").unwrap_or(&path);
            for who in [Who::Ada, Who::Anonymous, Who::Ben, Who::Anonymous, Who::Ada] {
                visit.send(who, &RequestBuilder::get(path.as_str()));
                visit.expect_plain(who, direct);
            }
        })
    });
    check(&[], &[unkeys_identity], &attacks.collect::<Vec<_>>());
}
