//! Whether origins answer anybody but the edge.

use super::patient::{Patient, quoted};
use super::report::{Seen, Wrong};

pub(super) fn refused(patient: &Patient) -> Result<Seen, Wrong> {
    if patient.origins.is_empty() {
        let told = "name each function URL and the HTTP API with --origin";
        return Ok(Seen::Skipped(told.to_owned()));
    }
    let product = format!("/v1/configurator/{}", patient.product);
    let asked = [
        ("GET", "/health/ready"),
        ("GET", product.as_str()),
        ("GET", "/v1/cart"),
        ("POST", "/v1/carts"),
        ("POST", "/webhooks/shopify"),
    ];
    for origin in &patient.origins {
        let origin = origin.trim_end_matches('/');
        let mut forbidden = 0;
        for (method, path) in asked {
            let reply = patient.ask_at(method, &format!("{origin}{path}"), &[], b"")?;
            // What an API has no route for is 404; whatever it has must be forbidden.
            match reply.status {
                403 => forbidden += 1,
                404 => {}
                status => {
                    let told = quoted(&reply.body);
                    return Err(format!("{method} {origin}{path} is {status}, not 403: {told}"));
                }
            }
        }
        if forbidden == 0 {
            return Err(format!("{origin} forbids nothing: is it an origin of this deployment?"));
        }
    }
    Ok(Seen::Well("403 without the edge's word for it".to_owned()))
}
