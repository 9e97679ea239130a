//! `Sec-WebSocket-Extensions`, both sides: any header is taken or refused as a plain parser does; an answer holds only what the
//! offer allows and what the settings promise about memory; and two of ours always understand each other.

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use mandovi_websocket::Role;
use mandovi_websocket::deflate::Compression;
use mandovi_websocket::handshake::{self, HandshakeError};

use crate::agreed::{agree, settings};
use crate::source::Source;

/// The parameters of one permessage-deflate: without and with a value.
#[derive(Debug, Default)]
struct Deflate {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    client_max_window_bits: Option<Option<u8>>,
}

/// The input: the settings of both ends, then the lines of the header.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let (ours, theirs) = (settings(&mut source), settings(&mut source));
    round_trip(&ours, &theirs);

    let lines = source.rest().split(|byte| *byte == b'\n');
    let values: Vec<_> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let expected = plainly(&values);
    as_server(&values, expected.as_deref(), &ours);
    as_client(&values, expected.as_deref(), &ours);
}

fn round_trip(client: &Compression, server: &Compression) {
    let (at_client, at_server) = agree(client, server);
    // Both keep the same history of what the server says; the client may do less than it may.
    assert_eq!(at_client.takeover(Role::Server), at_server.takeover(Role::Server));
    assert_eq!(at_client.window_bits(Role::Server), at_server.window_bits(Role::Server));
    assert!(at_server.takeover(Role::Client) || !at_client.takeover(Role::Client));
    assert!(at_client.window_bits(Role::Client) <= at_server.window_bits(Role::Client));
    // And nobody keeps more than it wants to.
    for (own, settings, agreement) in [(Role::Client, client, &at_client), (Role::Server, server, &at_server)] {
        assert!(settings.own_takeover || !agreement.takeover(own));
        assert!(settings.peer_takeover || !agreement.takeover(own.peer()));
        assert!(agreement.window_bits(own) <= settings.own_window_bits);
        assert!(agreement.window_bits(own.peer()) <= settings.peer_window_bits || !agreement.takeover(own.peer()));
    }
}

fn as_server(values: &[HeaderValue], expected: Option<&[Extension]>, settings: &Compression) {
    let mut headers = handshake::request_headers(&handshake::key([1; 16]));
    append(&mut headers, values);
    let mut accepted = match (handshake::check(&Method::GET, Version::HTTP_11, &headers), expected) {
        (Ok(accepted), Some(_)) => accepted,
        (Err(HandshakeError::BadExtensions), None) => {
            assert_eq!(HandshakeError::BadExtensions.status(), StatusCode::BAD_REQUEST);
            return;
        }
        (other, _) => panic!("{other:?}, but {expected:?} of {values:?}"),
    };
    let offers =
        expected.unwrap_or_default().iter().filter(|(name, _)| name.eq_ignore_ascii_case("permessage-deflate"));
    let offer = offers.filter_map(|(_, parameters)| legal(parameters)).next();
    let agreement = accepted.negotiate(settings);
    assert_eq!(agreement.is_some(), offer.is_some(), "{values:?}");
    let answer = accepted.response_headers(None).remove(SEC_WEBSOCKET_EXTENSIONS);
    let (Some(agreement), Some(offer), Some(answer)) = (agreement, offer, &answer) else {
        assert_eq!(answer, None);
        return;
    };
    let Some([(name, parameters)]) =
        plainly(std::slice::from_ref(answer)).map(|list| <[Extension; 1]>::try_from(list).unwrap())
    else {
        panic!("{answer:?} is malformed");
    };
    assert_eq!(name, "permessage-deflate");
    let answer = legal(&parameters).expect("our answer is legal");
    // RFC 7692 §7.1: what a response may hold depends on the offer.
    assert!(answer.server_no_context_takeover || !offer.server_no_context_takeover);
    if let Some(offered) = offer.server_max_window_bits {
        assert!(answer.server_max_window_bits.is_some_and(|bits| bits <= offered));
    }
    if let Some(bits) = answer.client_max_window_bits {
        let offered = offer.client_max_window_bits.expect("only a client that said so can be told a window");
        let bits = bits.expect("in a response it has a value");
        assert!(bits <= offered.unwrap_or(15));
    }
    assert_eq!(agreement.takeover(Role::Server), !answer.server_no_context_takeover);
    assert_eq!(agreement.takeover(Role::Client), !answer.client_no_context_takeover);
    assert_eq!(agreement.window_bits(Role::Server), answer.server_max_window_bits.unwrap_or(15));
    assert_eq!(agreement.window_bits(Role::Client), answer.client_max_window_bits.flatten().unwrap_or(15));
    assert!(settings.own_takeover || !agreement.takeover(Role::Server));
    assert!(settings.peer_takeover || !agreement.takeover(Role::Client));
    assert!(agreement.window_bits(Role::Server) <= settings.own_window_bits);
    assert!(agreement.window_bits(Role::Client) <= settings.peer_window_bits || !agreement.takeover(Role::Client));
}

