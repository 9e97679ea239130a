//! tmp
use mandovi::prelude::*;
use mandovi::testing::InMemory;
/// e
#[service]
pub trait Echo {
    #[get("/echo")]
    async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}
struct Parrot;
impl Echo for Parrot {
    async fn echo(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            output.send(line).await?;
        }
        Ok(())
    }
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (calls, messages): (usize, usize) = (args[1].parse().unwrap(), args[2].parse().unwrap());
    #[cfg(feature = "prometheus")]
    let _keep = (args.len() > 3).then(|| mandovi::metrics::prometheus().unwrap());
    let server = InMemory::from(EchoServer::new(Parrot).into_service());
    let client = EchoClient::in_memory(server.clone()).build().unwrap();
    let start = std::time::Instant::now();
    for _ in 0..calls {
        let (tx, mut rx) = client.echo().await.unwrap();
        for _ in 0..messages {
            tx.send("hello").await.unwrap();
            rx.recv().await.unwrap().unwrap();
        }
        tx.finish().unwrap();
        while rx.recv().await.unwrap().is_some() {}
        server.closed().await;
    }
    eprintln!("{:?}", start.elapsed());
}
