use super::*;
use crate::listener::{Answer, Listener};

fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = status.try_into().unwrap();
    for (name, value) in headers {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    Answer::Response(response)
}

async fn forwarded(listener: &Listener, request: Request<Bytes>) -> Response<Bytes> {
    forwarder(&listener.url).forward(request, &visitor(None), NOW_S).await
}

#[tokio::test]
async fn an_answer_loses_its_cookies_and_keeps_its_caching() {
    let listener = Listener::start().await;
    let removed = [
        ("set-cookie", "a=1"),
        ("server", "app"),
        ("date", "Fri, 15 Jan 2027 08:00:00 GMT"),
        ("x-powered-by", "rust"),
        ("pragma", "no-cache"),
        ("service-worker-allowed", "/"),
    ];
    let passes = [
        ("cache-control", "private, no-store"),
        ("content-type", "application/json"),
        ("etag", "\"1\""),
        ("vary", "accept"),
        ("x-own", "1"),
    ];
    listener.answer(response(422, &[&removed[..], &passes[..]].concat(), "{}"));
    let response = forwarded(&listener, get("/apps/awesome_reviews")).await;
    assert_eq!(text(&response), (422, "{}"));
    let mut headers: Vec<(&str, &str)> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    assert_eq!(headers, passes);
}

#[tokio::test]
async fn a_redirect_is_followed_by_shopify_and_not_by_the_browser() {
    let listener = Listener::start().await;
    listener.answer(response(302, &[("location", "/proxy/next?a=1")], ""));
    listener.answer(response(307, &[("location", "last")], ""));
    listener.answer(response(200, &[], "arrived"));
    let post = Request::post("/apps/awesome_reviews").body(Bytes::from("body")).unwrap();
    let response = forwarded(&listener, post).await;
    assert_eq!(text(&response), (200, "arrived"));
    let requests = listener.take();
    let seen: Vec<(&str, &str, usize)> = requests
        .iter()
        .map(|one| (one.method().as_str(), one.uri().path(), one.body().len()))
        .collect();
    assert_eq!(seen, [("POST", "/proxy", 4), ("GET", "/proxy/next", 0), ("GET", "/proxy/last", 0)]);
}

#[tokio::test]
async fn a_307_repeats_the_post() {
    let listener = Listener::start().await;
    let elsewhere = Listener::start().await;
    listener.answer(response(307, &[("location", &format!("{}/x", elsewhere.url))], ""));
    let post = Request::post("/apps/awesome_reviews").body(Bytes::from("body")).unwrap();
    assert_eq!(forwarded(&listener, post).await.status(), 200);
    let requests = elsewhere.take();
    assert_eq!(
        (requests[0].method().as_str(), requests[0].body().as_ref()),
        ("POST", &b"body"[..])
    );
}

#[tokio::test]
async fn a_redirect_without_a_scheme_leads_to_another_host_and_one_of_a_query_to_the_same_path() {
    let listener = Listener::start().await;
    let elsewhere = Listener::start().await;
    let host = elsewhere.url.strip_prefix("http:").unwrap();
    listener.answer(response(302, &[("location", "?step=2")], ""));
    listener.answer(response(302, &[("location", &format!("{host}/x"))], ""));
    assert_eq!(forwarded(&listener, get("/apps/awesome_reviews/a")).await.status(), 200);
    let requests = listener.take();
    assert_eq!(requests[1].uri().to_string(), "/proxy/a?step=2");
    assert_eq!(elsewhere.take()[0].uri().path(), "/x");
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let listener = Listener::start().await;
    (0..6).for_each(|_| listener.answer(response(302, &[("location", "/again")], "")));
    let response = forwarded(&listener, get("/apps/awesome_reviews")).await;
    assert_eq!(text(&response), (502, "The app redirects too often.\n"));
    assert_eq!(listener.take().len(), 6);
    listener.answer(response_without_location());
    let response = forwarded(&listener, get("/apps/awesome_reviews")).await;
    assert_eq!(text(&response), (502, "The app redirects to no URL.\n"));
}

fn response_without_location() -> Answer {
    response(301, &[], "")
}

#[tokio::test]
async fn liquid_is_shown_inside_a_page_but_not_executed() {
    let listener = Listener::start().await;
    let liquid = [("content-type", "application/liquid; charset=utf-8")];
    listener.answer(response(200, &liquid, "<p>42 points</p>"));
    let page = forwarded(&listener, get("/apps/awesome_reviews")).await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(text(&page).1.contains("<main>\n<p>42 points</p>\n</main>"));
    listener.answer(response(200, &liquid, "{{ shop.name }}"));
    let refused = forwarded(&listener, get("/apps/awesome_reviews")).await;
    assert_eq!(refused.status(), 501);
    assert!(text(&refused).1.contains("executes no Liquid"));
}

#[tokio::test]
async fn an_app_that_is_not_there_is_a_bad_gateway() {
    let response = forwarder("http://127.0.0.1:1")
        .forward(get("/apps/awesome_reviews"), &visitor(None), NOW_S)
        .await;
    assert_eq!(response.status(), 502);
    assert!(text(&response).1.starts_with("The app does not answer: no answer: "));
}
