#[service(limits(idle_timeout = "5m"), heartbeat(interval = "10s"))]
pub trait Feed {
    #[get(
        "/feed",
        limits(max_message_size = "16 KiB", message_rate = "100/s", burst = 200),
        heartbeat(missed = close),
        slow = drop_oldest,
        health(max_queue = "90%", unhealthy = close(1008))
    )]
    async fn feed(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}
