//! A method against its service, and its arguments against each other.

use std::collections::HashMap;

use mandovi_model::{Location, Verb};

use super::super::{
    Service,
    argument::{Count, Kind},
    method::Method,
};
use super::arguments::{schemes_exist, scopes_are_listed};
use crate::{
    diagnostics::Mistakes,
    syntax::{argument_of, is_unit, wire_name},
};

/// Checks a method against its service. `complete`: all schemes could be read.
pub(crate) fn method(method: &Method, service: &Service, complete: bool, mistakes: &mut Mistakes) {
    streams_are_get(method, mistakes);
    halves_are_given_once(method, mistakes);
    the_rest_is_given_once(method, mistakes);
    a_stream_answers_at_most_once(method, mistakes);
    input_is_never_null(method, mistakes);
    the_schemes_exist(method, service, complete, mistakes);
    identity_needs_a_scheme(method, mistakes);
    scopes_need_a_scheme(method, mistakes);
    captures_have_arguments(method, mistakes);
    path_parameters_are_in_the_path(method, mistakes);
    path_parameters_are_single_and_given(method, mistakes);
    defaults_are_for_single_values(method, mistakes);
    parameters_have_names_of_their_own(method, mistakes);
    names_fit_their_place(method, mistakes);
    bodies_belong_to_plain_methods(method, mistakes);
    views_are_chosen_where_only_the_server_speaks(method, mistakes);
    a_fixed_view_shows_something(method, mistakes);
    only_what_flows_from_the_server_goes_on(method, mistakes);
    raw_is_for_streams(method, mistakes);
    a_status_is_of_a_plain_method_that_went_well(method, mistakes);
    members_travel_in_places_of_their_own(method, mistakes);
    names_are_free_in_the_client(method, mistakes);
    method.attribute.tuning.check_method(method, &service.arguments.tuning, mistakes);
}

/// RFC 6455 §4.1: the opening handshake is a GET.
fn streams_are_get(method: &Method, mistakes: &mut Mistakes) {
    if method.is_stream() && method.attribute.verb != Verb::Get {
        mistakes.at(
            &method.attribute.verb_token,
            format_args!(
                "a stream begins with a WebSocket handshake, which is a GET: write `#[get({:?})]`",
                method.path.value()
            ),
        );
    }
}

/// One stream has one direction each way; all of its halves come from one place.
fn halves_are_given_once(method: &Method, mistakes: &mut Mistakes) {
    let (mut receiver, mut sender) = (false, false);
    for argument in &method.arguments {
        let again = match &argument.kind {
            Kind::Receiver(_) => std::mem::replace(&mut receiver, true),
            Kind::Sender(_) => std::mem::replace(&mut sender, true),
            Kind::Opening(_) => {
                let before = receiver || sender;
                (receiver, sender) = (true, true);
                before
            }
            _ => continue,
        };
        if again {
            let text = match &argument.kind {
                Kind::Receiver(_) => {
                    "a method receives one stream: send an enum or a message with several fields for several kinds"
                }
                Kind::Sender(_) => "a method sends one stream: clone the `Sender` to send from several places",
                _ => "an `Opening` holds all halves: take the other one away",
            };
            let text = if method.is_opening() && !matches!(argument.kind, Kind::Opening(_)) {
                "the `Opening` holds all halves: take this one away"
            } else {
                text
            };
            mistakes.at(&argument.ty, text);
        }
    }
}

/// A call has one caller, one body, one view and one context.
fn the_rest_is_given_once(method: &Method, mistakes: &mut Mistakes) {
    type Question = fn(&Kind) -> bool;
    let once: [(Question, &str); 5] = [
        (|kind| matches!(kind, Kind::Auth), "a call has one caller: take this `Auth` away"),
        (|kind| matches!(kind, Kind::Context), "a call has one context: take this one away"),
        (|kind| matches!(kind, Kind::Body), "a call has one body: put both into one message"),
        (
            |kind| matches!(kind, Kind::Parameter(parameter) if parameter.selects_view),
            "a call has one view: take this `#[view]` away",
        ),
        (
            |kind| matches!(kind, Kind::Parameter(parameter) if parameter.last_event_id),
            "a stream goes on from one place: take this `#[last_event_id]` away",
        ),
    ];
    for (is, text) in once {
        for argument in method.arguments.iter().filter(|argument| is(&argument.kind)).skip(1) {
            mistakes.at(&argument.ident, text);
        }
    }
}

