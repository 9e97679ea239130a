//! Everything declared is in the model, which needs no implementation.

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
