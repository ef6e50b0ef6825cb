//! Finds what a world answers to a request, and writes it.
//!
//! `GET /x/y` is answered by the file `WORLD/http/GET/x/y`: its first line is the status (a content type may follow it), the
//! rest is the body. A folder is answered by its `index`; a path that has no file by the nearest `_` above it. A file that may be
//! executed is run in the world with the body on its standard input, and prints the same form; what was asked stands in
//! `REQUEST_METHOD`, `REQUEST_PATH`, `QUERY_STRING` and one `HTTP_…` a header. A program that fails is a 500 with its own words.
//! It must never write into a world; programs do. `main` calls it for each request.

use std::io::{self, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use super::request::Request;

/// What goes back to the caller.
pub struct Answer {
    /// The status, 100 to 599.
    pub status: u16,
    kind: String,
    body: Vec<u8>,
}

impl Answer {
    /// A line of text.
    pub fn plain(status: u16, text: &str) -> Self {
        Self { status, kind: "text/plain".to_owned(), body: format!("{text}\n").into_bytes() }
    }

    /// Reads the form in which files and programs answer.
    fn of(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
        let (first, body) = (std::str::from_utf8(&bytes[..end]).ok()?, bytes.get(end + 1..).unwrap_or_default());
        let (status, kind) = first.trim().split_once(' ').unwrap_or((first.trim(), ""));
        let status = status.parse().ok().filter(|status| (100..600).contains(status))?;
        let kind = match (kind, body.first()) {
            ("", Some(b'{' | b'[')) => "application/json",
            ("", _) => "text/plain",
            (kind, _) => kind,
        };
        Some(Self { status, kind: kind.to_owned(), body: body.to_vec() })
    }

    /// Writes it in one piece.
    pub fn write(&self, mut caller: &TcpStream) -> io::Result<()> {
        let Self { status, kind, body } = self;
        let length = body.len();
        let mut bytes = format!(
            "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
            word(*status)
        )
        .into_bytes();
        bytes.extend(body);
        caller.write_all(&bytes)
    }
}

/// The words that curl prints; any would do.
fn word(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500..600 => "Server Error",
        _ => "Answer",
    }
}

/// The world's answer to a request.
pub fn find(world: &Path, request: &Request) -> Answer {
    let Some(file) = file(world, request) else {
        return Answer::plain(404, &format!("this world has no answer to {} {}", request.method, request.shown()));
    };
    let said = match fs::metadata(&file) {
        Ok(about) if about.permissions().mode() & 0o111 != 0 => run(world, &file, request),
        Ok(_) => fs::read(&file).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match said {
        Ok(bytes) => Answer::of(&bytes)
            .unwrap_or_else(|| Answer::plain(500, &format!("{} does not begin with a status", file.display()))),
        Err(why) => Answer::plain(500, &format!("{}: {why}", file.display())),
    }
}

fn file(world: &Path, request: &Request) -> Option<PathBuf> {
    let root = world.join("http").join(&request.method);
    let mut path = root.join(request.parts.join("/"));
    if path.is_dir() {
        path.push("index");
    }
    if path.is_file() {
        return Some(path);
    }
    while path != root && path.pop() {
        let any = path.join("_");
        if any.is_file() {
            return Some(any);
        }
    }
    None
}

fn run(world: &Path, file: &Path, request: &Request) -> Result<Vec<u8>, String> {
    let mut child = Command::new(file)
        .current_dir(world)
        .envs(variables(world))
        .env("WORLD", world)
        .env("REQUEST_METHOD", &request.method)
        .env("REQUEST_PATH", format!("/{}", request.parts.join("/")))
        .env("QUERY_STRING", &request.query)
        .envs(
            request.headers.iter().filter(|(name, _)| plain(name)).map(|(name, value)| (format!("HTTP_{name}"), value)),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        let body = request.body.clone();
        // A program that does not read its body must not stand in the way of its answer.
        thread::spawn(move || stdin.write_all(&body));
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim_end()))
    }
}

/// `NAME=value` a line in `WORLD/env`: what the world's programs find in their environment, wherever they are started from.
fn variables(world: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(world.join("env")).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::{Answer, find};
    use crate::request::Request;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn ask(world: &Path, method: &str, path: &str, body: &str) -> (u16, String) {
        let parts = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let headers = vec![("AUTHORIZATION".to_owned(), "Bearer x".to_owned()), ("A B".to_owned(), String::new())];
        let request = Request {
            method: method.to_owned(),
            parts,
            query: "q=1".to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
        };
        let Answer { status, body, .. } = find(world, &request);
        (status, String::from_utf8(body).unwrap())
    }

    fn put(world: &Path, name: &str, text: &str, mode: u32) {
        let path = world.join("http").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_path_is_answered_by_its_file_its_folders_index_or_the_nearest_any() {
        let world = tempfile::tempdir().unwrap();
        put(world.path(), "GET/a/b", "201\n{\"x\":1}\n", 0o644);
        put(world.path(), "GET/a/index", "200\nfolder\n", 0o644);
        put(world.path(), "GET/_", "418\nany\n", 0o644);
        let get = |path| ask(world.path(), "GET", path, "");
        assert_eq!(get("/a/b"), (201, "{\"x\":1}\n".to_owned()));
        assert_eq!(get("/a/"), (200, "folder\n".to_owned()));
        assert_eq!(get("/a/c/d"), (418, "any\n".to_owned()));
        assert_eq!(ask(world.path(), "POST", "/a/b", "").0, 404);
    }

    #[test]
    fn a_program_gets_the_body_and_what_was_asked_and_its_failure_is_a_500_with_its_words() {
        let world = tempfile::tempdir().unwrap();
        fs::write(world.path().join("env"), "PGHOST=/somewhere\n").unwrap();
        let told = "#!/bin/sh\necho 202\necho \"$REQUEST_METHOD $REQUEST_PATH $QUERY_STRING $HTTP_AUTHORIZATION $PGHOST\"\ncat\n";
        put(world.path(), "POST/told", told, 0o755);
        put(world.path(), "POST/broken", "#!/bin/sh\necho 200\necho 'no such table' >&2\nexit 3\n", 0o755);
        put(world.path(), "POST/deaf", "#!/bin/sh\nexec <&-\necho 200\n", 0o755);
        put(world.path(), "POST/mute", "no status\n", 0o644);
        let post = |path| ask(world.path(), "POST", path, "said\n");
        assert_eq!(post("/told"), (202, "POST /told q=1 Bearer x /somewhere\nsaid\n".to_owned()));
        let (status, words) = post("/broken");
        assert!(status == 500 && words.contains("no such table"), "{words}");
        assert_eq!(post("/deaf").0, 200);
        assert_eq!(post("/mute").0, 500);
    }
}
