/// A service that knows its callers.
#[service(
    schemes(
        jwt(scopes("read" = "may read", "write" = "may write")) = Jwt<Caller>,
        /// For machines.
        key(header = "X-Key") = ApiKey<Machine>,
    ),
    auth = jwt,
    scopes = ["read"],
)]
pub trait Rooms {
    /// Anybody who is known.
    #[get("/rooms", auth = jwt | key)]
    async fn rooms(&self, caller: Auth<Someone>) -> Outcome<u32>;

    /// Everybody.
    #[get("/health", auth = none)]
    async fn health(&self) -> Outcome<()>;
}
