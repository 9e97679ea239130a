//! What the expansions write the model with, so that they stay short: everything here is compiled once, whereas each statement of an
//! expansion is compiled again for every field and every method. Not for anyone else.

use mandovi_model::{Field, Location, Message, Method, Parameter, Schema, Security, Service, Verb};

/// Adds a field to a message.
pub fn field<'a>(message: &'a mut Message, tag: u32, name: &str, description: &str, schema: Schema) -> &'a mut Field {
    let mut field = Field::new(tag, name, schema);
    field.description = description.to_owned();
    pushed(&mut message.fields, field)
}

/// Adds a method to a service.
pub fn method<'a>(service: &'a mut Service, name: &str, verb: Verb, path: &str, description: &str) -> &'a mut Method {
    let mut method = Method::new(name, verb, path);
    method.description = description.to_owned();
    pushed(&mut service.methods, method)
}

/// Adds a parameter to a method.
pub fn parameter<'a>(
    method: &'a mut Method,
    name: &str,
    location: Location,
    description: &str,
    schema: Schema,
) -> &'a mut Parameter {
    let mut parameter = Parameter::new(name, location, schema);
    parameter.description = description.to_owned();
    pushed(&mut method.parameters, parameter)
}

/// An example of a parameter that is written as the text in which it travels, of a type that may have no other way from text.
///
/// # Panics
/// The text is no value of the type. The model is made before anything is served, so the first test of a design finds it.
pub fn text_example<T: crate::parameter::Parameter + serde::Serialize>(text: &str) -> Option<serde_json::Value> {
    match T::parse(text) {
        Ok(value) => serde_json::to_value(value).ok(),
        Err(expected) => panic!("the example {text:?} is not a `{}`: {expected}", std::any::type_name::<T>()),
    }
}

/// Says what secures a method.
pub fn security(method: &mut Method, scheme: &str, scopes: &[&str]) {
    let mut security = Security::new(scheme);
    security.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    method.security.push(security);
}

/// Fills a place for a schema.
pub fn set(place: &mut Option<Schema>, schema: Schema) {
    *place = Some(schema);
}

fn pushed<T>(list: &mut Vec<T>, value: T) -> &mut T {
    list.push(value);
    list.last_mut().expect("it was pushed just now")
}
