//! How callers prove who they are, as OpenAPI and AsyncAPI have it. Both know the same kinds under nearly the same names.

use mandovi_model::{Flow, FlowKind, Location, Method, Scheme, SchemeKind, Service};

use crate::{
    document::{Node, Object},
    schema::component_name,
};

/// Which of the two a scheme is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Specification {
    OpenApi,
    AsyncApi,
}

/// One way to satisfy a method: a scheme by its name in the document, and the scopes that it asks for.
pub(crate) struct Alternative<'a> {
    /// The key below `securitySchemes`.
    pub(crate) name: String,
    pub(crate) scheme: &'a Scheme,
    pub(crate) scopes: &'a [String],
}

/// The ways to satisfy a method, any one of which is enough. A token that may also travel in the query is two ways.
pub(crate) fn alternatives<'a>(service: &'a Service, method: &'a Method) -> Vec<Alternative<'a>> {
    let mut all = Vec::new();
    for security in &method.security {
        let Some(scheme) = service.schemes.iter().find(|scheme| scheme.name == security.scheme) else { continue };
        let names = std::iter::once(component_name(&scheme.name)).chain(query_name(scheme));
        all.extend(names.map(|name| Alternative { name, scheme, scopes: &security.scopes }));
    }
    all
}

/// The `securitySchemes` of a document.
pub(crate) fn schemes(service: &Service, specification: Specification) -> Object {
    let mut all = Object::new();
    for scheme in &service.schemes {
        all.set(component_name(&scheme.name), self::scheme(scheme, specification));
        if let (Some(name), Some(query)) = (query_name(scheme), &scheme.query) {
            let described = Object::new().with("description", format!("The token of `{}`, in the query.", scheme.name));
            all.set(name, key(described, specification, Location::Query, query));
        }
    }
    all
}

/// One scheme.
pub(crate) fn scheme(scheme: &Scheme, specification: Specification) -> Object {
    let described = Object::new().with_text("description", &scheme.description);
    let flows = match &scheme.kind {
        SchemeKind::OAuth2 { flows } => self::flows(scheme, flows, specification),
        _ => Object::new(),
    };
    let bearer = |described: Object| described.with("type", "http").with("scheme", "bearer");
    match &scheme.kind {
        SchemeKind::Basic => described.with("type", "http").with("scheme", "basic"),
        SchemeKind::Jwt => {
            let scopes = scopes(scheme);
            bearer(described).with("bearerFormat", "JWT").with_filled("x-scopes", scopes)
        }
        SchemeKind::ApiKey { location, name } => key(described, specification, *location, name),
        SchemeKind::OAuth2 { .. } if !flows.is_empty() => described.with("type", "oauth2").with("flows", flows),
        // Neither specification knows a flow without its URLs: what travels is a bearer token all the same.
        SchemeKind::OAuth2 { .. } => bearer(described).with_filled("x-scopes", scopes(scheme)),
        SchemeKind::Custom { carriers } => match &carriers[..] {
            [] => described.with("type", "http").with("scheme", component_name(&scheme.name)).with("x-custom", true),
            [(location, name), ..] => {
                let carriers = carriers
                    .iter()
                    .map(|(location, name)| Object::new().with("in", location.as_str()).with("name", name));
                key(described, specification, *location, name).with("x-custom", carriers.collect::<Vec<_>>())
            }
        },
        _ => bearer(described),
    }
}

/// The name of the scheme that is the same token in the query.
fn query_name(scheme: &Scheme) -> Option<String> {
    scheme.query.as_ref().map(|_| format!("{}_query", component_name(&scheme.name)))
}

fn key(described: Object, specification: Specification, location: Location, name: &str) -> Object {
    let kind = match specification {
        Specification::OpenApi => "apiKey",
        Specification::AsyncApi => "httpApiKey",
    };
    described.with("type", kind).with("in", location.as_str()).with("name", name)
}

fn scopes(scheme: &Scheme) -> Object {
    scheme.scopes.iter().fold(Object::new(), |scopes, (name, allows)| scopes.with(name, allows))
}

/// The flows that have the URLs which both specifications ask for.
fn flows(scheme: &Scheme, flows: &[Flow], specification: Specification) -> Object {
    let scopes_name = match specification {
        Specification::OpenApi => "scopes",
        Specification::AsyncApi => "availableScopes",
    };
    let mut all = Object::new();
    for flow in flows {
        let (name, agrees, tokens) = match flow.kind {
            FlowKind::AuthorizationCode => ("authorizationCode", true, true),
            FlowKind::Implicit => ("implicit", true, false),
            FlowKind::Password => ("password", false, true),
            FlowKind::ClientCredentials => ("clientCredentials", false, true),
            _ => continue,
        };
        if (agrees && flow.authorization_url.is_none()) || (tokens && flow.token_url.is_none()) {
            continue;
        }
        let flow = Object::new()
            .with_some("authorizationUrl", flow.authorization_url.as_ref().filter(|_| agrees))
            .with_some("tokenUrl", flow.token_url.as_ref().filter(|_| tokens))
            .with_some("refreshUrl", flow.refresh_url.as_ref())
            .with(scopes_name, Node::from(scopes(scheme)));
        all.set(name, flow);
    }
    all
}
