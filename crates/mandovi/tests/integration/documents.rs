//! Documents beside the methods: on request, for anybody, and never in the way of the design.

use axum::body::Body;
use http::{Request, StatusCode, header};
use mandovi::{Design, prelude::*};
use serde_json::Value;
use tower_service::Service as _;

/// Says things again.
#[service(path = "/v1")]
trait Echo {
    /// Echoes every line.
    #[get("/echo")]
    async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

/// Has a document of its own.
#[service]
trait Own {
    /// A text of its own.
    #[get("/openapi.json")]
    async fn own(&self) -> Outcome<String>;
}

struct Nobody;

impl Echo for Nobody {
    async fn echo(&self, _: Receiver<String>, _: Sender<String>) -> Outcome<()> {
        Ok(())
    }
}

impl Own for Nobody {
    async fn own(&self) -> Outcome<String> {
        Ok("mine".to_owned())
    }
}

async fn ask(router: &axum::Router, path: &str, tag: Option<&str>) -> (StatusCode, http::HeaderMap, String) {
    let mut request = Request::get(path);
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let answer = router.clone().call(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn documents_are_served_at_the_root_on_request_only() {
    let (status, ..) = ask(&EchoServer::new(Nobody).into_router(), "/asyncapi.json", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let router = EchoServer::new(Nobody).documents().into_router();
    for (path, version) in [("/asyncapi.json", "asyncapi"), ("/openapi.json", "openapi")] {
        let (status, headers, body) = ask(&router, path, None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CONTENT_TYPE], "application/json");
        let document: Value = serde_json::from_str(&body).unwrap();
        assert!(document[version].as_str().unwrap().starts_with("3."), "{body}");
        assert!(body.contains("/v1/echo"), "{body}");
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
    let (status, ..) = ask(&router, "/v1/echo", None).await;
    assert_eq!(status, StatusCode::UPGRADE_REQUIRED);
}

#[tokio::test]
async fn a_reader_that_has_the_document_is_told_so() {
    let router = mandovi::docs::router(&EchoDesign::model());
    let (_, headers, body) = ask(&router, "/openapi.json", None).await;
    assert_eq!(body, mandovi::docs::openapi(&EchoDesign::model()).to_json());
    let tag = headers[header::ETAG].to_str().unwrap();
    for known in [tag.to_owned(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let (status, headers, body) = ask(&router, "/openapi.json", Some(&known)).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(headers[header::ETAG], tag);
    }
    let (status, ..) = ask(&router, "/openapi.json", Some("\"other\"")).await;
    assert_eq!(status, StatusCode::OK);
    let (_, other, _) = ask(&router, "/asyncapi.json", None).await;
    assert_ne!(other[header::ETAG], tag);
}

#[tokio::test]
async fn a_method_with_the_path_of_a_document_wins() {
    let router = OwnServer::new(Nobody).documents().into_router();
    assert_eq!(ask(&router, "/openapi.json", None).await.2, "\"mine\"\n");
    assert_eq!(ask(&router, "/asyncapi.json", None).await.0, StatusCode::OK);
}

#[test]
fn the_words_of_documents_are_those_of_the_table_of_classes() {
    use mandovi::class::ErrorClass;
    for code in mandovi::docs::CLOSE_CODES {
        let class = match ErrorClass::of_close_code(code.code) {
            _ if code.code == 1000 => "complete",
            ErrorClass::Recoverable => "recoverable",
            ErrorClass::Exhausted => "exhausted",
            ErrorClass::Unauthenticated => "unauthenticated",
            ErrorClass::Fatal => "fatal",
            _ => "unknown",
        };
        assert_eq!(code.class, class, "{}", code.code);
    }
}

#[test]
fn designs_are_types_that_tools_can_take() {
    fn name<D: Design>() -> String {
        D::model().name
    }
    assert_eq!(name::<EchoDesign>(), "Echo");
}
