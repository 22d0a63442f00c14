use infra_shopify::oauth::{Answer, Faults};
use serde_json::json;

use super::*;

#[test]
fn an_app_survives_a_refresh_whose_every_third_answer_is_lost() {
    let mut endpoint = installed();
    let (_, mut refresh) = first_pair(&mut endpoint);
    endpoint.set_faults(Faults { lose_every: 3, omit_expiry_every: 0 });
    let mut lost = Vec::new();
    for hour in 1..=12_u64 {
        let now_s = NOW_S + hour * 3_500;
        let body = json!({ "grant_type": "refresh_token", "refresh_token": refresh });
        let answer = match send(&mut endpoint, body.clone(), now_s) {
            Answer::Lost => {
                lost.push(hour);
                send(&mut endpoint, body, now_s)
            }
            answer @ Answer::Response(_) => answer,
        };
        let (status, body) = arrived(answer);
        assert_eq!(status, 200);
        let (access, newer) = pair(&body);
        refresh = newer;
        assert!(endpoint.authorise(SHOP, &access, now_s).is_ok());
    }
    // The repetition is an answer of its own: every second hour loses one.
    assert_eq!(lost, [3, 5, 7, 9, 11]);
}

#[test]
fn an_answer_without_expires_in_still_expires() {
    let mut endpoint = installed();
    endpoint.set_faults(Faults { lose_every: 0, omit_expiry_every: 1 });
    let id_token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let (status, body) = post(&mut endpoint, exchange(&id_token, "offline", true.into()), NOW_S);
    assert_eq!((status, body.get("expires_in")), (200, None));
    assert_eq!(body["refresh_token_expires_in"], 7_776_000);
    let (access, _) = pair(&body);
    assert!(endpoint.authorise(SHOP, &access, NOW_S + 3_600).is_err());
}

#[test]
fn an_error_is_never_lost() {
    let mut endpoint = installed();
    endpoint.set_faults(Faults { lose_every: 1, omit_expiry_every: 1 });
    let body = json!({ "grant_type": "refresh_token", "refresh_token": "shprt_unknown" });
    assert_eq!(post(&mut endpoint, body, NOW_S).0, 400);
}
