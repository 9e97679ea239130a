//! RFC 7692 §5 and §7.1, by section.

use super::*;
use http::header::SEC_WEBSOCKET_EXTENSIONS;

fn header(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_str(value).unwrap())])
}

/// What a server with `settings` answers to an offer; `None`: it declines.
fn answer(settings: Compression, offered: &str) -> Option<String> {
    let offers = Offer::all(&extensions::parse(&header(offered)).unwrap());
    let agreement = offers.first()?.accept(&settings);
    Some(agreement.to_header().to_str().unwrap().to_owned())
}

/// Everything allowed.
const GENEROUS: Compression = Compression::new().own_takeover(true).peer_takeover(true);

#[test]
fn s5_1_a_server_that_allows_everything_mirrors_the_offer() {
    for (offered, answered) in [
        ("permessage-deflate", "permessage-deflate"),
        ("Permessage-Deflate", "permessage-deflate"),
        ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
        ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=10"),
        ("permessage-deflate; client_max_window_bits=\"10\"", "permessage-deflate; client_max_window_bits=10"),
        ("x-other, permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=8"),
    ] {
        assert_eq!(answer(GENEROUS, offered).as_deref(), Some(answered), "{offered}");
    }
}

#[test]
fn s7_1_1_without_takeover_the_server_says_so_for_both() {
    let expected = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(answer(Compression::new(), "permessage-deflate").as_deref(), Some(expected));
}

#[test]
fn s7_1_2_the_smaller_window_wins() {
    let small = GENEROUS.own_window_bits(11).peer_window_bits(12);
    for (offered, answered) in [
        (
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
        ),
        (
            "permessage-deflate; server_max_window_bits=14; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=12",
        ),
        // A client that cannot be told a window of 12 bits may not take over one of 15.
        ("permessage-deflate", "permessage-deflate; client_no_context_takeover; server_max_window_bits=11"),
    ] {
        assert_eq!(answer(small, offered).as_deref(), Some(answered), "{offered}");
    }
}

#[test]
fn s7_1_an_offer_with_anything_unknown_is_declined_and_the_next_one_is_taken() {
    for bad in [
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; server_max_window_bits=1",
        "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; server_max_window_bits=1a",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=99",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
        "x-webkit-deflate-frame",
        "permessage-bzip2",
    ] {
        assert_eq!(answer(GENEROUS, bad), None, "{bad}");
        let two = format!("{bad}, permessage-deflate; server_max_window_bits=9");
        assert_eq!(answer(GENEROUS, &two).as_deref(), Some("permessage-deflate; server_max_window_bits=9"), "{bad}");
    }
}

#[test]
fn s5_2_of_several_good_offers_the_first_is_taken() {
    let offered = "permessage-deflate; client_max_window_bits; server_max_window_bits=9, \
                   permessage-deflate; client_max_window_bits, permessage-deflate";
    assert_eq!(answer(GENEROUS, offered).as_deref(), Some("permessage-deflate; server_max_window_bits=9"));
}

