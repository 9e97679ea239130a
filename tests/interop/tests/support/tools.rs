//! The programs of other languages, built once for each run of the tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::Checked;

/// Where the programs are. Made by [`Tools::new`] with the folder that cargo gives to tests.
#[derive(Clone, Debug)]
pub struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Tools in `env!("CARGO_TARGET_TMPDIR")`. Nothing is built before it is asked for.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder of cargo's target, for what a test leaves behind.
    pub fn target(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// One of the programs that Goa makes: `goa-server` or `goa-client`.
    ///
    /// # Errors
    /// When Go is missing or they do not build.
    pub fn goa(&self, program: &str) -> Checked<PathBuf> {
        static BUILT: OnceLock<Checked<PathBuf>> = OnceLock::new();
        let built = BUILT.get_or_init(|| {
            let folder = self.folder.join("goa");
            run(self.script("goa/build.sh").arg(&folder)).map(|_| folder).map_err(|mistake| {
                format!("the peers of Goa are missing ({mistake}). They need Go 1.22 or newer: https://go.dev/dl/")
            })
        });
        built.clone().map(|folder| folder.join(program))
    }

    /// The command that runs the Python peer.
    ///
    /// # Errors
    /// When Python or its library is missing.
    pub fn python(&self) -> Checked<tokio::process::Command> {
        static READY: OnceLock<Checked<PathBuf>> = OnceLock::new();
        let ready = READY.get_or_init(|| {
            let _lock = self.lock("python.lock")?;
            let printed = run(self.script("peers/setup.sh").arg(self.folder.join("python"))).map_err(|mistake| {
                let help = "It needs Python 3 with venv (Debian: apt-get install python3-venv), and pip once";
                format!("the Python peer is missing ({mistake}). {help}")
            })?;
            Ok(PathBuf::from(printed.trim()))
        });
        let mut command = tokio::process::Command::new(ready.clone()?);
        command.arg(interop("peers/python_peer.py"));
        Ok(command)
    }

    /// The command that runs a Node peer: `node_peer.mjs`, or over HTTP/2 `node_http2_peer.mjs`.
    ///
    /// # Errors
    /// When Node is missing.
    pub fn node(&self, script: &str) -> Checked<tokio::process::Command> {
        static READY: OnceLock<Checked> = OnceLock::new();
        let ready = READY.get_or_init(|| {
            let help = "the Node peer needs Node 20 or newer: https://nodejs.org/en/download";
            let version =
                run(Command::new("node").arg("--version")).map_err(|mistake| format!("{help} ({mistake})"))?;
            let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
            if major.is_some_and(|major| major >= 20) { Ok(()) } else { Err(format!("{help}; this is {version}")) }
        });
        ready.clone()?;
        let mut command = tokio::process::Command::new("node");
        command.arg(interop("peers").join(script));
        Ok(command)
    }

    fn script(&self, path: &str) -> Command {
        Command::new(interop(path))
    }

    /// Held until it is dropped; other test programs wait.
    fn lock(&self, name: &str) -> Checked<File> {
        let path = self.folder.join(name);
        let file = std::fs::create_dir_all(&self.folder).and_then(|()| File::create(&path));
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| format!("{} cannot be locked: {error}", path.display()))
    }
}

fn interop(path: &str) -> PathBuf {
    // Cargo's word of this run goes first: what it built may have been moved since.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&folder).join(path)
}

fn run(command: &mut Command) -> Checked<String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
