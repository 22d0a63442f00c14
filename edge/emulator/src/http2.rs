//! A viewer's connection over HTTP/2 (RFC 9113), and its bounds (18.11).

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{COOKIE, HOST};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::admission::Rejection;
use crate::viewer_stream::Written;

/// Streams that one connection may have open at once.
const STREAMS_MAX: u32 = 128;
/// Streams that a viewer may reset before they were answered; then its connection is cut. Each may
/// have begun a fetch ("rapid reset").
const RESETS_MAX: usize = 1_000;
/// Streams that it may reset before the edge has even begun them; then its connection is cut.
const UNSEEN_RESETS_MAX: usize = 20;
/// Streams that the edge resets because the viewer broke the protocol in them, before it cuts the
/// connection.
const FAULTY_STREAMS_MAX: usize = 100;
/// A block of headers, continuations included, each with 32 bytes for itself: room to see that the
/// edge's own bounds are exceeded (414, 494). Past this h2 answers 431.
const HEADER_BLOCK_BYTES_MAX: u32 = 128 * 1024;
/// The decoding table of headers that a viewer may have the edge keep (the default of RFC 7541).
const HEADER_TABLE_BYTES: u32 = 4_096;
/// Bytes of a request's body on the way, of one stream and of all.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// Bytes of an answer that one stream has copied for a viewer that does not take them.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// Without an open stream, and without the viewer taking bytes, the connection ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// For what is under way to end, before the connection is cut.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// The streams of one connection.
#[derive(Debug, Clone, Copy, Default)]
struct StreamCounts {
    open: usize,
    /// Those that the viewer reset before they were answered.
    resets: usize,
}

/// A stream until it is answered or reset.
struct OpenStream {
    counts: Arc<watch::Sender<StreamCounts>>,
    is_answered: bool,
}

/// Why the edge ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Idle,
    Resets,
    Shutdown,
}

// === impl OpenStream ===

impl OpenStream {
    fn new(counts: &Arc<watch::Sender<StreamCounts>>) -> Self {
        counts.send_modify(|counts| counts.open += 1);
        Self { counts: Arc::clone(counts), is_answered: false }
    }

    fn answered(mut self) {
        self.is_answered = true;
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let reset = usize::from(!self.is_answered);
        self.counts.send_modify(|counts| {
            counts.open -= 1;
            counts.resets += reset;
        });
    }
}

/// Serves one connection until the viewer or a bound ends it, or `stop` changes.
pub(crate) async fn serve<A, F>(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    written: Written,
    stop: watch::Receiver<bool>,
    answer: A,
) where
    A: Fn(Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    let counts = Arc::new(watch::Sender::new(StreamCounts::default()));
    let receiver = counts.subscribe();
    let service = service_fn(move |request| {
        let stream = OpenStream::new(&counts);
        let response = answer(request);
        async move {
            let response = response.await;
            stream.answered();
            Ok::<_, Infallible>(response.map(Full::new))
        }
    });
    let mut connection = pin!(builder().serve_connection(TokioIo::new(stream), service));
    let ending = tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a viewer's connection broke");
            }
            return;
        }
        ending = wait_for_ending(receiver, &written, stop) => ending,
    };
    if ending == Ending::Resets {
        tracing::warn!("a viewer that reset too many requests was cut off");
        return;
    }
    connection.as_mut().graceful_shutdown();
    if timeout(END_TIMEOUT, connection).await.is_err() {
        tracing::debug!("a viewer's connection was cut");
    }
}

fn builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(UNSEEN_RESETS_MAX)
        .max_local_error_reset_streams(FAULTY_STREAMS_MAX)
        .max_header_list_size(HEADER_BLOCK_BYTES_MAX)
        .header_table_size(HEADER_TABLE_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES);
    builder
}

async fn wait_for_ending(
    mut counts: watch::Receiver<StreamCounts>,
    written: &Written,
    mut stop: watch::Receiver<bool>,
) -> Ending {
    let bound_exceeded = async {
        loop {
            let now = *counts.borrow_and_update();
            if now.resets > RESETS_MAX {
                return Ending::Resets;
            }
            let written_before = written.bytes();
            match timeout(IDLE_TIMEOUT, counts.changed()).await {
                Ok(Ok(())) => {}
                // An answer that goes on being read is not idle.
                Err(_) if now.open > 0 || written.bytes() != written_before => {}
                Ok(Err(_)) | Err(_) => return Ending::Idle,
            }
        }
    };
    tokio::select! {
        ending = bound_exceeded => ending,
        _ = stop.changed() => Ending::Shutdown,
    }
}

