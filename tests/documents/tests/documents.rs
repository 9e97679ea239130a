//! The committed design and documents are those that the code makes, and the client is one that can be called.
//!
//! `UPDATE_CONTRACT=1` and `UPDATE_DOCUMENTS=1` write them anew. Whether the documents are what their specifications ask for is
//! checked by the specifications' own tools: `validate.sh`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{env, fs, path::Path};

use mandovi::model::{Format, SchemeKind, Service, Verb};
use mandovi::{docs, prelude::*, testing::assert_contract};
use mandovi_documents::{HarbourClient, HarbourDesign, errors::HarbourError, values};

#[test]
fn the_design_is_the_committed_one() {
    assert_contract::<HarbourDesign>("everything/design.json");
}

#[test]
fn the_documents_are_the_committed_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("everything");
    let design = HarbourDesign::model();
    if env::var_os("UPDATE_DOCUMENTS").is_some() {
        docs::write(&design, &folder).unwrap();
    }
    for (name, text) in docs::files(&design) {
        let committed = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        let same = committed == text;
        assert!(
            same,
            "everything/{name} is not what the design makes: `UPDATE_DOCUMENTS=1 cargo test -p mandovi-documents`"
        );
    }
}

#[test]
fn documents_of_the_published_design_are_the_same() {
    let design = HarbourDesign::model();
    let read = Service::from_json(&design.to_json()).unwrap();
    assert_eq!(docs::files(&read), docs::files(&design));
}

/// What is claimed in `lib.rs`, where it can be counted.
#[test]
fn the_design_says_everything() {
    let design = HarbourDesign::model();
    let published = design.to_json();
    for format in Format::ALL {
        assert!(published.contains(&format!("\"{}\"", format.as_str())), "no format {format:?}");
    }
    for verb in Verb::ALL {
        assert!(design.methods.iter().any(|method| method.verb == verb), "no {verb:?}");
    }
    let kinds: Vec<_> = design.schemes.iter().map(|scheme| std::mem::discriminant(&scheme.kind)).collect();
    let custom = SchemeKind::Custom { carriers: Vec::new() };
    assert!(kinds.contains(&std::mem::discriminant(&custom)));
    assert_eq!(kinds.len(), 7);
}

/// Never run: that it compiles is what is shown.
#[allow(dead_code, reason = "a check of types")]
async fn a_caller(harbour: HarbourClient) -> Outcome<(), HarbourError> {
    let _: bool = harbour.open().await.unwrap();
    let name = values::BoatName("Zuari".into());
    let mut boats: Receiver<values::BoatViewed, Failure<HarbourError>> = harbour.watch(name.clone(), None).await?;
    let _: Option<values::BoatViewed> = boats.recv().await?;
    let _: values::Boat = harbour.boat(name).await?;
    let _: values::Page<values::Boat> =
        harbour.boats(&[values::BoatKind::Ferry], &[], Some(10), None, None, None::<String>).await?;
    let mut happenings: Receiver<values::Happening, Failure<HarbourError>> = harbour.happenings(None).await?;
    while let Some(_happening) = happenings.recv().await? {}
    Ok(())
}

mod wrong {
    use mandovi::prelude::*;

    /// A sundial.
    #[service]
    pub trait Sundial {
        /// Where the shadow is.
        #[get("/shadow")]
        async fn shadow(&self, #[query(example = "noon")] at: jiff::Timestamp) -> Outcome<f64>;
    }
}

#[test]
#[should_panic(expected = r#"the example "noon" is not a `jiff::timestamp::Timestamp`"#)]
fn an_example_of_a_parameter_that_is_no_value_is_found_with_the_model() {
    wrong::SundialDesign::model();
}
