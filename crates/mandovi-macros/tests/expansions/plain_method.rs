/// A service with one method that is plain HTTP.
#[service(path = "/v1")]
pub trait Rooms {
    /// How many are in a room.
    #[get("/rooms/{room}/size")]
    async fn size(&self, room: String, #[query(default = 10)] limit: u32) -> Outcome<u32, RoomError>;
}
