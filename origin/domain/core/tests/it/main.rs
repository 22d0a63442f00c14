//! The resource core, on a resource as small as one can be.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test, too")]

mod accepting;
mod answers;
mod wish_list;

use std::task::{Context, Poll, Waker};

use wish_list::{WishEvent, WishList};

/// The list after these events.
fn list(events: &[WishEvent]) -> WishList {
    WishList(events.iter().map(|event| (event.place, event.clone())).collect())
}

/// Runs a future on ports that never have to wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a port in memory has nothing to wait for"),
    }
}
