//! Schemes of the application's own.

use super::{ClientHead, CredentialKind, Head, Malformed, Scheme, Source, sealed::Sealed};
use crate::{
    model::{Location, SchemeKind},
    value::Violation,
};

/// A way to authenticate of the application's own: how a credential is read out of a request, and how a client writes it.
///
/// Implement it for a marker type, and name that in the design: `#[service(schemes(signed = Signed))]`. What it reads is
/// judged by a [`Verifier`](super::Verifier), as everywhere; a client is given one with
/// [`credential`](crate::client::ClientBuilder::credential).
///
/// ```
/// use mandovi::auth::{ClientHead, CustomScheme, Head, Malformed};
/// use mandovi::{Denied, Verified, Verifier, model::Location, prelude::*};
///
/// /// The number of a device and a code that it shows.
/// pub struct Paired;
///
/// #[derive(Clone)]
/// pub struct Pairing { device: u32, code: String }
///
/// pub struct Device(pub u32);
///
/// impl CustomScheme for Paired {
///     type Credential = Pairing;
///     type Principal = Device;
///     const CARRIERS: &'static [(Location, &'static str)] =
///         &[(Location::Header, "X-Device"), (Location::Header, "X-Code")];
///
///     fn read(head: &Head<'_>) -> Result<Option<Pairing>, Malformed> {
///         let (Some(device), Some(code)) = (head.header("X-Device")?, head.header("X-Code")?) else { return Ok(None) };
///         let device = device.parse().map_err(|_| Malformed::new("X-Device", "a number"))?;
///         Ok(Some(Pairing { device, code: code.into_owned() }))
///     }
///
///     fn write(pairing: &Pairing, head: &mut ClientHead<'_>) {
///         head.header("X-Device", &pairing.device.to_string());
///         head.header("X-Code", &pairing.code);
///     }
/// }
///
/// struct Codes;
///
/// impl Verifier<Paired> for Codes {
///     async fn verify(&self, pairing: Pairing, _scopes: &[&str]) -> Result<Verified<Device>, Denied> {
///         if pairing.code == "1234" { Ok(Device(pairing.device).into()) } else { Err(Denied::unauthenticated("wrong code")) }
///     }
/// }
///
/// #[service(schemes(paired = Paired))]
/// pub trait Lamp {
///     #[post("/on", auth = paired)]
///     async fn on(&self, device: Auth<Device>) -> Outcome<u32>;
/// }
///
/// struct Bulb;
///
/// impl Lamp for Bulb {
///     async fn on(&self, device: Auth<Device>) -> Outcome<u32> {
///         Ok(device.0)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = LampServer::new(Bulb).paired(Codes);
/// let pairing = Pairing { device: 7, code: "1234".into() };
/// let client = LampClient::in_memory(server).credential::<Paired>(pairing).build()?;
/// assert_eq!(client.on().await?, 7);
/// # Ok(())
/// # }
/// ```
pub trait CustomScheme: Send + Sync + 'static {
    /// What a request carries. Its `Debug`, if it has one, must not show a secret.
    type Credential: Send + Sync + 'static;
    /// What a verifier makes of it.
    type Principal: Send + Sync + 'static;

    /// Where the credential travels, for documents and for the refusal of a call that has none. Headers named here do not
    /// show their values in `Debug`.
    const CARRIERS: &'static [(Location, &'static str)];

    /// Reads the credential, without judging it. `None`: the request carries none.
    ///
    /// # Errors
    /// There is one, and it is not written as it must be.
    fn read(head: &Head<'_>) -> Result<Option<Self::Credential>, Malformed>;

    /// Adds the credential to a client's request.
    fn write(credential: &Self::Credential, head: &mut ClientHead<'_>);
}

#[diagnostic::do_not_recommend]
impl<C: CustomScheme> Sealed for C {}

#[diagnostic::do_not_recommend]
impl<C: CustomScheme> Scheme for C {
    type Credential = C::Credential;
    type Principal = C::Principal;
    const KIND: CredentialKind = CredentialKind::Custom;

    fn model(_: &Source) -> SchemeKind {
        let carriers = C::CARRIERS.iter().map(|(location, name)| (*location, (*name).to_owned())).collect();
        SchemeKind::Custom { carriers }
    }

    fn carriers(_: &Source) -> Vec<(Location, &'static str)> {
        C::CARRIERS.to_vec()
    }

    fn read(head: &Head<'_>, _: &Source) -> Result<Option<Self::Credential>, Violation> {
        C::read(head).map_err(|malformed| malformed.0)
    }
}