#[test]
fn s7_1_the_client_offers_what_its_settings_say() {
    for (settings, offered) in [
        (GENEROUS, "permessage-deflate; client_max_window_bits"),
        (
            Compression::new(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
        ),
        (
            GENEROUS.own_window_bits(10).peer_window_bits(12),
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=10",
        ),
    ] {
        assert_eq!(settings.offer(), offered);
    }
}

#[test]
fn s7_1_the_client_takes_what_it_asked_for_and_less() {
    let settings = GENEROUS.own_window_bits(12).peer_window_bits(12);
    for (answered, server, client) in [
        ("permessage-deflate; server_max_window_bits=12", (true, 12), (true, 12)),
        ("permessage-deflate; server_max_window_bits=9", (true, 9), (true, 12)),
        (
            "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8; server_no_context_takeover",
            (false, 8),
            (true, 8),
        ),
        ("permessage-deflate; server_max_window_bits=12; client_no_context_takeover", (true, 12), (false, 12)),
    ] {
        let agreement = settings.verify(&header(answered)).unwrap().unwrap();
        let of = |role| (agreement.takeover(role), agreement.window_bits(role));
        assert_eq!((of(Role::Server), of(Role::Client)), (server, client), "{answered}");
    }
    // Without takeover of its own a client takes none, whatever it may.
    let plain = Compression::new();
    let agreement = plain.verify(&header("permessage-deflate; server_no_context_takeover")).unwrap().unwrap();
    assert!(!agreement.takeover(Role::Client));
}

#[test]
fn s7_1_the_client_fails_what_it_did_not_ask_for() {
    let settings = Compression::new().own_window_bits(12).peer_window_bits(12);
    let granted = "permessage-deflate; server_no_context_takeover; server_max_window_bits=12";
    assert!(settings.verify(&header(granted)).unwrap().is_some());
    for (answered, error) in [
        ("permessage-deflate; server_max_window_bits=12", HandshakeError::BadAgreement),
        ("permessage-deflate; server_no_context_takeover", HandshakeError::BadAgreement),
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=13", HandshakeError::BadAgreement),
        (&format!("{granted}; client_max_window_bits"), HandshakeError::BadAgreement),
        (&format!("{granted}; client_max_window_bits=13"), HandshakeError::BadAgreement),
        (&format!("{granted}; client_max_window_bits=16"), HandshakeError::BadAgreement),
        (&format!("{granted}; unknown"), HandshakeError::BadAgreement),
        (&format!("{granted}; server_no_context_takeover"), HandshakeError::BadAgreement),
        (&format!("{granted}, {granted}"), HandshakeError::UnofferedExtension),
        (&format!("{granted}, x-other"), HandshakeError::UnofferedExtension),
        ("x-other", HandshakeError::UnofferedExtension),
        ("permessage-deflate;", HandshakeError::BadAgreement),
    ] {
        assert_eq!(settings.verify(&header(answered)), Err(error), "{answered}");
    }
    assert_eq!(settings.verify(&HeaderMap::new()), Ok(None));
    assert_eq!(settings.verify(&header("")), Ok(None));
}

#[test]
fn every_pair_of_settings_agrees() {
    let all = || {
        (0..4u8).flat_map(|takeover| {
            [(9, 9), (15, 15), (10, 15), (15, 11)].map(|(own, peer)| {
                Compression::new()
                    .own_takeover(takeover & 1 != 0)
                    .peer_takeover(takeover & 2 != 0)
                    .own_window_bits(own)
                    .peer_window_bits(peer)
            })
        })
    };
    for client in all() {
        for server in all() {
            let offers = Offer::all(
                &extensions::parse(&HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, client.offer())])).unwrap(),
            );
            let at_server = offers[0].accept(&server);
            let response = HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, at_server.to_header())]);
            let at_client = client.verify(&response).unwrap().unwrap();
            // The client may do less than it was allowed; the server does what it said.
            assert_eq!(at_server.takeover(Role::Server), at_client.takeover(Role::Server));
            assert_eq!(at_server.window_bits(Role::Server), at_client.window_bits(Role::Server));
            assert!(at_server.takeover(Role::Client) >= at_client.takeover(Role::Client));
            assert!(at_server.window_bits(Role::Client) >= at_client.window_bits(Role::Client));
            assert!(
                at_server.window_bits(Role::Client) <= server.peer_window_bits || !at_server.takeover(Role::Client)
            );
        }
    }
}

#[test]
fn a_field_out_of_range_counts_as_the_nearest_value_in_range() {
    let mut settings = GENEROUS;
    for (set, bits, level) in [(0, 9, 1), (u8::MAX, 15, 9)] {
        settings.level = set;
        settings.own_window_bits = set;
        settings.peer_window_bits = set;
        let meant = GENEROUS.own_window_bits(bits).peer_window_bits(bits).level(level);
        assert_eq!(settings.offer(), meant.offer());
        let offered = "permessage-deflate; client_max_window_bits";
        let offer = Offer::all(&extensions::parse(&header(offered)).unwrap())[0];
        assert_eq!(offer.accept(&settings), offer.accept(&meant));
        let response = offer.accept(&meant).to_header();
        let response = header(response.to_str().unwrap());
        assert_eq!(settings.verify(&response), meant.verify(&response));
        assert_eq!(settings.verify(&response).unwrap().unwrap().level, level);
    }
}
