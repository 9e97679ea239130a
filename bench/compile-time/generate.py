"""Writes one service of 50 methods twice: with Mandovi, and by hand for axum. Standalone crates, for measure.py.

30 plain methods and 20 streams (8 bidirectional, 6 from the server, of which 3 in a view that the caller chooses, 6 from the client
with a result), 22 structs, 3 enumerations, 3 enums of declared errors, path and query parameters, bodies, and tokens with
scopes for every second method. The axum service does the same on the wire as far as one would write it by hand: it has no client, no
model, and tells the first violation of a body only.
"""

import pathlib
import sys

STRUCTS, ENUMS, ERRORS = 22, 3, 3
VIEWED = {1, 5, 9}


def record(number):
    return f"Record{number:02}"


def fields(number):
    """Name, type and a sample of each field: from four to nine of them."""
    every = [
        ("id", "String", "id.to_owned()"),
        ("count", "u64", f"{number}"),
        ("ratio", "f64", "0.5"),
        ("note", "Option<String>", "None"),
        ("tags", "Vec<String>", "vec![id.to_owned()]"),
        ("status", f"Status{number % ENUMS:02}", f"Status{number % ENUMS:02}::Open"),
        ("labels", "BTreeMap<String, String>", "BTreeMap::new()"),
        ("part", f"Option<{record(number - 1)}>", f"Some({record(number - 1)}::sample(id))"),
        ("parts", f"Vec<{record(number - 2)}>", f"vec![{record(number - 2)}::sample(id)]"),
    ]
    kept = every[: 4 + number % 6]
    return [field for field in kept if not (field[0] == "part" and number < 1 or field[0] == "parts" and number < 2)]


def samples():
    out = []
    for number in range(STRUCTS):
        members = "".join(f"            {name}: {sample},\n" for name, _, sample in fields(number))
        out.append(
            f"impl {record(number)} {{\n    fn sample(id: &str) -> Self {{\n        Self {{\n{members}        }}\n    }}\n}}\n"
        )
    return "\n".join(out)


def methods():
    """What each method is: number, kind, whether with a token, its types and its errors."""
    kinds = ["get", "list", "post", "put", "delete"] * 6
    kinds += ["bidirectional"] * 8 + ["client"] * 6 + ["server"] * 3 + ["viewed"] * 3
    viewed = iter(sorted(VIEWED))
    for number, kind in enumerate(kinds):
        yield {
            "name": f"{kind}_{number:02}",
            "kind": kind,
            "auth": number % 2 == 0,
            "input": record((number * 7 + 3) % STRUCTS),
            "output": record(next(viewed) if kind == "viewed" else number % STRUCTS),
            "error": f"Error{number % ERRORS:02}",
        }


# Mandovi


