//! Whether origins reject requests that bypass the edge.

use super::report::{CheckError, Outcome};
use super::target_client::{TargetClient, quoted};

pub(super) fn rejected(target: &TargetClient) -> Result<Outcome, CheckError> {
    if target.origins.is_empty() {
        let message = "name each function URL and the HTTP API with --origin";
        return Ok(Outcome::Skipped(message.to_owned()));
    }
    let product = format!("/v1/configurator/{}", target.product);
    let requests = [
        ("GET", "/health/ready"),
        ("GET", product.as_str()),
        ("GET", "/v1/cart"),
        ("POST", "/v1/carts"),
        ("POST", "/webhooks/shopify"),
    ];
    for origin in &target.origins {
        let origin = origin.trim_end_matches('/');
        let mut forbidden = 0;
        for (method, path) in requests {
            let reply = target.send_to(method, &format!("{origin}{path}"), &[], b"")?;
            // A path without a route is 404; every route must be forbidden.
            match reply.status {
                403 => forbidden += 1,
                404 => {}
                status => {
                    let body = quoted(&reply.body);
                    return Err(format!("{method} {origin}{path} is {status}, not 403: {body}"));
                }
            }
        }
        if forbidden == 0 {
            return Err(format!("{origin} forbids nothing: is it an origin of this deployment?"));
        }
    }
    Ok(Outcome::Passed("403 without the edge's secret or signature".to_owned()))
}
