//! What documents say of a service as a whole: the `info` of OpenAPI, with which that of AsyncAPI begins.

use mandovi_model::Service;

use crate::{
    document::Object,
    schema::{Schemas, WIDE_INTEGERS},
};

/// Title, version, description, terms, contact and licence.
pub(crate) fn info(service: &Service, schemas: &Schemas<'_>) -> Object {
    let Service { name, description, info, .. } = service;
    let mut text = description.clone();
    if schemas.has_wide_integers() {
        text = format!("{text}\n\n{WIDE_INTEGERS}").trim_start().to_owned();
    }
    let contact = info.contact.as_ref().map(|contact| {
        Object::new()
            .with_some("name", contact.name.as_ref())
            .with_some("url", contact.url.as_ref())
            .with_some("email", contact.email.as_ref())
    });
    let license = info
        .license
        .as_ref()
        .map(|license| Object::new().with("name", &license.name).with_some("url", license.url.as_ref()));
    Object::new()
        .with("title", info.title.as_ref().unwrap_or(name))
        .with("version", info.version.as_deref().unwrap_or("0.0.0"))
        .with_text("description", &text)
        .with_some("termsOfService", info.terms.as_ref())
        .with_some("contact", contact)
        .with_some("license", license)
}