def mandovi():
    out = [
        "//! Fifty methods, with Mandovi.\n",
        "use std::collections::BTreeMap;\n\nuse mandovi::prelude::*;\nuse serde::Deserialize;\n",
    ]
    for number in range(STRUCTS):
        view = "(view(short = [id, count]))" if number in VIEWED else ""
        members = "".join(
            f"    /// The {name} of it.\n    #[field({tag})]\n    pub {name}: {ty},\n"
            for tag, (name, ty, _) in enumerate(fields(number), 1)
        )
        out.append(f"/// A record.\n#[message{view}]\npub struct {record(number)} {{\n{members}}}\n")
    for number in range(ENUMS):
        out.append(f"/// Where it is.\n#[message]\npub enum Status{number:02} {{\n    Open,\n    Closed,\n    Lost,\n    Found,\n}}\n")
    for number in range(ERRORS):
        out.append(
            f"""/// What is refused.
#[errors]
pub enum Error{number:02} {{
    /// There is none.
    #[status(404)]
    NotFound(String),
    /// There is one already.
    #[status(409)]
    Conflict,
    /// Come back later.
    #[status(429, exhausted)]
    SlowDown {{
        #[retry_after]
        after: Duration,
        limit: u32,
    }},
    /// The token is not valid.
    #[status(401)]
    Unauthorized(String),
}}
"""
        )
    out.append("/// Who calls.\n#[derive(Deserialize)]\npub struct Caller {\n    pub sub: String,\n}\n")
    declared, written = [], []
    for method in methods():
        name, kind, incoming, outgoing, error = (method[key] for key in ("name", "kind", "input", "output", "error"))
        auth = ', auth = jwt, scopes = ["records:use"]' if method["auth"] else ""
        caller = "caller: Auth<Caller>, " if method["auth"] else ""
        used = "let _ = &caller.sub;\n        " if method["auth"] else ""
        refuse = f'if id.is_empty() {{\n            return Err({error}::NotFound(id).into());\n        }}\n        '
        path, verb, result = f"/{name}/{{id}}", "get", outgoing
        if kind == "get":
            arguments, body = "id: String", f"{refuse}Ok({outgoing}::sample(&id))"
        elif kind == "list":
            path = f"/{name}"
            arguments = "#[query(default = 10)] limit: u32, #[query] after: Option<String>, #[query] tag: Vec<String>"
            result = f"Vec<{outgoing}>"
            body = (
                f"let _ = tag;\n        let from = after.unwrap_or_default();\n        "
                f"Ok((0..limit).map(|_| {outgoing}::sample(&from)).collect())"
            )
        elif kind in ("post", "put"):
            verb = kind
            arguments = f"id: String, #[body] value: {incoming}"
            body = f"{refuse}Ok({outgoing}::sample(&value.id))"
        elif kind == "delete":
            verb, arguments, result, body = "delete", "id: String", "()", f"{refuse}Ok(())"
        elif kind == "bidirectional":
            arguments = f"id: String, mut input: Receiver<{incoming}>, output: Sender<{outgoing}>"
            result = "()"
            body = (
                f"{refuse}while let Some(value) = input.recv().await? {{\n            "
                f"output.send({outgoing}::sample(&value.id)).await?;\n        }}\n        Ok(())"
            )
        elif kind == "client":
            arguments = f"id: String, mut input: Receiver<{incoming}>"
            body = (
                f"{refuse}let mut last = id;\n        while let Some(value) = input.recv().await? {{\n            "
                f"last = value.id;\n        }}\n        Ok({outgoing}::sample(&last))"
            )
        else:
            view = f"#[view] view: Option<{outgoing}View>, " if kind == "viewed" else ""
            arguments = f"id: String, #[query(default = 10)] limit: u32, {view}output: Sender<{outgoing}>"
            result = "()"
            body = (
                f"{refuse}for _ in 0..limit {{\n            output.send({outgoing}::sample(&id)).await?;\n        }}\n        Ok(())"
            )
        signature = f"async fn {name}(&self, {caller}{arguments}) -> Outcome<{result}, {error}>"
        declared.append(f"    /// Method {name}.\n    #[{verb}(\"{path}\"{auth})]\n    {signature.replace('mut input', 'input')};\n")
        plain = signature
        for attribute in ("#[query(default = 10)] ", "#[query] ", "#[body] ", "#[view] "):
            plain = plain.replace(attribute, "")
        plain = plain.replace("view: Option", "_view: Option")
        written.append(f"    {plain} {{\n        {used}{body}\n    }}\n")
    out.append("/// Fifty methods.\n#[service(schemes(jwt = Jwt<Caller>))]\npub trait Records {\n" + "\n".join(declared) + "}\n")
    out.append("struct App;\n\nimpl Records for App {\n" + "\n".join(written) + "}\n")
    out.append(samples())
    out.append(
        """/// The service, ready to serve.
pub fn router() -> mandovi::axum::Router {
    RecordsServer::new(App).jwt(mandovi::JwtVerifier::hs256(b"a long secret")).into_router()
}
"""
    )
    return "\n".join(out)


# axum

AXUM_HEAD = """//! Fifty methods, by hand with axum.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use jsonwebtoken::{DecodingKey, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What every handler shares.
pub struct App {
    key: DecodingKey,
}

/// Who calls.
#[derive(Deserialize)]
pub struct Caller {
    pub sub: String,
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get(header::AUTHORIZATION).ok_or((StatusCode::BAD_REQUEST, "token is missing"))?;
        let token = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let token = token.ok_or((StatusCode::UNAUTHORIZED, "invalid token"))?;
        let caller = jsonwebtoken::decode::<Caller>(token, &app.key, &Validation::default())
            .map_err(|_| (StatusCode::UNAUTHORIZED, "invalid token"))?
            .claims;
        if !caller.scopes.iter().any(|scope| scope == "records:use") {
            return Err((StatusCode::FORBIDDEN, "missing scopes: records:use"));
        }
        Ok(caller)
    }
}

/// The next message, or nothing at the end of the stream.
async fn recv<T: DeserializeOwned>(socket: &mut WebSocket) -> Result<Option<T>, CloseFrame> {
    loop {
        let text = match socket.recv().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => return Err(closing(1003, "text only")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
        };
        if text.trim() == "null" {
            return Ok(None);
        }
        return serde_json::from_str(&text).map(Some).map_err(|error| closing(1007, &error.to_string()));
    }
}

async fn send<T: Serialize>(socket: &mut WebSocket, value: &T) -> Result<(), CloseFrame> {
    let text = serde_json::to_string(value).map_err(|_| closing(1011, "internal error"))?;
    socket.send(Message::Text(text.into())).await.map_err(|_| closing(1006, ""))
}

fn closing(code: u16, reason: &str) -> CloseFrame {
    CloseFrame { code, reason: reason.chars().take(40).collect::<String>().into() }
}

async fn finish(mut socket: WebSocket, ended: Result<(), CloseFrame>) {
    let frame = ended.err().unwrap_or_else(|| closing(1000, "server closing connection"));
    let _ = socket.send(Message::Close(Some(frame))).await;
}

fn ten() -> u32 {
    10
}

#[derive(Deserialize)]
struct Limit {
    #[serde(default = "ten")]
    limit: u32,
}
"""


