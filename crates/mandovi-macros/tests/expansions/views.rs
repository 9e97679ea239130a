/// A line of a chat.
#[message(view(tiny = [text]))]
pub struct Line {
    /// What was said.
    #[field(1)]
    pub text: String,
    /// By whom.
    #[field(2)]
    pub by: Option<String>,
}
