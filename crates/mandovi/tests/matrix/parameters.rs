//! A service for each type that travels in a request's head: all its places there, of a plain method and of a stream.

use mandovi::parameter::Parameter;
use mandovi::prelude::*;

use crate::arbitrary::Arbitrary;

/// A parameter's values, for the places that do not take them all.
pub trait Sent: Parameter + Arbitrary + Clone {
    /// How a default is written in the design.
    type Written;

    /// The value of a default.
    fn written(default: Self::Written) -> Self;

    /// Not the longest: a head has a limit.
    fn short(&self) -> Self {
        self.clone()
    }

    /// What can stand in a header: no controls, and white space around it does not count.
    fn in_header(&self) -> Self {
        self.clone()
    }

    /// What can stand in a cookie, which a semicolon ends.
    fn in_cookie(&self) -> Self {
        self.clone()
    }

    /// An empty value counts as absent, so that a required one is never empty.
    fn given(&self) -> Self {
        self.clone()
    }
}

impl Sent for String {
    type Written = &'static str;

    fn written(default: &'static str) -> Self {
        default.to_owned()
    }

    fn short(&self) -> Self {
        self.chars().take(100).collect()
    }

    fn in_header(&self) -> Self {
        let text: Self = self.chars().filter(|character| !character.is_ascii_control()).collect();
        text.trim_matches(' ').to_owned().given()
    }

    /// A client says of the others that it does not send them.
    fn in_cookie(&self) -> Self {
        let text = self.in_header().replace(';', "");
        let quoted = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
        let text = if quoted { text[1..].to_owned() } else { text };
        text.trim_matches(' ').to_owned().given()
    }

    fn given(&self) -> Self {
        if self.is_empty() { "given".to_owned() } else { self.clone() }
    }
}

/// Whether a parameter arrives that is given.
pub fn is_given<T: Parameter>(value: &T) -> bool {
    !value.render().is_empty()
}

/// For types that every place takes as they are.
macro_rules! sent_as_it_is {
    ($($ty:ty),*) => {$(
        impl $crate::parameters::Sent for $ty {
            type Written = Self;

            fn written(default: Self) -> Self {
                default
            }
        }
    )*};
}

