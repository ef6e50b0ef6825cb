//! The operator's own themes: TOML files in `tminus/themes` of the XDG configuration directory, each called as its file.

use super::load::from_file;
use super::{Glyphs, Theme, ThemeError};
use std::path::PathBuf;

/// How many files are looked at: a folder with more is no folder of themes.
const MOST: usize = 200;

/// Where they lie.
fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(config.join("tminus/themes"))
}

/// Their names and files, in the order of the names.
pub fn own() -> Vec<(String, PathBuf)> {
    let Some(Ok(listed)) = folder().map(std::fs::read_dir) else { return Vec::new() };
    let named = |path: PathBuf| {
        let is_theme = path.extension().is_some_and(|ending| ending == "toml");
        let name = path.file_stem().filter(|_| is_theme)?.to_str()?.to_owned();
        Some((name, path))
    };
    let mut found: Vec<(String, PathBuf)> =
        listed.take(MOST).flatten().filter_map(|entry| named(entry.path())).collect();
    found.sort();
    found
}

/// The one of that name, where there is one and no theme of ours is called so.
pub(super) fn named(name: &str, glyphs: Glyphs) -> Option<Result<Theme, ThemeError>> {
    let (_, path) = own().into_iter().find(|(own, _)| own == name)?;
    Some(from_file(&path.to_string_lossy(), glyphs))
}
