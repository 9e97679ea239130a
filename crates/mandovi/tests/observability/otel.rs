//! Calls in distributed traces: the client says which span calls, and the server's span is its child.

use mandovi::testing::InMemory;
use opentelemetry::trace::{SpanKind, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::board::{self, BoardClient, Wall};

/// Spans of this thread, as an exporter gets them.
fn exported() -> (InMemorySpanExporter, SdkTracerProvider, tracing::subscriber::DefaultGuard) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    crate::capture::everywhere();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    (exporter, provider, guard)
}

fn one(spans: &[SpanData], kind: &SpanKind) -> SpanData {
    let all: Vec<_> = spans.iter().filter(|span| span.span_kind == *kind).collect();
    let [span] = &all[..] else { panic!("{all:#?}") };
    (*span).clone()
}

#[tokio::test]
async fn a_servers_span_belongs_to_the_trace_of_its_client() {
    let (exporter, _provider, _guard) = exported();
    let server = InMemory::from(board::server(&Wall::default()).into_service());
    let client = BoardClient::in_memory(server.clone()).build().unwrap();
    let work = async {
        let (tx, mut rx) = client.echo().await.unwrap();
        tx.send("hello").await.unwrap();
        assert_eq!(rx.recv().await.unwrap().as_deref(), Some("hello"));
        tx.finish().unwrap();
        assert_eq!(rx.recv().await.unwrap(), None);
    };
    work.instrument(tracing::info_span!("work")).await;
    server.closed().await;
    let finished = || exporter.get_finished_spans().unwrap();
    while finished().iter().filter(|span| span.name == "Board/echo").count() < 2 {
        tokio::task::yield_now().await;
    }
    let spans = finished();
    let (ours, theirs) = (one(&spans, &SpanKind::Client), one(&spans, &SpanKind::Server));
    let root = spans.iter().find(|span| span.name == "work").unwrap();
    assert_eq!(ours.parent_span_id, root.span_context.span_id());
    assert_eq!(theirs.span_context.trace_id(), root.span_context.trace_id());
    assert_eq!(theirs.parent_span_id, ours.span_context.span_id());
    assert!(theirs.parent_span_is_remote);
    assert_eq!(theirs.name, "Board/echo");
}

#[tokio::test]
async fn a_plain_method_and_a_foreign_client_too() {
    let (exporter, _provider, _guard) = exported();
    let server = InMemory::from(board::server(&Wall::default()).into_service());
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let client = BoardClient::in_memory(server.clone())
        .header("traceparent", parent)
        .header("tracestate", "rojo=1,congo=2")
        .build()
        .unwrap();
    client.touch().await.unwrap();
    while exporter.get_finished_spans().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    let theirs = one(&exporter.get_finished_spans().unwrap(), &SpanKind::Server);
    assert_eq!(theirs.span_context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(theirs.parent_span_id.to_string(), "00f067aa0ba902b7");
    assert_eq!(theirs.span_context.trace_state().header(), "rojo=1,congo=2");
}

/// Whether a layer around the router knows of traces or not: all spans are in the trace of the caller.
#[tokio::test]
async fn a_layer_around_the_router_may_have_a_span_too() {
    use axum::body::Body;
    use opentelemetry::trace::TraceContextExt as _;
    use tower_service::Service as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    for knows in [false, true] {
        let (exporter, _provider, _guard) = exported();
        let mut service = board::server(&Wall::default()).into_service();
        let request = http::Request::builder().method("POST").uri("/touch");
        let request = request.header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let layer = tracing::info_span!("layer");
        if knows {
            let caller = opentelemetry::trace::SpanContext::new(
                opentelemetry::trace::TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap(),
                opentelemetry::trace::SpanId::from_hex("00f067aa0ba902b7").unwrap(),
                opentelemetry::trace::TraceFlags::SAMPLED,
                true,
                Default::default(),
            );
            layer.set_parent(opentelemetry::Context::new().with_remote_span_context(caller)).unwrap();
        }
        let answer = service.call(request.body(Body::empty()).unwrap()).instrument(layer).await.unwrap();
        assert_eq!(answer.status(), 204);
        let spans = exporter.get_finished_spans().unwrap();
        let theirs = one(&spans, &SpanKind::Server);
        let layer = spans.iter().find(|span| span.name == "layer").unwrap();
        assert_eq!(theirs.span_context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(theirs.parent_span_id == layer.span_context.span_id(), knows);
    }
}

#[tokio::test]
async fn without_the_layer_nothing_is_said() {
    let wall = Wall::default();
    let server = InMemory::from(board::server(&wall).into_service());
    let capturing = crate::capture::start();
    let client = BoardClient::in_memory(server).build().unwrap();
    client.touch().await.unwrap();
    assert!(capturing.captured.with("trace_id=").is_empty());
}