/// Gives a request the form that it would have over HTTP/1.1: a `Host`, and one line of cookies
/// (RFC 9113 sections 8.2.3 and 8.3.1).
pub(crate) fn unify(parts: &mut Parts) -> Result<(), Rejection> {
    if let Some(authority) = parts.uri.authority() {
        let authority = HeaderValue::from_str(authority.as_str()).map_err(|_| Rejection::Host)?;
        if parts.headers.get_all(HOST).iter().any(|host| host != authority) {
            return Err(Rejection::Host);
        }
        parts.headers.insert(HOST, authority);
    }
    let cookies: Vec<&[u8]> =
        parts.headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1 {
        let cookies = cookies.join(&b"; "[..]);
        let cookies = HeaderValue::from_bytes(&cookies).map_err(|_| Rejection::HeadTooLarge)?;
        parts.headers.insert(COOKIE, cookies);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(
        uri: &str,
        headers: &[(http::HeaderName, &'static str)],
    ) -> Result<Parts, Rejection> {
        let mut request = Request::new(());
        *request.uri_mut() = uri.parse().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(name, HeaderValue::from_static(value));
        }
        let mut parts = request.into_parts().0;
        unify(&mut parts).map(|()| parts)
    }

    #[test]
    fn the_authority_is_the_host_and_must_not_contradict_it() {
        let parts = unified("https://shop.example/a", &[]).unwrap();
        assert_eq!(parts.headers[HOST], "shop.example");
        let parts = unified("https://shop.example/a", &[(HOST, "shop.example")]).unwrap();
        assert_eq!(parts.headers.get_all(HOST).iter().count(), 1);
        let rejection = unified("https://shop.example/a", &[(HOST, "other.example")]).unwrap_err();
        assert_eq!(rejection, Rejection::Host);
        assert_eq!(unified("/a", &[(HOST, "shop.example")]).unwrap().headers[HOST], "shop.example");
    }

    #[test]
    fn cookies_in_several_fields_are_one_line() {
        let parts = unified("/", &[(COOKIE, "a=1"), (COOKIE, "b=2; c=3")]).unwrap();
        let lines: Vec<_> = parts.headers.get_all(COOKIE).iter().collect();
        assert_eq!(lines, ["a=1; b=2; c=3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_streams_ends_unless_an_answer_is_being_read() {
        let counts = Arc::new(watch::Sender::new(StreamCounts::default()));
        let (written, stop) = (Written::default(), watch::Sender::new(false));
        let ending = wait_for_ending(counts.subscribe(), &written, stop.subscribe());
        let mut ending = pin!(ending);
        let almost = IDLE_TIMEOUT - Duration::from_secs(1);
        let stream = OpenStream::new(&counts);
        assert!(timeout(IDLE_TIMEOUT * 3, ending.as_mut()).await.is_err());
        stream.answered();
        assert!(timeout(almost, ending.as_mut()).await.is_err());
        written.add(1);
        assert!(timeout(almost, ending.as_mut()).await.is_err());
        assert_eq!(timeout(IDLE_TIMEOUT, ending).await, Ok(Ending::Idle));
    }

    #[tokio::test]
    async fn a_viewer_that_resets_a_thousand_streams_is_cut_off() {
        let counts = Arc::new(watch::Sender::new(StreamCounts::default()));
        let (written, stop) = (Written::default(), watch::Sender::new(false));
        for _ in 0..RESETS_MAX {
            drop(OpenStream::new(&counts));
            OpenStream::new(&counts).answered();
        }
        let mut ending = pin!(wait_for_ending(counts.subscribe(), &written, stop.subscribe()));
        assert!(timeout(Duration::ZERO, ending.as_mut()).await.is_err());
        drop(OpenStream::new(&counts));
        assert_eq!(ending.await, Ending::Resets);
    }
}
