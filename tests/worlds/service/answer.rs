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

fn plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
