//! A flow needs its URLs.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(oauth(authorization_code(token_url = "https://example.com/token")) = OAuth2<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = oauth)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
