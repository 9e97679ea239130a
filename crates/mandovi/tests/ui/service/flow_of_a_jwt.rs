//! Flows are those of OAuth2.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt(client_credentials(token_url = "https://example.com/token")) = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
