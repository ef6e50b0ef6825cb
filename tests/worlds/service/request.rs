//! Reads one HTTP/1.1 request: method, path, query, headers, and a body of known length or in chunks.
//!
//! It takes what curl and the programs of a world send and refuses the rest in words. It must never hand on a path that
//! leads out of the world, nor hold more than a megabyte or two of one request. `main` calls it once a connection.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;

const MOST: u64 = 1 << 20;

/// What was asked.
pub struct Request {
    /// `GET`, `POST` …: capital letters only.
    pub method: String,
    /// The path's parts, decoded: never empty, `.` or `..`, and free of `/` and NUL.
    pub parts: Vec<String>,
    /// What stands after `?`, as it was sent.
    pub query: String,
    /// Names as `AUTHORIZATION` or `CONTENT_TYPE`, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, empty where there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// The path with its query, for the log.
    pub fn shown(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("/{}{mark}{}", self.parts.join("/"), self.query)
    }
}

/// Reads a request, or says why it is none.
pub fn read(reader: &mut impl BufRead, mut caller: &TcpStream) -> io::Result<Result<Request, &'static str>> {
    let mut head = reader.take(MOST);
    let first = line(&mut head)?;
    if first.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(Err("no request line")) };
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(Err("a method is capital letters"));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let Some(parts) = parts(path) else { return Ok(Err("this path leads nowhere")) };
    let mut headers = Vec::new();
    loop {
        let text = line(&mut head)?;
        if text.is_empty() {
            break;
        }
        let Some((name, value)) = text.split_once(':') else { return Ok(Err("a header without a colon")) };
        headers.push((name.trim().to_ascii_uppercase().replace('-', "_"), value.trim().to_owned()));
    }
    let named = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if named("EXPECT").is_some() {
        caller.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if named("TRANSFER_ENCODING").is_some() {
        chunks(reader)?
    } else {
        match named("CONTENT_LENGTH").map_or(Ok(0), str::parse::<u64>) {
            Ok(length) if length <= MOST => exactly(reader, length)?,
            Ok(_) | Err(_) => return Ok(Err("a body of a megabyte at most")),
        }
    };
    Ok(Ok(Request { method: method.to_owned(), parts, query: query.to_owned(), headers, body }))
}

/// The parts of a path, or none where it is not one that a world may have a file for.
fn parts(path: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    for part in path.strip_prefix('/')?.split('/').filter(|part| !part.is_empty()) {
        let part = decoded(part)?;
        if part == "." || part == ".." || part.contains(['/', '\0', '\n']) {
            return None;
        }
        parts.push(part);
    }
    Some(parts)
}

fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

fn exactly(reader: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(body)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = u64::from_str_radix(line(reader)?.trim(), 16).unwrap_or(0);
        if size == 0 || body.len() as u64 + size > MOST {
            return Ok(body);
        }
        body.extend(exactly(reader, size)?);
        line(reader)?;
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_path_never_leads_out_of_the_world() {
        assert_eq!(parts("/a//b%20c/").unwrap(), ["a", "b c"]);
        for bad in ["a", "/..", "/a/%2e%2E/b", "/a%2Fb", "/%00", "/%0a", "/%f", "/%zz", "/%ff", "/."] {
            assert!(parts(bad).is_none(), "{bad}");
        }
    }
}
