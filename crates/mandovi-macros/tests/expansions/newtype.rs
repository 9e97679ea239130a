/// The name of a room.
#[message(min_length = 1, max_length = 40)]
pub struct RoomName(String);
