//! Views: chosen by the caller, fixed by the design, typed for each.

use mandovi::prelude::*;

use crate::board::{NoteTiny, NoteView, NoteViewed, client, listen, note};

#[tokio::test]
async fn the_caller_chooses_the_view_and_gets_its_type() {
    let (_, client) = client();
    for view in [None, Some(NoteView::Default)] {
        let mut rx = client.notes(view).await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), Some(NoteViewed::Default(note("first"))));
    }
    let mut rx = client.notes(Some(NoteView::Tiny)).await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(NoteViewed::Tiny(NoteTiny { text: "first".into() })));
    assert_eq!(rx.recv().await.unwrap(), Some(NoteViewed::Tiny(NoteTiny { text: "second".into() })));
    assert_eq!(rx.recv().await.unwrap(), None);
}

#[tokio::test]
async fn a_view_that_the_design_fixes_is_a_plain_type() {
    let (_, client) = client();
    let mut rx = client.headlines().await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(NoteTiny { text: "first".into() }));
}

/// The view is announced where it can be chosen, and only there.
#[tokio::test]
async fn the_view_is_announced_and_checked_before_the_stream_opens() {
    let address = listen(&crate::board::Wall::default()).await;
    let head = |path: &'static str| async move { crate::refusals::upgrade(address, path, "").await };
    assert!(head("/notes").await.contains("goa-view: default\r\n"));
    assert!(head("/notes?view=tiny").await.contains("goa-view: tiny\r\n"));
    assert!(!head("/headlines").await.contains("goa-view"));
    let bogus = head("/notes?view=bogus").await;
    assert!(bogus.starts_with("HTTP/1.1 400 "), "{bogus}");
    assert!(bogus.contains("\"name\":\"invalid_enum_value\""), "{bogus}");
    let _ = Failure::<NoError>::internal("");
}
