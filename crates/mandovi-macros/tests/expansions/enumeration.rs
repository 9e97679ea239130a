/// What happened to a line.
#[message]
pub enum Action {
    /// It was said.
    Added,
    /// It was taken back.
    #[value(rename = "taken-back")]
    TakenBack,
}
