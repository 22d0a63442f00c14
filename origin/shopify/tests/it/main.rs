//! The tokens of a shop from the outside.

#![expect(clippy::unwrap_used, reason = "a test's helper may fail as the test itself would")]

mod admin_api;
mod answers;
mod endpoint;
mod items;
mod orders;
mod shopify;
mod simulation;
mod store;
mod tokens;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits once, so that a simulated kill or another task may come between two steps.
#[derive(Default)]
pub(crate) struct Wait(bool);

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
