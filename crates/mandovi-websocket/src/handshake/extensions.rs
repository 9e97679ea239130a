//! The `Sec-WebSocket-Extensions` header ([RFC 6455 §9.1](https://www.rfc-editor.org/rfc/rfc6455#section-9.1)).

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;

use super::{HandshakeError, is_token};

/// One extension of the list, with its parameters in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, Option<String>)>,
}

/// The list over all headers of that name; empty elements are skipped, as in every HTTP list.
pub(crate) fn parse(headers: &HeaderMap) -> Result<Vec<Extension>, HandshakeError> {
    let mut extensions = Vec::new();
    for value in headers.get_all(SEC_WEBSOCKET_EXTENSIONS) {
        let value = value.to_str().map_err(|_| HandshakeError::BadExtensions)?;
        let mut rest = Rest(value);
        loop {
            rest.skip_space();
            if rest.is_empty() {
                break;
            }
            if !rest.eat(',') {
                extensions.push(rest.extension().ok_or(HandshakeError::BadExtensions)?);
            }
        }
    }
    Ok(extensions)
}

/// What is left of a header's value.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn skip_space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, expected: char) -> bool {
        let rest = self.0.strip_prefix(expected);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// An extension up to the comma behind it or the end.
    fn extension(&mut self) -> Option<Extension> {
        let name = self.token()?;
        let mut parameters = Vec::new();
        loop {
            self.skip_space();
            if self.is_empty() || self.0.starts_with(',') {
                return Some(Extension { name, parameters });
            }
            if !self.eat(';') {
                return None;
            }
            self.skip_space();
            let parameter = self.token()?;
            self.skip_space();
            let value = if self.eat('=') {
                self.skip_space();
                Some(if self.eat('"') { self.quoted()? } else { self.token()? })
            } else {
                None
            };
            parameters.push((parameter, value));
        }
    }

    fn token(&mut self) -> Option<String> {
        let end = self.0.find([',', ';', '=', ' ', '\t']).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        is_token(token).then(|| token.to_owned())
    }

    /// What is quoted must be a token when the quotes are gone.
    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut chars = self.0.char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return is_token(&value).then_some(value);
                }
                '\\' => value.push(chars.next()?.1),
                _ => value.push(char),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn parsed(values: &[&str]) -> Result<String, HandshakeError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_str(value).unwrap());
        }
        let extensions = parse(&headers)?.into_iter().map(|extension| {
            let parameters = extension.parameters.into_iter().map(|(name, value)| match value {
                Some(value) => format!("; {name}={value}"),
                None => format!("; {name}"),
            });
            extension.name + &parameters.collect::<String>()
        });
        Ok(extensions.collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn s9_1_lists_are_read_over_all_headers_with_any_white_space() {
        for (values, expected) in [
            (&[][..], ""),
            (&[""], ""),
            (&["foo"], "foo"),
            (&["foo, bar; baz=2"], "foo, bar; baz=2"),
            (&["foo", "bar; baz"], "foo, bar; baz"),
            (&[" foo;a ;\tb = 1 ,,bar"], "foo; a; b=1, bar"),
            (&["foo; a=\"10\""], "foo; a=10"),
            (&[r#"foo; a="1\0", bar"#], "foo; a=10, bar"),
        ] {
            assert_eq!(parsed(values).as_deref(), Ok(expected), "{values:?}");
        }
    }

    #[test]
    fn s9_1_anything_else_is_malformed() {
        for value in [
            ";",
            "=",
            "foo bar",
            "foo;",
            "foo;=1",
            "foo;a=",
            "foo;a=,bar",
            "foo;a=\"1",
            "foo;a=\"\"",
            "foo;a=\"b c\"",
            "foo;a=\"1\\",
            "foo;a=\"1\"x",
            "f@o",
            "foo;a==1",
            "foo, bar baz",
            "\"foo\"",
        ] {
            assert_eq!(parsed(&[value]), Err(HandshakeError::BadExtensions), "{value}");
        }
    }
}
