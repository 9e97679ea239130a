//! The router among others: under axum's own server, nested, behind layers; and the plain service.

use axum::Router;
use axum::routing::get;
use mandovi::prelude::*;

use crate::board::{BoardClient, Wall, server};

async fn under_axum(app: Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let service = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
        axum::serve(listener, service).await
    });
    address
}

#[tokio::test]
async fn it_runs_under_axum_serve_beside_other_routes() {
    let wall = Wall::default();
    let app = Router::new()
        .route("/health", get(|| async { "fine" }))
        .merge(server(&wall).into_router())
        .nest("/v2", server(&wall).into_router());
    let address = under_axum(app).await;
    for base in ["", "/v2"] {
        let client = BoardClient::builder(format!("http://{address}{base}")).token("ada").build().unwrap();
        let (tx, mut rx) = client.echo().await.unwrap();
        tx.send("hello").await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), Some("hello".into()));
        assert_eq!(client.sum("x", 1, None, None, None).await.unwrap(), 101);
    }
    let health = crate::refusals::exchange(address, &format!("GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n")).await;
    assert!(health.ends_with("fine"), "{health}");
}

#[tokio::test]
async fn layers_see_the_handshake() {
    let wall = Wall::default();
    let layer = axum::middleware::map_response(|mut response: axum::response::Response| async move {
        response.headers_mut().insert("x-layer", "was here".parse().unwrap());
        response
    });
    let address = under_axum(server(&wall).into_router().layer(layer)).await;
    let answer = crate::refusals::upgrade(address, "/echo", "").await;
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains("x-layer: was here"), "{answer}");
}

#[tokio::test]
async fn the_plain_service_answers_unknown_paths_like_goa() {
    let wall = Wall::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, server(&wall).into_service()).into_future());
    let answer = crate::refusals::exchange(address, &format!("GET /nowhere HTTP/1.1\r\nHost: {address}\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(answer.contains(r#""message":"404 page not found""#), "{answer}");
    let client = BoardClient::builder(format!("http://{address}")).build().unwrap();
    let (tx, mut rx) = client.echo().await.unwrap();
    tx.send("hello").await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("hello".into()));
}

#[tokio::test]
async fn the_peers_address_is_known() {
    #[service]
    pub trait Mirror {
        /// Where from?
        #[get("/address")]
        async fn address(&self, cx: Context) -> Outcome<String>;
        /// Where from, as a stream.
        #[get("/stream")]
        async fn stream(&self, cx: Context, output: Sender<String>) -> Outcome<()>;
    }
    #[derive(Clone)]
    struct Glass;
    impl Mirror for Glass {
        async fn address(&self, cx: Context) -> Outcome<String> {
            Ok(cx.peer().map(|peer| peer.ip().to_string()).unwrap_or_default())
        }
        async fn stream(&self, cx: Context, output: Sender<String>) -> Outcome<()> {
            output.send(cx.peer().map(|peer| peer.ip().to_string()).unwrap_or_default()).await?;
            cx.flush().await;
            Ok(())
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ours = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, MirrorServer::new(Glass).into_router()).into_future());
    let theirs = under_axum(MirrorServer::new(Glass).into_router()).await;
    for address in [ours, theirs] {
        let client = MirrorClient::builder(format!("http://{address}")).build().unwrap();
        assert_eq!(client.address().await.unwrap(), "127.0.0.1");
        assert_eq!(client.stream().await.unwrap().recv().await.unwrap(), Some("127.0.0.1".into()));
    }
}
