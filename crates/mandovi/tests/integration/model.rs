//! Everything declared is in the model, which needs no implementation.

use mandovi::prelude::*;

use crate::board::BoardDesign;

#[test]
fn the_design_is_reachable_from_the_trait_alone() {
    let model = BoardDesign::model();
    let json: serde_json::Value = serde_json::from_str(&model.to_json()).unwrap();
    assert_eq!(json["mandovi"], 1);
    assert_eq!(model.name, "Board");
    assert_eq!(model.description, "A board of notes.");
    let method = |name: &str| model.methods.iter().find(|method| method.name == name).unwrap();
    assert_eq!(model.methods.len(), 13);
    let sum = method("sum");
    assert_eq!(sum.path, "/boards/{board}/sum");
    assert_eq!(sum.parameters.len(), 5);
    let wait = method("wait");
    assert_eq!(wait.description, "Waits until the client leaves.");
    let text = json.to_string();
    for declared in ["slow_down", "What it says.", "\"tiny\"", "\"secret\":true", "How many notes it holds."] {
        assert!(text.contains(declared), "{declared} in {text}");
    }
}

/// A whole number is a float as well, in JSON and to whoever writes a design.
#[test]
fn a_whole_number_stands_for_a_float() {
    #[message]
    struct Limits {
        /// Of the first.
        #[field(1, example = 80)]
        above: f64,
        /// Of the second.
        #[field(2, example = -3)]
        below: Option<f32>,
        /// Of the third.
        #[field(3, default = 7)]
        between: f64,
    }

    #[service]
    trait Limited {
        /// What they are.
        #[get("/limits")]
        async fn limits(&self, #[query(example = 5, default = 6)] step: f64) -> Outcome<Limits>;
    }

    let model = LimitedDesign::model();
    let mandovi::model::Definition::Message(limits) = model.types.get("Limits").unwrap() else { panic!() };
    let examples: Vec<_> = limits.fields.iter().flat_map(|field| &field.examples).collect();
    assert_eq!(examples, [&serde_json::json!(80.0), &serde_json::json!(-3.0)]);
    assert_eq!(limits.fields[2].default, Some(serde_json::json!(7.0)));
    let step = &model.methods[0].parameters[0];
    assert_eq!((&step.examples[..], &step.default), (&[serde_json::json!(5.0)][..], &Some(serde_json::json!(6.0))));
}