def axum():
    out = [AXUM_HEAD]
    for number in range(STRUCTS):
        members = "".join(
            f"    /// The {name} of it.\n"
            + ('    #[serde(default, skip_serializing_if = "Option::is_none")]\n' if ty.startswith("Option") else "")
            + f"    pub {name}: {ty},\n"
            for name, ty, _ in fields(number)
        )
        derive = "#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]"
        out.append(f"/// A record.\n{derive}\npub struct {record(number)} {{\n{members}}}\n")
        if number in VIEWED:
            out.append(
                f"""/// A short one.
{derive}
pub struct {record(number)}Short {{
    pub id: String,
    pub count: u64,
}}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum {record(number)}View {{
    #[default]
    Default,
    Short,
}}

#[derive(Deserialize)]
struct {record(number)}Query {{
    #[serde(default = "ten")]
    limit: u32,
    #[serde(default)]
    view: {record(number)}View,
}}
"""
            )
    for number in range(ENUMS):
        out.append(
            f"""/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status{number:02} {{
    Open,
    Closed,
    Lost,
    Found,
}}
"""
        )
    for number in range(ERRORS):
        out.append(
            f"""/// What is refused.
#[derive(Debug)]
pub enum Error{number:02} {{
    NotFound(String),
    Conflict,
    SlowDown {{ after: Duration, limit: u32 }},
}}

impl Error{number:02} {{
    fn body(&self) -> (StatusCode, serde_json::Value) {{
        match self {{
            Self::NotFound(text) => (StatusCode::NOT_FOUND, serde_json::json!({{"name": "not_found", "message": text}})),
            Self::Conflict => {{
                let body = serde_json::json!({{"name": "conflict", "message": "There is one already."}});
                (StatusCode::CONFLICT, body)
            }}
            Self::SlowDown {{ after, limit }} => {{
                let after = after.as_millis() as u64;
                let body = serde_json::json!({{"name": "slow_down", "limit": limit, "retry_after_ms": after}});
                (StatusCode::TOO_MANY_REQUESTS, body)
            }}
        }}
    }}
}}

impl IntoResponse for Error{number:02} {{
    fn into_response(self) -> Response {{
        let (status, body) = self.body();
        (status, Json(body)).into_response()
    }}
}}

impl From<Error{number:02}> for CloseFrame {{
    fn from(error: Error{number:02}) -> Self {{
        let (status, body) = error.body();
        closing(4000 + status.as_u16(), &body.to_string())
    }}
}}
"""
        )
    routes = []
    for method in methods():
        name, kind, incoming, outgoing, error = (method[key] for key in ("name", "kind", "input", "output", "error"))
        caller = "caller: Caller, " if method["auth"] else ""
        used = "let _ = &caller.sub;\n    " if method["auth"] else ""
        refuse = f"if id.is_empty() {{\n        return Err({error}::NotFound(id));\n    }}\n    "
        path, verb = f"/{name}/{{id}}", "get"
        state = "State(_app): State<Arc<App>>, "
        if kind == "get":
            out.append(
                f"async fn {name}({state}{caller}Path(id): Path<String>) -> Result<Json<{outgoing}>, {error}> {{\n    "
                f"{used}{refuse}Ok(Json({outgoing}::sample(&id)))\n}}\n"
            )
        elif kind == "list":
            path = f"/{name}"
            out.append(
                f"""#[derive(Deserialize)]
struct {name.title().replace('_', '')}Query {{
    #[serde(default = "ten")]
    limit: u32,
    after: Option<String>,
    tag: Option<String>,
}}

async fn {name}({state}{caller}Query(query): Query<{name.title().replace('_', '')}Query>) -> Result<Json<Vec<{outgoing}>>, {error}> {{
    {used}let _ = query.tag;
    let from = query.after.unwrap_or_default();
    Ok(Json((0..query.limit).map(|_| {outgoing}::sample(&from)).collect()))
}}
"""
            )
        elif kind in ("post", "put"):
            verb = kind
            out.append(
                f"async fn {name}({state}{caller}Path(id): Path<String>, Json(value): Json<{incoming}>) -> Result<Json<{outgoing}>, {error}> {{\n    "
                f"{used}{refuse}Ok(Json({outgoing}::sample(&value.id)))\n}}\n"
            )
        elif kind == "delete":
            verb = "delete"
            out.append(
                f"async fn {name}({state}{caller}Path(id): Path<String>) -> Result<StatusCode, {error}> {{\n    "
                f"{used}{refuse}Ok(StatusCode::NO_CONTENT)\n}}\n"
            )
        else:
            refuse = f"if id.is_empty() {{\n        return Err({error}::NotFound(id).into());\n    }}\n    "
            query = {"server": "Query(query): Query<Limit>, ", "viewed": f"Query(query): Query<{outgoing}Query>, "}.get(kind, "")
            passed = ", query" if query else ""
            kind_of = {"server": ", query: Limit", "viewed": f", query: {outgoing}Query"}.get(kind, "")
            if kind == "bidirectional":
                body = (
                    f"while let Some(value) = recv::<{incoming}>(socket).await? {{\n        "
                    f"send(socket, &{outgoing}::sample(&value.id)).await?;\n    }}\n    Ok(())"
                )
            elif kind == "client":
                body = (
                    f"let mut last = id;\n    while let Some(value) = recv::<{incoming}>(socket).await? {{\n        "
                    f"last = value.id;\n    }}\n    send(socket, &{outgoing}::sample(&last)).await"
                )
            elif kind == "server":
                body = (
                    f"for _ in 0..query.limit {{\n        send(socket, &{outgoing}::sample(&id)).await?;\n    }}\n    Ok(())"
                )
            else:
                body = f"""for _ in 0..query.limit {{
        let value = {outgoing}::sample(&id);
        match query.view {{
            {outgoing}View::Default => send(socket, &value).await?,
            {outgoing}View::Short => send(socket, &{outgoing}Short {{ id: value.id, count: value.count }}).await?,
        }}
    }}
    Ok(())"""
            out.append(
                f"""async fn {name}({state}{caller}Path(id): Path<String>, {query}upgrade: WebSocketUpgrade) -> Response {{
    {used}upgrade.on_upgrade(move |mut socket| async move {{
        let ended = {name}_stream(&mut socket, id{passed}).await;
        finish(socket, ended).await;
    }})
}}

async fn {name}_stream(socket: &mut WebSocket, id: String{kind_of}) -> Result<(), CloseFrame> {{
    {refuse}{body}
}}
"""
            )
        routes.append(f'        .route("{path}", {verb}({name}))\n')
    out.append(samples())
    out.append(
        "/// The service, ready to serve.\npub fn router() -> Router {\n"
        '    let app = Arc::new(App { key: DecodingKey::from_secret(b"a long secret") });\n'
        "    Router::new()\n" + "".join(routes) + "        .with_state(app)\n}\n"
    )
    return "\n".join(out)


