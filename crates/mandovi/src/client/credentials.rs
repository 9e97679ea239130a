//! What a client can show of itself, and which of it a method takes.

use std::any::{TypeId, type_name};
use std::collections::HashMap;

use http::{HeaderValue, header};

use super::token::TokenProvider;
use crate::auth::{ApiKeyCredential, BasicCredential, ClientHead, CredentialKind, CustomScheme, Scheme, Source};
use crate::error::ConnectError;
use crate::model::Location;

/// What a client was given. Never shown by `Debug`.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) token: Option<Box<dyn TokenProvider>>,
    pub(super) basic: Option<BasicCredential>,
    pub(super) key: Option<ApiKeyCredential>,
    /// Keys of schemes by name.
    pub(super) keys: HashMap<String, ApiKeyCredential>,
    custom: HashMap<TypeId, Writer>,
}

type Writer = Box<dyn Fn(&mut ClientHead<'_>) + Send + Sync>;

/// A scheme that a method takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    kind: CredentialKind,
    source: Source,
    /// The type of the scheme, for what is the application's own.
    scheme: TypeId,
    name: fn() -> &'static str,
}

impl Wanted {
    pub(super) fn of<S: Scheme>(source: Source) -> Self {
        Self { kind: S::KIND, source, scheme: TypeId::of::<S>(), name: type_name::<S> }
    }

    pub(super) fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// What the client must be given.
    fn told(&self) -> String {
        let scheme = self.source.scheme;
        match self.kind {
            CredentialKind::Basic => "a user name and a password: give them with `.basic(..)`".to_owned(),
            CredentialKind::Bearer => "a token: give one with `.token(..)`".to_owned(),
            CredentialKind::ApiKey => {
                format!("an API key: give one with `.api_key(..)`, or with `.api_key_for({scheme:?}, ..)`")
            }
            CredentialKind::Custom => {
                let name = (self.name)();
                let name = name.rsplit("::").next().unwrap_or(name);
                format!("a credential of `{scheme}`: give one with `.credential::<{name}>(..)`")
            }
        }
    }
}

impl Credentials {
    /// Sets the credential of a custom scheme.
    pub(super) fn set<S: CustomScheme>(&mut self, credential: S::Credential) {
        let writer: Writer = Box::new(move |head| S::write(&credential, head));
        self.custom.insert(TypeId::of::<S>(), writer);
    }

    /// Writes the first credential that the method takes and that is there.
    pub(super) async fn write(&self, wanted: &[Wanted], head: &mut ClientHead<'_>) -> Result<(), ConnectError> {
        for one in wanted {
            if self.write_one(one, head).await? {
                return match &head.wrong {
                    None => Ok(()),
                    Some(name) => Err(ConnectError::message(format!("the credential cannot stand in {name:?}"))),
                };
            }
        }
        let told: Vec<_> = wanted.iter().map(Wanted::told).collect();
        match &told[..] {
            [] => Ok(()),
            told => Err(ConnectError::message(format!("the method needs {}", told.join("; or ")))),
        }
    }

    async fn write_one(&self, wanted: &Wanted, head: &mut ClientHead<'_>) -> Result<bool, ConnectError> {
        match wanted.kind {
            CredentialKind::Basic => {
                let Some(basic) = &self.basic else { return Ok(false) };
                head.headers.insert(header::AUTHORIZATION, basic.to_header());
            }
            CredentialKind::Bearer => {
                let Some(provider) = &self.token else { return Ok(false) };
                let token =
                    provider.token().await.map_err(|error| ConnectError::new("the token provider failed", error))?;
                match wanted.source.query {
                    Some(name) => head.query(name, &token),
                    None => {
                        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                            .map_err(|_| ConnectError::message("the token cannot stand in a header"))?;
                        value.set_sensitive(true);
                        head.headers.insert(header::AUTHORIZATION, value);
                    }
                }
            }
            CredentialKind::ApiKey => {
                let Some(key) = self.keys.get(wanted.source.scheme).or(self.key.as_ref()) else { return Ok(false) };
                match wanted.source.key {
                    Some((Location::Query, name)) => head.query(name, key.key()),
                    Some((Location::Cookie, name)) => head.cookie(name, key.key()),
                    Some((_, name)) => head.header(name, key.key()),
                    None => head.header("X-Api-Key", key.key()),
                }
            }
            CredentialKind::Custom => {
                let Some(write) = self.custom.get(&wanted.scheme) else { return Ok(false) };
                write(head);
            }
        }
        Ok(true)
    }
}
