//! A viewer's socket: it is cut off if the viewer does not read, and it is closed without losing
//! the answer if the viewer was still sending (section 18).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long a viewer that is still sending may go on after the answer that ends its connection. A
/// socket closed with unread bytes is reset, and the viewer could lose the answer (RFC 9112
/// section 9.6).
const LINGER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes that one read discards meanwhile.
const DISCARD_BYTES: usize = 8 * 1024;

/// A socket with bounds on writing and closing.
pub(crate) struct ViewerStream {
    stream: TcpStream,
    write_timeout: Duration,
    /// The end of the present wait for a viewer that does not read.
    write_deadline: Option<Pin<Box<Sleep>>>,
    written: Written,
    unread: Unread,
    linger_deadline: Option<Pin<Box<Sleep>>>,
}

/// The bytes that a viewer has taken.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<AtomicU64>);

/// Whether an answer was given before the request's body was read to its end.
#[derive(Clone, Default)]
pub(crate) struct Unread(Arc<AtomicBool>);

// === impl Unread ===

impl Unread {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

// === impl Written ===

impl Written {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

// === impl ViewerStream ===

impl ViewerStream {
    /// `write_timeout` is the longest wait for the viewer to take any bytes of an answer.
    pub(crate) fn new(stream: TcpStream, write_timeout: Duration, unread: Unread) -> Self {
        Self {
            stream,
            write_timeout,
            write_deadline: None,
            written: Written::default(),
            unread,
            linger_deadline: None,
        }
    }

    pub(crate) fn written(&self) -> &Written {
        &self.written
    }

    /// Fails a write that has made no progress until the deadline.
    fn bound(
        &mut self,
        context: &mut Context<'_>,
        write: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = write {
            self.written.add(bytes);
        }
        if write.is_ready() {
            self.write_deadline = None;
            return write;
        }
        let write_timeout = self.write_timeout;
        let deadline = self.write_deadline.get_or_insert_with(|| Box::pin(sleep(write_timeout)));
        ready!(deadline.as_mut().poll(context));
        // Without this the kernel would go on offering the rest of the answer after the close.
        if let Err(error) = self.stream.set_zero_linger() {
            tracing::debug!(%error, "a viewer that does not read left");
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the viewer does not read")))
    }
}

impl AsyncRead for ViewerStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ViewerStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.bound(context, write)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.bound(context, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        if !this.unread.0.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let deadline = this.linger_deadline.get_or_insert_with(|| Box::pin(sleep(LINGER_TIMEOUT)));
        if deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0; DISCARD_BYTES];
        loop {
            let mut discarded = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut discarded))?;
            if discarded.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let viewer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (listener.accept().await.unwrap().0, viewer)
    }

    #[tokio::test]
    async fn a_viewer_that_never_reads_is_cut_off() {
        let (stream, mut viewer) = connected().await;
        let write_timeout = Duration::from_millis(20);
        let mut edge = ViewerStream::new(stream, write_timeout, Unread::default());
        let error = loop {
            if let Err(error) = edge.write_all(&[0; 64 * 1024]).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(edge);
        // The viewer learns it although it does not read: its connection is reset.
        assert_eq!(
            viewer.write_all(b"GET / HTTP/1.1\r\n").await.unwrap_err().kind(),
            io::ErrorKind::ConnectionReset
        );
    }

    #[tokio::test]
    async fn a_viewer_still_sending_gets_the_answer() {
        let (stream, mut viewer) = connected().await;
        let unread = Unread::default();
        unread.set();
        let mut edge = ViewerStream::new(stream, Duration::from_secs(1), unread);
        let sender = tokio::spawn(async move {
            viewer.write_all(&vec![0; 8 * 1024 * 1024]).await.unwrap();
            viewer.shutdown().await.unwrap();
            let mut answer = String::new();
            viewer.read_to_string(&mut answer).await.unwrap();
            answer
        });
        edge.write_all(b"HTTP/1.1 413").await.unwrap();
        edge.shutdown().await.unwrap();
        drop(edge);
        assert_eq!(sender.await.unwrap(), "HTTP/1.1 413");
    }
}
