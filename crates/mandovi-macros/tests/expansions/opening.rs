/// A service with one stream that may be refused before it opens.
#[service]
pub trait Rooms {
    /// What is said in a room.
    #[get("/rooms/{room}")]
    async fn listen(&self, room: String, opening: Opening<Sender<String>>) -> Outcome<(), RoomError>;
}