def manifest(name, dependencies):
    return f"""[package]
name = "{name}"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
{dependencies}"""


def write(folder, repository):
    folder, repository = pathlib.Path(folder), pathlib.Path(repository)
    crates = {
        "with-mandovi": (
            mandovi(),
            f'mandovi = {{ path = "{repository}/crates/mandovi" }}\nserde = {{ version = "1", features = ["derive"] }}\n',
        ),
        "with-axum": (
            axum(),
            'axum = { version = "0.8", default-features = false, features = ["http1", "json", "query", "tokio", "ws"] }\n'
            'jsonwebtoken = { version = "10", default-features = false, features = ["rust_crypto", "use_pem"] }\n'
            'serde = { version = "1", features = ["derive"] }\nserde_json = "1"\n'
            'tokio = { version = "1", default-features = false, features = ["macros", "net", "rt"] }\n',
        ),
    }
    for name, (source, dependencies) in crates.items():
        crate = folder / name
        (crate / "src").mkdir(parents=True, exist_ok=True)
        (crate / "Cargo.toml").write_text(manifest(name, dependencies))
        (crate / "src/lib.rs").write_text(source)
        # The versions that everything else here is tested with.
        (crate / "Cargo.lock").write_text((repository / "Cargo.lock").read_text())
    return list(crates)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: generate.py FOLDER REPOSITORY")
    for crate in write(sys.argv[1], sys.argv[2]):
        print(crate)
