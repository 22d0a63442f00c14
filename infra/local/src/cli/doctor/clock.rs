//! The skew between this machine's clock and the deployment's.

use super::report::{CheckError, Outcome};
use super::target_client::TargetClient;

/// Most seconds: app-proxy signatures are valid for 90 either way, and an answer takes time.
const SKEW_S_MAX: u64 = 30;

pub(super) fn skew(target: &TargetClient) -> Result<Outcome, CheckError> {
    let reply = target.get("/health", &[])?;
    let date = reply.header("date");
    let server_unix_s = unix_s(date).ok_or_else(|| format!("the answer's Date is {date:?}"))?;
    let skew = server_unix_s.abs_diff(target.clock.now().unix_s());
    if skew > SKEW_S_MAX {
        return Err(format!("the clocks are {skew} s apart"));
    }
    Ok(Outcome::Passed(format!("{skew} s apart")))
}

/// An HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT`, as Unix seconds.
fn unix_s(date: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(date).ok()?;
    time.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}