/// What a server streams and what it answers at the end would be the same messages on the wire.
fn a_stream_answers_at_most_once(method: &Method, mistakes: &mut Mistakes) {
    if method.output().is_some() && method.has_result() {
        mistakes.at(&method.result, "a method with a `Sender` sends its last value too: write `Outcome<(), ..>`");
    }
}

/// `null` ends the client's stream. What hides behind another name is caught by the bound `NotNull` in the expansion.
fn input_is_never_null(method: &Method, mistakes: &mut Mistakes) {
    let Some(input) = method.input() else { return };
    if argument_of(input, "Option").is_some() {
        mistakes.at(
            input,
            "`null` ends a client's stream, so what flows cannot be optional: write a `#[message]` struct with an optional field",
        );
    } else if is_unit(input) {
        mistakes
            .at(input, "`null` ends a client's stream, and `()` is `null`: write a `#[message]` struct without fields");
    }
}

/// Schemes and scopes are those of the service. (What the service says itself has been looked at there.)
fn the_schemes_exist(method: &Method, service: &Service, complete: bool, mistakes: &mut Mistakes) {
    let auth = &method.attribute.auth;
    if complete && auth.schemes != service.arguments.auth.schemes {
        schemes_exist(auth, &service.arguments.schemes, mistakes);
    }
    if complete && auth.scopes_token.is_some() {
        scopes_are_listed(auth, &service.arguments.schemes, mistakes);
    }
}

/// Somebody must have verified the caller.
fn identity_needs_a_scheme(method: &Method, mistakes: &mut Mistakes) {
    if let Some(argument) = method.auth_argument().filter(|_| method.attribute.auth.schemes.is_empty()) {
        if let Some(none) = &method.attribute.auth.none {
            mistakes.at(
                none,
                "nobody verifies the caller that the method asks for: name a scheme, or take the `Auth` away",
            );
            return;
        }
        let verb = &method.attribute.verb_token;
        let path = method.path.value();
        mistakes
            .at(&argument.ty, format_args!("nobody verifies this caller: write `#[{verb}({path:?}, auth = scheme)]`"));
    }
}

/// Scopes belong to a credential.
fn scopes_need_a_scheme(method: &Method, mistakes: &mut Mistakes) {
    let auth = &method.attribute.auth;
    match (&auth.scopes_token, &auth.none) {
        (Some(scopes), Some(_)) => mistakes.at(scopes, "`auth = none` lets everyone in: take the scopes away"),
        (Some(scopes), None) if auth.schemes.is_empty() => {
            mistakes.at(scopes, "scopes belong to a credential: write `auth = scheme` before them");
        }
        _ => {}
    }
}

/// A name in the path claims the argument of that name.
fn captures_have_arguments(method: &Method, mistakes: &mut Mistakes) {
    for capture in &method.captures {
        let claimed = method
            .parameters()
            .any(|(_, parameter)| parameter.location == Location::Path && parameter.name.value() == *capture);
        if claimed {
            continue;
        }
        match method.arguments.iter().find(|argument| wire_name(&argument.ident) == *capture) {
            Some(argument) => mistakes.at(
                &argument.ident,
                format_args!("`{{{capture}}}` in the path claims this argument: take its attribute away"),
            ),
            None => mistakes.at(
                &method.path,
                format_args!("`{{{capture}}}` needs an argument of this name: write `{capture}: String`"),
            ),
        }
    }
}

/// The other way around.
fn path_parameters_are_in_the_path(method: &Method, mistakes: &mut Mistakes) {
    for (argument, parameter) in method.parameters() {
        let name = parameter.name.value();
        if parameter.location == Location::Path && !method.captures.contains(&name) {
            mistakes.at(&argument.ident, format_args!("the path has no `{{{name}}}`: write it where the value stands"));
        }
    }
}

