/// A line of a chat.
#[message]
pub struct Line {
    /// What was said.
    #[field(1, min_length = 1, pattern = "^[a-z]+$")]
    pub text: String,
    /// Of a type whose name says nothing.
    #[field(2, maximum = 9)]
    pub weight: Weight,
}

/// Searches lines.
#[service]
pub trait Lines {
    /// Some of them.
    #[get("/lines")]
    async fn lines(&self, #[query(default = 10, minimum = 1, maximum = 100)] limit: u32) -> Outcome<Vec<Line>>;
}