/// For each type a module with its service, and the test that sends its values through every place.
macro_rules! parameters {
    ($($name:ident: $ty:ty = [$($default:tt)+];)*) => {$(
        mod $name {
            use mandovi::prelude::*;
            use $crate::arbitrary::values;
            #[allow(unused_imports, reason = "not every module needs all of it")]
            use $crate::parameters::{Sent, is_given};
            #[allow(unused_imports, reason = "not every type is a name of the module above")]
            use super::*;

            /// What came, by place.
            #[message]
            pub struct Came {
                #[field(1)]
                path: $ty,
                #[field(2)]
                query: $ty,
                #[field(3)]
                optional: Option<$ty>,
                #[field(4)]
                defaulted: $ty,
                #[field(5)]
                repeated: Vec<$ty>,
                #[field(6)]
                header: $ty,
                #[field(7)]
                headers: Vec<$ty>,
                #[field(8)]
                cookie: Option<$ty>,
            }

            #[allow(clippy::too_many_arguments, reason = "parameters are the matter")]
            #[service]
            pub trait Matrix {
                #[post("/plain/{path}/end")]
                async fn plain(
                    &self,
                    path: $ty,
                    #[query] query: $ty,
                    #[query] optional: Option<$ty>,
                    #[query(default = $($default)+)] defaulted: $ty,
                    #[query(name = "repeated[]")] repeated: Vec<$ty>,
                    #[header(name = "X-One")] header: $ty,
                    #[header(name = "X-Many")] headers: Vec<$ty>,
                    #[cookie] cookie: Option<$ty>,
                ) -> Outcome<Came>;

                #[get("/stream/{path}/end")]
                async fn stream(
                    &self,
                    path: $ty,
                    #[query] query: $ty,
                    #[query] optional: Option<$ty>,
                    #[query(default = $($default)+)] defaulted: $ty,
                    #[query(name = "repeated[]")] repeated: Vec<$ty>,
                    #[header(name = "X-One")] header: $ty,
                    #[header(name = "X-Many")] headers: Vec<$ty>,
                    #[cookie] cookie: Option<$ty>,
                    output: Sender<Came>,
                ) -> Outcome<()>;
            }

            struct Device;

            #[allow(clippy::too_many_arguments)]
            impl Matrix for Device {
                async fn plain(
                    &self,
                    path: $ty,
                    query: $ty,
                    optional: Option<$ty>,
                    defaulted: $ty,
                    repeated: Vec<$ty>,
                    header: $ty,
                    headers: Vec<$ty>,
                    cookie: Option<$ty>,
                ) -> Outcome<Came> {
                    Ok(Came { path, query, optional, defaulted, repeated, header, headers, cookie })
                }

                async fn stream(
                    &self,
                    path: $ty,
                    query: $ty,
                    optional: Option<$ty>,
                    defaulted: $ty,
                    repeated: Vec<$ty>,
                    header: $ty,
                    headers: Vec<$ty>,
                    cookie: Option<$ty>,
                    output: Sender<Came>,
                ) -> Outcome<()> {
                    let came = Came { path, query, optional, defaulted, repeated, header, headers, cookie };
                    Ok(output.send(came).await?)
                }
            }

            #[tokio::test]
            async fn goes_into_every_place() {
                $crate::directions::describes(&MatrixDesign::model(), 2);
                let client = MatrixClient::in_memory(MatrixServer::new(Device)).build().unwrap();
                let all: Vec<$ty> = values::<$ty>(6).iter().map(Sent::short).collect();
                for (index, value) in all.iter().enumerate() {
                    let next = &all[(index + 1) % all.len()];
                    let given = value.given();
                    let (header, cookie) = (given.in_header(), given.in_cookie());
                    // An optional one is left out every third time, a default taken every fourth.
                    let optional = (index % 3 > 0).then(|| value.clone());
                    let defaulted = (index % 4 > 0).then(|| given.clone());
                    let repeated = &all[..index % 5];
                    let headers: Vec<$ty> = repeated.iter().map(|value| value.given().in_header()).collect();
                    let cookie = (index % 3 < 2).then_some(cookie);
                    let wanted = Came {
                        path: given.clone(),
                        query: next.given(),
                        optional: optional.clone().filter(is_given),
                        defaulted: defaulted.clone().unwrap_or_else(|| <$ty as Sent>::written($($default)+)),
                        repeated: repeated.to_vec(),
                        header: header.clone(),
                        headers: headers.clone(),
                        cookie: cookie.clone(),
                    };
                    let plain = client
                        .plain(
                            given.clone(),
                            next.given(),
                            optional.clone(),
                            defaulted.clone(),
                            repeated,
                            header.clone(),
                            &headers,
                            cookie.clone(),
                        )
                        .await;
                    assert_eq!(plain.unwrap(), wanted, "plain, value {index}");
                    let opened = client
                        .stream(given, next.given(), optional, defaulted, repeated, header, &headers, cookie)
                        .await;
                    let mut rx = opened.unwrap();
                    assert_eq!(rx.recv().await.unwrap(), Some(wanted), "stream, value {index}");
                    assert_eq!(rx.recv().await.unwrap(), None);
                }
            }
        }
    )*};
}

sent_as_it_is!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Side);

/// One of a few words.
#[message]
#[derive(Copy, Eq)]
pub enum Side {
    Left,
    #[value(rename = "to the right & on/over?")]
    Right,
    #[value(rename = "süd")]
    South,
}

impl Arbitrary for Side {
    fn arbitrary(dice: &mut crate::arbitrary::Dice) -> Self {
        dice.one_of(Self::ALL)
    }

    fn edges() -> Vec<Self> {
        Self::ALL.to_vec()
    }
}

parameters! {
    text: String = ["none & nothing"];
    flag: bool = [true];
    int8: i8 = [-7];
    int16: i16 = [-7];
    int32: i32 = [-7];
    int64: i64 = [-7];
    uint8: u8 = [7];
    uint16: u16 = [7];
    uint32: u32 = [7];
    uint64: u64 = [7];
    float32: f32 = [0.5];
    float64: f64 = [0.5];
    enumeration: Side = [Side::Left];
}