/// A path with a hole is another path.
fn path_parameters_are_single_and_given(method: &Method, mistakes: &mut Mistakes) {
    for (argument, parameter) in method.parameters() {
        if parameter.location == Location::Path && parameter.count != Count::One {
            mistakes.at(
                &argument.ty,
                "a parameter in the path is always there, and there once: take `Option` or `Vec` away",
            );
        }
    }
}

/// `None` and the default would both mean absent; no values at all are a value of their own.
fn defaults_are_for_single_values(method: &Method, mistakes: &mut Mistakes) {
    for (_, parameter) in method.parameters() {
        if let (Some(default), Count::Optional | Count::Many) = (&parameter.default, parameter.count) {
            let value = &parameter.value;
            let value = quote::quote!(#value);
            mistakes
                .at(default, format_args!("a parameter with a default is never absent: write its type as `{value}`"));
        }
    }
}

/// The first of two would always win.
fn parameters_have_names_of_their_own(method: &Method, mistakes: &mut Mistakes) {
    let mut seen = HashMap::new();
    let mut goes_on = false;
    for (argument, parameter) in method.parameters() {
        // Two of them are told already.
        if parameter.last_event_id && std::mem::replace(&mut goes_on, true) {
            continue;
        }
        let name = match parameter.location {
            Location::Header => parameter.name.value().to_ascii_lowercase(),
            _ => parameter.name.value(),
        };
        if parameter.last_event_id {
            // Where a request cannot have the header.
            seen.insert((Location::Query, "last_event_id".to_owned()), &argument.ident);
        }
        if let Some(first) = seen.insert((parameter.location, name), &argument.ident) {
            mistakes.at(&parameter.name, format_args!("`{first}` already travels there under this name"));
        }
    }
}

/// RFC 9110 §5.6.2 and RFC 6265 §4.1.1: the names of headers and cookies are tokens.
fn names_fit_their_place(method: &Method, mistakes: &mut Mistakes) {
    for (_, parameter) in method.parameters() {
        let name = parameter.name.value();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let fits = match parameter.location {
            Location::Header | Location::Cookie => !name.is_empty() && name.bytes().all(token),
            _ => !name.is_empty(),
        };
        if !fits {
            mistakes.at(
                &parameter.name,
                format_args!("not a name for a {}: letters, digits and hyphens are", parameter.location.as_str()),
            );
        }
    }
}

/// A handshake has no body, and neither has a GET.
fn bodies_belong_to_plain_methods(method: &Method, mistakes: &mut Mistakes) {
    let Some(body) = method.body() else { return };
    if method.is_stream() {
        mistakes
            .at(&body.ident, "a handshake has no body: send this as the first message of the stream, or as parameters");
    } else if method.attribute.verb == Verb::Get {
        mistakes.at(&method.attribute.verb_token, "a GET has no body: write `post`, `put` or `patch`");
    }
}

/// Goa v3.31: a method that takes input fixes its view, because a view is chosen before anything flows.
fn views_are_chosen_where_only_the_server_speaks(method: &Method, mistakes: &mut Mistakes) {
    let Some((argument, parameter)) = method.view_argument() else { return };
    if method.input().is_some() {
        mistakes.at(
            &argument.ident,
            "a method that takes input fixes its view: write `view = name` beside the path, and take this argument away",
        );
    } else if method.output().is_none() {
        mistakes.at(
            &argument.ident,
            "a view is chosen for what flows from the server: take a `Sender`, or fix the view with `view = name` beside the path",
        );
    } else if let Some(view) = &method.attribute.view {
        mistakes.at(view, "the caller already chooses the view: take this away, or the argument with `#[view]`");
    } else if parameter.count == Count::Many {
        mistakes.at(&argument.ty, "a call has one view: write the type without `Vec`");
    }
}

/// Server-sent events flow one way, and the first request has no last event.
fn only_what_flows_from_the_server_goes_on(method: &Method, mistakes: &mut Mistakes) {
    for (argument, parameter) in method.parameters().filter(|(_, parameter)| parameter.last_event_id) {
        let value = &parameter.value;
        let value = quote::quote!(#value);
        if method.output().is_none() {
            mistakes.at(
                &argument.ident,
                "only a stream from the server goes on after an event: take a `Sender<T>`, or take this argument away",
            );
        } else if method.input().is_some() {
            mistakes.at(
                &argument.ident,
                "a method that takes input is no stream of events: take this argument away, or the `Receiver`",
            );
        } else if let Some(raw) = &method.attribute.raw {
            mistakes.at(
                raw,
                "a raw stream is no stream of events: take this away, or the argument with `#[last_event_id]`",
            );
        } else if parameter.count == Count::Many {
            mistakes.at(&argument.ty, format_args!("a stream goes on from one place: write `Option<{value}>`"));
        } else if parameter.count == Count::One {
            mistakes.at(
                &argument.ty,
                format_args!("the first request of a stream has no last event: write `Option<{value}>`"),
            );
        }
    }
}

/// A view is a view of something.
fn a_fixed_view_shows_something(method: &Method, mistakes: &mut Mistakes) {
    if let Some(view) = &method.attribute.view
        && method.output().is_none()
        && !method.has_result()
    {
        mistakes.at(view, "there is nothing to view: the method neither sends nor answers a value");
    }
}

/// An ordinary answer is JSON.
fn raw_is_for_streams(method: &Method, mistakes: &mut Mistakes) {
    if let Some(raw) = &method.attribute.raw
        && !method.is_stream()
    {
        mistakes.at(raw, "only streams are raw: take a `Receiver<Message>` or a `Sender<Message>`, or take this away");
    }
}

/// A stream is answered by its handshake. What went wrong has a status in the errors.
fn a_status_is_of_a_plain_method_that_went_well(method: &Method, mistakes: &mut Mistakes) {
    let Some(status) = &method.attribute.response.status else { return };
    match method.attribute.response.status_number() {
        _ if method.is_stream() => {
            mistakes.at(status, "a stream is answered by its handshake: take the status away");
        }
        // RFC 9110 §15.3.5, §15.3.6: these have no body.
        Some(number @ (204 | 205)) if method.has_result() => mistakes.at(
            status,
            format_args!("an answer with the status {number} has no body: write `Outcome<(), ..>`, or another status"),
        ),
        Some(200..=299) => {}
        _ => mistakes
            .at(status, "the status of what went well is 200 to 299; what did not is an error with `#[status(..)]`"),
    }
}

/// Each member and each header once, and none that HTTP or the server itself needs.
fn members_travel_in_places_of_their_own(method: &Method, mistakes: &mut Mistakes) {
    const TAKEN: [&str; 9] = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "goa-error",
        "goa-view",
        "set-cookie",
        "transfer-encoding",
    ];
    let members = &method.attribute.response.members;
    for (index, placed) in members.iter().enumerate() {
        let name = placed.name.value();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let same = |other: &str| match placed.location {
            Location::Header => other.eq_ignore_ascii_case(&name),
            _ => other == name,
        };
        if method.is_stream() {
            mistakes.at(
                &placed.member,
                "a stream is answered by its handshake: only plain methods have a result with headers",
            );
        } else if !method.has_result() {
            mistakes
                .at(&placed.member, "there is no result that this could be a member of: write `Outcome<Message, ..>`");
        } else if name.is_empty() || !name.bytes().all(token) {
            mistakes.at(
                &placed.name,
                format_args!("not a name for a {}: letters, digits and hyphens are", placed.location.as_str()),
            );
        } else if placed.location == Location::Header && TAKEN.iter().any(|taken| same(taken)) {
            mistakes.at(&placed.name, "the server sets this header itself: choose another one");
        } else if members[..index].iter().any(|other| other.member.value() == placed.member.value()) {
            mistakes.at(&placed.member, "this member already travels elsewhere: take one of them away");
        } else if members[..index].iter().any(|other| other.location == placed.location && same(&other.name.value())) {
            mistakes.at(&placed.name, "another member already travels there: choose another name");
        }
    }
}

/// The client has these of its own.
fn names_are_free_in_the_client(method: &Method, mistakes: &mut Mistakes) {
    if method.ident == "builder" || method.ident == "in_memory" {
        mistakes.at(&method.ident, "the client has a function of this name: choose another one");
    }
}
