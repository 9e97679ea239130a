//! Designs as types, so that tools can take any of them; and a committed one held against the code.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use crate::model::{Change, Impact, Service, compare};

/// The design of a service: `ChatterDesign` of `trait Chatter`. Made without any implementation of the trait.
///
/// ```
/// use mandovi::{Design, prelude::*};
///
/// #[service]
/// pub trait Echo {
///     /// Echoes every line.
///     #[get("/echo")]
///     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
/// }
///
/// fn paths<D: Design>() -> Vec<String> {
///     D::model().methods.into_iter().map(|method| method.path).collect()
/// }
/// assert_eq!(paths::<EchoDesign>(), ["/echo"]);
/// ```
pub trait Design {
    /// The design as plain data. Made anew by every call.
    fn model() -> Service;
}

/// Whether this build can serve documents: with the feature `docs` everything does.
///
/// A bound and not a `cfg`, because generated code cannot see the features of this crate.
#[diagnostic::on_unimplemented(
    message = "documents are made by the feature `docs` of `mandovi`, which is switched off",
    label = "switch it on in `Cargo.toml`: `mandovi = {{ version = \"..\", features = [\"docs\"] }}`"
)]
pub trait ServesDocuments {}

#[cfg(feature = "docs")]
impl<T: ?Sized> ServesDocuments for T {}

/// The environment variable that has the committed design written anew.
const UPDATE: &str = "UPDATE_CONTRACT";

/// Holds a design against the one that is committed at `path`, for a test: whoever changes the design sees what that does to
/// clients, and says so by committing the file anew.
///
/// A relative path starts at the folder of the package that is tested (`CARGO_MANIFEST_DIR`, which cargo sets for tests). With
/// `UPDATE_CONTRACT=1` in the environment the file is written instead, and missing folders made.
///
/// ```no_run
/// # use mandovi::prelude::*;
/// # #[service]
/// # pub trait Chatter {
/// #     /// Echoes every line.
/// #     #[get("/echo")]
/// #     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
/// # }
/// // #[test]
/// fn the_design_is_the_committed_one() {
///     mandovi::testing::assert_contract::<ChatterDesign>("design.json");
/// }
/// ```
///
/// # Panics
/// The design is another one: with all changes, those that break clients first, each with its reason. The file is missing, or is no
/// design. It cannot be written, where that is asked for.
#[track_caller]
pub fn assert_contract<D: Design>(path: impl AsRef<Path>) {
    let folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path = PathBuf::from(folder).join(path);
    if let Err(problem) = check(&D::model(), &path, env::var_os(UPDATE).is_some_and(|value| !value.is_empty())) {
        panic!("{problem}");
    }
}

fn check(design: &Service, path: &Path, update: bool) -> Result<(), String> {
    let shown = path.display();
    if update {
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text(design)));
        return written.map_err(|error| format!("{shown} cannot be written: {error}"));
    }
    let committed = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            format!("there is no committed design at {shown}: write it with `{UPDATE}=1 cargo test`, and commit it")
        }
        _ => format!("{shown} cannot be read: {error}"),
    })?;
    let committed = Service::from_json(&committed)
        .map_err(|error| format!("{shown}: {error}: write it anew with `{UPDATE}=1 cargo test`"))?;
    match &compare(&committed, design)[..] {
        [] => Ok(()),
        changes => Err(told(changes, path)),
    }
}

fn text(design: &Service) -> String {
    design.to_json() + "\n"
}

fn told(changes: &[Change], path: &Path) -> String {
    let mut text = format!("the design is not the one that is committed at {}\n", path.display());
    for impact in [Impact::Breaking, Impact::Compatible] {
        let of_impact = || changes.iter().filter(|change| change.impact == impact);
        let count = of_impact().count();
        if count > 0 {
            let _ = writeln!(text, "\n{impact} ({count}):");
            for change in of_impact() {
                let _ = writeln!(text, "  {change}");
            }
        }
    }
    let _ = write!(text, "\nIf that is meant: `{UPDATE}=1 cargo test`, and commit the file");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Method, Verb};

    fn design() -> Service {
        let mut service = Service::new("Echo");
        service.methods.push(Method::new("say", Verb::Post, "/say"));
        service
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            Self(env::temp_dir().join(format!("mandovi-contract-{}-{name}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_missing_file_is_told_and_written_on_request() {
        let folder = Folder::new("missing");
        let path = folder.0.join("below/design.json");
        let told = check(&design(), &path, false).unwrap_err();
        assert!(
            told.contains("UPDATE_CONTRACT=1 cargo test") && told.contains("there is no committed design"),
            "{told}"
        );
        check(&design(), &path, true).unwrap();
        check(&design(), &path, false).unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("}\n"));
    }

    #[test]
    fn changes_are_told_with_those_that_break_first() {
        let folder = Folder::new("changes");
        let path = folder.0.join("design.json");
        check(&design(), &path, true).unwrap();
        let mut changed = design();
        changed.methods[0].description = "Says.".into();
        changed.methods[0].path = "/speak".into();
        let told = check(&changed, &path, false).unwrap_err();
        let (breaking, compatible) = told.split_once("compatible (1):").unwrap();
        assert!(breaking.contains("breaking (1):\n  methods.say.path (moved): it is at `/speak`"), "{told}");
        assert!(
            compatible.contains("methods.say (documentation)") && compatible.contains("UPDATE_CONTRACT=1"),
            "{told}"
        );
    }

    #[test]
    fn a_file_that_is_no_design_is_told() {
        let folder = Folder::new("other");
        let path = folder.0.join("design.json");
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(&path, "{}").unwrap();
        let told = check(&design(), &path, false).unwrap_err();
        assert!(told.contains("not a design that this version reads"), "{told}");
    }
}
