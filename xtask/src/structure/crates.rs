//! The crates of the workspace, read from `cargo metadata`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A crate of the workspace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    /// The folder `src` of the crate.
    pub(super) src: PathBuf,
    /// The root files of the library and the programs of the crate, below `src`.
    pub(super) roots: Vec<String>,
    /// The crates of the workspace that this crate depends on, without dev-dependencies.
    pub(super) own: BTreeSet<String>,
    /// The number of direct dependencies that are not crates of the workspace, without
    /// dev-dependencies.
    pub(super) external: usize,
}

impl Package {
    /// Returns a crate without files.
    #[cfg(test)]
    pub(super) fn new(name: &str, own: &[&str]) -> Self {
        let own = own.iter().map(|&other| other.to_owned()).collect();
        Self { name: name.to_owned(), own, ..Self::default() }
    }
}

/// The part of the output of `cargo metadata` that is needed here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

/// Asks cargo for the crates of the workspace in the folder `root`.
pub(super) fn read(root: &Path) -> Result<Vec<Package>> {
    let mut command = Command::new("cargo");
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root);
    let output = command.output().context("cargo metadata cannot be started")?;
    ensure!(output.status.success(), "cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    packages(&output.stdout)
}

fn packages(json: &[u8]) -> Result<Vec<Package>> {
    let metadata: Metadata = serde_json::from_slice(json).context("the output of cargo metadata cannot be read")?;
    let names: BTreeSet<_> = metadata.packages.iter().map(|package| package.name.clone()).collect();
    metadata.packages.into_iter().map(|package| package.resolve(&names)).collect()
}

impl MetadataPackage {
    /// Separates dependencies on the crates of the `workspace` from other dependencies.
    fn resolve(self, workspace: &BTreeSet<String>) -> Result<Package> {
        let src = self.manifest_path.parent().context("the manifest has no folder")?.join("src");
        let is_code = |target: &&Target| target.kind.iter().any(|kind| kind == "bin" || kind.ends_with("lib"));
        let below = |target: &Target| target.src_path.strip_prefix(&src).map(|path| path.display().to_string());
        let roots = self.targets.iter().filter(is_code).map(below).collect::<Result<_, _>>();
        let built_in = self.dependencies.into_iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
        let names: BTreeSet<_> = built_in.map(|dependency| dependency.name).collect();
        let (own, external): (BTreeSet<_>, BTreeSet<_>) = names.into_iter().partition(|name| workspace.contains(name));
        Ok(Package {
            roots: roots.with_context(|| format!("{} has code outside of src", self.name))?,
            external: external.len(),
            name: self.name,
            src,
            own,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dev_dependencies_do_not_count_as_dependencies() {
        let json = r#"{"packages": [
            {"name": "a", "manifest_path": "/r/a/Cargo.toml", "targets": [
                {"kind": ["lib"], "src_path": "/r/a/src/lib.rs"},
                {"kind": ["bin"], "src_path": "/r/a/src/bin/a.rs"},
                {"kind": ["test"], "src_path": "/r/a/tests/it.rs"}
            ], "dependencies": [
                {"name": "b", "kind": null}, {"name": "b", "kind": "dev"}, {"name": "c", "kind": "dev"},
                {"name": "d", "kind": "build"}, {"name": "serde", "kind": null}, {"name": "serde", "kind": "build"}
            ]},
            {"name": "b", "manifest_path": "/r/b/Cargo.toml", "targets": [], "dependencies": []},
            {"name": "c", "manifest_path": "/r/c/Cargo.toml", "targets": [], "dependencies": []},
            {"name": "d", "manifest_path": "/r/d/Cargo.toml", "targets": [], "dependencies": []}
        ]}"#;
        let packages = packages(json.as_bytes()).unwrap();
        let expected = Package {
            src: "/r/a/src".into(),
            roots: vec!["lib.rs".to_owned(), "bin/a.rs".to_owned()],
            external: 1,
            ..Package::new("a", &["b", "d"])
        };
        assert_eq!(packages[0], expected);
    }
}
