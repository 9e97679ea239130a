//! Every class, kind of call and moment: how many attempts, and when.

use super::*;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A server stream.
    Stream,
    /// A bidirectional stream, whose loss is reported.
    Both,
    /// One that keeps what is queued.
    Kept,
    /// A plain GET.
    Get,
    /// A plain POST.
    Post,
}

use Kind::{Both, Get, Kept, Post, Stream};

/// Runs one call against the steps. When it dialled, in milliseconds, and whether it went well in the end.
async fn run(kind: Kind, steps: &[Step]) -> (Vec<u128>, bool) {
    let script = Script::new(steps.iter().cloned());
    let client = built(&script, |builder| match kind {
        Kept => builder.unsent(Unsent::Keep),
        _ => builder,
    });
    let went = async {
        match kind {
            Stream => client.ticks().await?.recv().await.map(drop),
            Both | Kept => {
                let (_sender, mut receiver) = client.echo().await?;
                receiver.recv().await.map(drop)
            }
            Get => client.look().await.map(drop),
            Post => client.push().await.map(drop),
        }
    }
    .await;
    if let Err(Failure::Stream(StreamError::Invalid(invalid))) = &went {
        panic!("{invalid}");
    }
    (script.times(), went.is_ok())
}

/// The fault so many times, and then all is well.
async fn case(what: &str, fault: &Step, times: usize, kind: Kind, expected: &[u128], well: bool) {
    let good = match kind {
        Get | Post => Step::Answer("200 OK", "", "1"),
        _ => Step::Open(vec![Act::Close(1000, "")]),
    };
    let steps: Vec<_> = std::iter::repeat_n(fault.clone(), times).chain([good]).collect();
    let (attempts, went) = run(kind, &steps).await;
    assert_eq!((&attempts[..], went), (expected, well), "{what}, {times} times, {kind:?}");
}

const ALL: [Kind; 5] = [Stream, Both, Kept, Get, Post];

