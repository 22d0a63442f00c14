//! Work that Shopify does after the answer, when its time has come.

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use serde_json::json;
use time::OffsetDateTime;

use super::{bulk, discounts};
use crate::store::{Job, Shop};

/// Most jobs that one request runs; the next request runs more.
const JOBS_MAX: usize = 10_000;

pub(super) fn run_due(schema: &Valid<Schema>, shop: &mut Shop, now: OffsetDateTime) {
    for _ in 0..JOBS_MAX {
        let Some((at, job)) = shop.due(now) else { break };
        match job {
            Job::StartBulkOperation(gid) => bulk::start(schema, shop, &gid, at),
            Job::FinishBulkOperation(gid) => bulk::finish(shop, &gid, at),
            Job::CancelBulkOperation(gid) => bulk::cancelled(shop, &gid, at),
            Job::ImportRedeemCodes(gid) => discounts::import_codes(shop, &gid, at),
            Job::FinishMerge(gid) => shop.records.update(&gid, at, |fields| {
                fields.insert("done".to_owned(), json!(true));
            }),
        }
    }
}
