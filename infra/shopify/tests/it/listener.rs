//! A real HTTP listener that records requests and answers from a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Listens until it is dropped.
pub(crate) struct Listener {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    _server: JoinSet<()>,
}

/// What the next request gets. Without one it gets 200.
pub(crate) enum Answer {
    Response(Response<Bytes>),
    Never,
}

impl Listener {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, answers) = (Arc::default(), Arc::default());
        let mut server = JoinSet::new();
        server.spawn(accept(listener, Arc::clone(&requests), Arc::clone(&answers)));
        Self { url, requests, answers, _server: server }
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    pub(crate) fn answer_status(&self, status: u16) {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status.try_into().unwrap();
        self.answer(Answer::Response(response));
    }

    /// How many requests there were since the last [`Self::take`].
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<Request<Bytes>> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

async fn accept(
    listener: TcpListener,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (requests, answers) = (Arc::clone(&requests), Arc::clone(&answers));
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let (requests, answers) = (Arc::clone(&requests), Arc::clone(&answers));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                requests.lock().unwrap().push(Request::from_parts(head, body));
                let answer = answers.lock().unwrap().pop_front();
                match answer {
                    Some(Answer::Response(response)) => {
                        Ok::<_, hyper::Error>(response.map(Full::new))
                    }
                    Some(Answer::Never) => std::future::pending().await,
                    None => Ok(Response::default()),
                }
            }
        });
        connections.spawn(async move {
            // A client that goes away ends its connection with an error.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
