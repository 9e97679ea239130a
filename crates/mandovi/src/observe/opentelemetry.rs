//! Between the spans of calls and the traces that they belong to.

use http::{HeaderMap, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::trace::{TRACEPARENT, TRACESTATE, TraceParent, trace_state};

/// Makes a call's span a child of its caller's. It must not have been entered. A layer around the router may have taken the
/// caller's trace over already: then its span is between the two.
pub(super) fn adopt(span: &Span, parent: &TraceParent, headers: &HeaderMap) {
    if Span::current().context().span().span_context().trace_id() == TraceId::from_bytes(parent.trace) {
        return;
    }
    let state = trace_state(headers).and_then(|members| TraceState::from_key_value(members).ok()).unwrap_or_default();
    let parent = SpanContext::new(
        TraceId::from_bytes(parent.trace),
        SpanId::from_bytes(parent.span),
        TraceFlags::new(parent.flags) & TraceFlags::SAMPLED,
        true,
        state,
    );
    // Without the layer there is nobody to tell.
    let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
}

/// Says to the server which span calls: the call's own, or the one around it where that is filtered out.
pub(super) fn inject(span: Option<&Span>, headers: &mut HeaderMap) {
    // What the program says itself counts.
    if headers.contains_key(TRACEPARENT) {
        return;
    }
    let context = match span.filter(|span| !span.is_disabled()) {
        Some(span) => span.context(),
        None => Span::current().context(),
    };
    let here = context.span();
    let here = here.span_context();
    if !here.is_valid() {
        return;
    }
    let flags = (here.trace_flags() & TraceFlags::SAMPLED).to_u8();
    let parent = TraceParent { trace: here.trace_id().to_bytes(), span: here.span_id().to_bytes(), flags };
    if let Ok(value) = HeaderValue::try_from(parent.to_string()) {
        headers.insert(TRACEPARENT, value);
    }
    let state = here.trace_state().header();
    if !state.is_empty()
        && let Ok(value) = HeaderValue::try_from(state)
    {
        headers.insert(TRACESTATE, value);
    }
}
