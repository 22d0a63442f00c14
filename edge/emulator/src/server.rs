//! The edge on a socket: connections are accepted, bounded in number, and ended gracefully.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::connection::{self, Place};
use crate::emulator::Emulator;
use crate::tls::Certificate;

/// Connections at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 4_096;
/// Requests under way may end; then their connections are cut.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept (no file handles left) wait until some are free.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

// === impl Emulator ===

impl Emulator {
    /// Serves on the listener until `shutdown` is done; then lets requests under way end.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        self.serve_either(listener, None, shutdown).await;
    }

    /// As [`serve`](Self::serve), over TLS: HTTP/2, or HTTP/1.1 for a viewer that does not offer it.
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        certificate: &Certificate,
        shutdown: impl Future<Output = ()>,
    ) {
        let tls = TlsAcceptor::from(Arc::clone(&certificate.config));
        self.serve_either(listener, Some(tls), shutdown).await;
    }

    async fn serve_either(
        &self,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        shutdown: impl Future<Output = ()>,
    ) {
        let stop = watch::Sender::new(false);
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut shutdown = pin!(shutdown);
        loop {
            let next = accept(&listener, &places);
            tokio::select! {
                () = &mut shutdown => break,
                accepted = next => match accepted {
                    Ok((stream, viewer, permit)) => {
                        let place = Place { _permit: permit, stop: stop.subscribe() };
                        let (emulator, tls) = (self.clone(), tls.clone());
                        tokio::spawn(connection::serve(emulator, stream, viewer, tls, place));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "no connection could be accepted");
                        sleep(ACCEPT_BACKOFF).await;
                    }
                },
            }
        }
        drop(listener);
        stop.send_replace(true);
        // Each connection holds a receiver until its end.
        if timeout(SHUTDOWN_TIMEOUT, stop.closed()).await.is_err() {
            tracing::warn!("connections were cut at shutdown");
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a viewer left at once");
    }
    Ok((stream, address, place))
}