#[tokio::test(start_paused = true)]
async fn before_a_stream_is_open_and_plain_calls() {
    let answer = |status, headers| Step::Answer(status, headers, "");
    for kind in ALL {
        let post = kind == Post;
        let safe = |times: &'static [u128]| if post { (&[0][..], false) } else { (times, true) };
        // Nothing was sent: anybody tries again.
        case("refused", &Step::Refuse, 1, kind, &[0, 200], true).await;
        case("refused", &Step::Refuse, 3, kind, &[0, 200, 600, 1400], true).await;
        // Something may have been.
        let (times, well) = safe(&[0, 200]);
        case("vanished", &Step::Vanish, 1, kind, times, well).await;
        for status in ["408 Request Timeout", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
            case(status, &answer(status, ""), 1, kind, times, well).await;
        }
        // The server says that it has not acted.
        case("429", &answer("429 Too Many Requests", ""), 1, kind, &[0, 200], true).await;
        case("429", &answer("429 Too Many Requests", ""), 2, kind, &[0, 200, 1000], true).await;
        case("429 hint", &answer("429 Too Many Requests", "retry-after: 7\r\n"), 1, kind, &[0, 7000], true).await;
        case("503 hint", &answer("503 Service Unavailable", "retry-after: 2\r\n"), 2, kind, &[0, 2000, 4000], true)
            .await;
        // Its own fault, three times in a row.
        case("500", &answer("500 Internal Server Error", ""), 1, kind, times, well).await;
        let (times, _) = safe(&[0, 200, 600]);
        case("500", &answer("500 Internal Server Error", ""), 3, kind, times, false).await;
        // Another token, once and at once.
        case("401", &answer("401 Unauthorized", ""), 1, kind, &[0, 0], true).await;
        case("401", &answer("401 Unauthorized", ""), 2, kind, &[0, 0], false).await;
        for status in
            ["400 Bad Request", "403 Forbidden", "404 Not Found", "409 Conflict", "426 Upgrade Required", "501 No"]
        {
            case(status, &answer(status, ""), 1, kind, &[0], false).await;
        }
    }
    // A server that says nothing: each attempt has its time. Server streams wait for ever.
    for kind in [Both, Kept, Get] {
        case("silent", &Step::Hold, 2, kind, &[0, 30_200, 60_600], true).await;
    }
    case("silent", &Step::Hold, 1, Post, &[0], false).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_stream_is_open() {
    for kind in [Stream, Kept, Both] {
        let heals = kind != Both;
        // When it dials again, and whether it goes well.
        let expect = async |what: &str, last: Act, times: usize, expected: &'static [u128], well: bool| {
            let expected = if heals { expected } else { &[0][..] };
            case(what, &Step::Open(vec![last]), times, kind, expected, well && heals).await;
        };
        expect("cut", Act::Cut, 1, &[0, 200], true).await;
        expect("cut", Act::Cut, 3, &[0, 200, 600, 1400], true).await;
        for code in [1001, 1005, 1012, 1014, 4408, 4502, 4503, 4504] {
            expect(&code.to_string(), Act::Close(code, ""), 1, &[0, 200], true).await;
        }
        expect("1012 hint", Act::Close(1012, r#"{"retry_after_ms":1500}"#), 2, &[0, 1500, 3000], true).await;
        expect("1013", Act::Close(1013, ""), 2, &[0, 200, 1000], true).await;
        expect("4429", Act::Close(4429, r#"{"name":"slow_down","retry_after_ms":2500}"#), 1, &[0, 2500], true).await;
        expect("1011", Act::Close(1011, ""), 2, &[0, 200, 600], true).await;
        expect("1011", Act::Close(1011, ""), 3, &[0, 200, 600], false).await;
        expect("4500", Act::Close(4500, ""), 3, &[0, 200, 600], false).await;
        expect("4401", Act::Close(4401, r#"{"name":"token_expired"}"#), 1, &[0, 0], true).await;
        expect("4401", Act::Close(4401, ""), 2, &[0, 0], false).await;
        for code in [1002, 1003, 1007, 1008, 1009, 1010, 3000, 4000, 4403, 4404, 4501] {
            expect(&code.to_string(), Act::Close(code, ""), 1, &[0], false).await;
        }
        let garbage = Step::Open(vec![Act::Garbage, Act::Stay]);
        case("garbage", &garbage, 1, kind, &[0], false).await;
    }
    // The proper end.
    for kind in [Stream, Kept, Both] {
        case("1000", &Step::Open(vec![Act::Close(1000, "")]), 1, kind, &[0], true).await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_retry_every_failure_is_told() {
    for step in [Step::Refuse, Step::Vanish, Step::Answer("503 Service Unavailable", "retry-after: 1\r\n", "")] {
        let script = Script::new([step]);
        let client = built(&script, |builder| builder.retry(Retry::none()));
        assert!(client.ticks().await.is_err());
        assert_eq!(script.times(), [0]);
    }
    let script = Script::new([Step::Open(vec![Act::Cut])]);
    let client = built(&script, |builder| builder.retry(Retry::none()));
    let mut ticks = client.ticks().await.unwrap();
    assert_eq!(ticks.state(), None);
    assert_eq!(closed(ticks.recv().await).code().as_u16(), 1006);
    assert_eq!(script.times(), [0]);
}

/// At, below and above: tries and time, for the first dial and after a connection is lost.
#[tokio::test(start_paused = true)]
async fn limits_of_an_outage() {
    let runs = async |retry: Retry, first: &[Step]| {
        let script = Script::new(first.iter().cloned().chain(std::iter::repeat_n(Step::Refuse, 20)));
        let client = built(&script, |builder| builder.retry(retry));
        let failure = match client.ticks().await {
            Ok(mut ticks) => ticks.recv().await.unwrap_err(),
            Err(failure) => failure,
        };
        (script.times(), failure.to_string())
    };
    let (times, _) = runs(retry().max_retries(2), &[]).await;
    assert_eq!(times, [0, 200, 600]);
    for (limit, count) in [(599, 2), (600, 3), (601, 3)] {
        let (times, _) = runs(retry().max_elapsed(limit * MS), &[]).await;
        assert_eq!(times.len(), count, "{limit}");
    }
    let open = [Step::Open(vec![Act::Wait(Duration::from_secs(3600)), Act::Cut])];
    let (times, why) = runs(retry().max_retries(2), &open).await;
    assert_eq!(times, [0, 3_600_200, 3_600_600]);
    assert!(why.contains("not connected again: cannot connect"), "{why}");
    for (limit, count) in [(599, 2), (600, 3)] {
        let (times, _) = runs(retry().max_elapsed(limit * MS), &open).await;
        assert_eq!(times.len(), count, "{limit}");
    }
}

/// A connection that brought something, or lasted, begins all anew.
#[tokio::test(start_paused = true)]
async fn a_healthy_connection_begins_anew() {
    let waits = async |acts: &[Act]| {
        let step = Step::Open(acts.iter().cloned().chain([Act::Cut]).collect());
        let script = Script::new(std::iter::repeat_n(step, 4).chain([Step::Open(vec![Act::Close(1000, "")])]));
        let mut ticks = client(&script).ticks().await.unwrap();
        while ticks.recv().await.unwrap().is_some() {}
        let times = script.times();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    assert_eq!(waits(&[]).await, [200, 400, 800, 1600]);
    assert_eq!(waits(&[Act::Text("1")]).await, [200, 200, 200, 200]);
    assert_eq!(waits(&[Act::Wait(9999 * MS)]).await, [10_199, 10_399, 10_799, 11_599]);
    assert_eq!(waits(&[Act::Wait(10_000 * MS)]).await, [10_200, 10_200, 10_200, 10_200]);
}
