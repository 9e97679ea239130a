//! A design that a macro of the user's makes, whose types come from elsewhere.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(404)]
    NotFound,
}

pub struct Caller;

macro_rules! rooms {
    ($name:ident, $error:ty, $caller:ty) => {
        #[service(schemes(key(header = "X-Key") = ApiKey<$caller>), auth = key)]
        pub trait $name {
            #[get("/listen")]
            async fn listen(&self, caller: Auth<$caller>, input: Receiver<String>) -> Outcome<u8, $error>;
            #[get("/watch")]
            async fn watch(&self, output: Sender<u8>) -> Outcome<(), $error>;
            #[get("/plain")]
            async fn plain(&self, caller: Auth<$caller>) -> Outcome<u8, $error>;
        }
    };
}

rooms!(Rooms, RoomError, Caller);

fn main() {
    assert_eq!(RoomsDesign::model().methods.len(), 3);
}
