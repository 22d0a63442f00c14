//! How far this machine's clock and the deployment's are apart.

use super::patient::Patient;
use super::report::{Seen, Wrong};

/// Most seconds: app-proxy signatures hold for 90 either way, and an answer takes a moment.
const SKEW_S_MAX: u64 = 30;

pub(super) fn skew(patient: &Patient) -> Result<Seen, Wrong> {
    let reply = patient.get("/health", &[])?;
    let date = reply.header("date");
    let told = unix_s(date).ok_or_else(|| format!("the answer's Date is {date:?}"))?;
    let skew = told.abs_diff(patient.clock.now().unix_s());
    if skew > SKEW_S_MAX {
        return Err(format!("the clocks are {skew} s apart"));
    }
    Ok(Seen::Well(format!("{skew} s apart")))
}

/// An HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT`, as Unix seconds.
fn unix_s(date: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(date).ok()?;
    time.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}