fn as_client(values: &[HeaderValue], expected: Option<&[Extension]>, settings: &Compression) {
    let key = handshake::key([1; 16]);
    let accepted = handshake::check(&Method::GET, Version::HTTP_11, &handshake::request_headers(&key)).unwrap();
    let mut headers = accepted.response_headers(None);
    append(&mut headers, values);
    let status = StatusCode::SWITCHING_PROTOCOLS;

    let without = handshake::verify_response(status, &headers, &key, &[]);
    let with = handshake::verify_response_with(status, &headers, &key, &[], settings);
    for error in [without.as_ref().err(), with.as_ref().err()].into_iter().flatten() {
        assert!(matches!(error, HandshakeError::BadAgreement | HandshakeError::UnofferedExtension), "{error:?}");
    }
    let Some(expected) = expected else {
        assert_eq!((without, with), (Err(HandshakeError::BadAgreement), Err(HandshakeError::BadAgreement)));
        return;
    };
    assert_eq!(without.is_ok(), expected.is_empty(), "what was not offered cannot be answered: {values:?}");
    let agreement = match with.map(|verified| (verified.protocol, verified.deflate)) {
        Ok((None, Some(agreement))) => agreement,
        Ok((None, None)) => return assert!(expected.is_empty()),
        Ok(other) => panic!("{other:?}"),
        Err(_) => return assert!(!expected.is_empty()),
    };
    let [(name, parameters)] = expected else {
        panic!("{agreement:?} of {values:?}");
    };
    assert!(name.eq_ignore_ascii_case("permessage-deflate"));
    let answer = legal(parameters).expect("only a legal answer is taken");
    assert!(answer.client_max_window_bits != Some(None), "in a response it has a value");
    assert_eq!(agreement.takeover(Role::Server), !answer.server_no_context_takeover);
    assert_eq!(agreement.window_bits(Role::Server), answer.server_max_window_bits.unwrap_or(15));
    assert!(settings.own_takeover || !agreement.takeover(Role::Client));
    assert!(settings.peer_takeover || !agreement.takeover(Role::Server));
    assert!(agreement.window_bits(Role::Client) <= settings.own_window_bits);
    assert!(agreement.window_bits(Role::Client) <= answer.client_max_window_bits.flatten().unwrap_or(15));
    assert!(agreement.window_bits(Role::Server) <= settings.peer_window_bits);
}

fn append(headers: &mut HeaderMap, values: &[HeaderValue]) {
    for value in values {
        headers.append(SEC_WEBSOCKET_EXTENSIONS, value.clone());
    }
}

type Extension = (String, Vec<(String, Option<String>)>);

/// The list by splitting, which is enough: what is quoted must be a token, so no separator is inside.
fn plainly(values: &[HeaderValue]) -> Option<Vec<Extension>> {
    let mut list = Vec::new();
    for value in values {
        let spaces = [' ', '\t'];
        for element in value.to_str().ok()?.split(',').map(|element| element.trim_matches(spaces)) {
            if element.is_empty() {
                continue;
            }
            let mut parts = element.split(';').map(|part| part.trim_matches(spaces));
            let name = token(parts.next()?)?;
            let parameters = parts.map(|part| match part.split_once('=') {
                None => Some((token(part)?, None)),
                Some((name, value)) => {
                    let (name, value) = (name.trim_matches(spaces), value.trim_matches(spaces));
                    let value = match value.strip_prefix('"') {
                        None => value.to_owned(),
                        Some(quoted) => unquoted(quoted)?,
                    };
                    Some((token(name)?, Some(token(&value)?)))
                }
            });
            list.push((name, parameters.collect::<Option<Vec<_>>>()?));
        }
    }
    Some(list)
}

fn unquoted(quoted: &str) -> Option<String> {
    let mut plain = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return chars.as_str().is_empty().then_some(plain),
            '\\' => plain.push(chars.next()?),
            other => plain.push(other),
        }
    }
}

fn token(text: &str) -> Option<String> {
    let separators = "()<>@,;:\\\"/[]?={} \t";
    let is_token = !text.is_empty() && text.chars().all(|char| char.is_ascii_graphic() && !separators.contains(char));
    is_token.then(|| text.to_owned())
}

/// RFC 7692 §7.1: known parameters, each once, with the values that they may have.
fn legal(parameters: &[(String, Option<String>)]) -> Option<Deflate> {
    let mut deflate = Deflate::default();
    for (at, (name, value)) in parameters.iter().enumerate() {
        if parameters[..at].iter().any(|(before, _)| before == name) {
            return None;
        }
        let bits = || match value.as_deref() {
            Some("8" | "9" | "10" | "11" | "12" | "13" | "14" | "15") => {
                value.as_deref().and_then(|bits| bits.parse().ok())
            }
            _ => None,
        };
        match (&**name, value) {
            ("server_no_context_takeover", None) => deflate.server_no_context_takeover = true,
            ("client_no_context_takeover", None) => deflate.client_no_context_takeover = true,
            ("server_max_window_bits", Some(_)) => deflate.server_max_window_bits = Some(bits()?),
            ("client_max_window_bits", None) => deflate.client_max_window_bits = Some(None),
            ("client_max_window_bits", Some(_)) => deflate.client_max_window_bits = Some(Some(bits()?)),
            _ => return None,
        }
    }
    Some(deflate)
}
