//! The web service of a test world: answers every request from files of the world, on loopback, until its standard input ends.
//!
//! `world-service WORLD` listens on 127.0.0.1 (the port of `WORLD/port` where there is one, else any free one), writes that
//! file, and serves `WORLD/http` (see `answer`). It stands in for the endpoints that a runbook calls, so it must never answer
//! from anything but the world, and never outlive the script that started it. `tests/worlds/start` and the tests run it.

mod answer;
mod request;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs, thread};

fn main() -> ExitCode {
    let Some(world) = env::args_os().nth(1).map(PathBuf::from) else {
        return complain("usage: world-service WORLD");
    };
    match open(&world) {
        Ok(listener) => {
            thread::spawn(move || accept(&listener, &Arc::new(world)));
            // The other end of this pipe is held by whoever owns the world: when that is gone, so are we.
            match io::copy(&mut io::stdin().lock(), &mut io::sink()) {
                Ok(_) => ExitCode::SUCCESS,
                Err(error) => complain(&format!("standard input: {error}")),
            }
        }
        Err(error) => complain(&format!("cannot listen for {}: {error}", world.display())),
    }
}

fn complain(text: &str) -> ExitCode {
    // Nobody is left to tell where standard error is closed.
    let _ = writeln!(io::stderr(), "world-service: {text}");
    ExitCode::from(2)
}

/// Listens, and says where in `WORLD/port`. A world that is entered again keeps its port, since runs have recorded it.
fn open(world: &Path) -> io::Result<TcpListener> {
    let file = world.join("port");
    let kept = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<u16>().ok());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, kept.unwrap_or(0)))?;
    let port = listener.local_addr()?.port();
    let new = world.join("port.new");
    fs::write(&new, format!("{port}\n"))?;
    fs::rename(new, file)?;
    Ok(listener)
}

fn accept(listener: &TcpListener, world: &Arc<PathBuf>) {
    for stream in listener.incoming().flatten() {
        let world = Arc::clone(world);
        thread::spawn(move || {
            // A caller that goes away in the middle is its own affair.
            let _ = converse(stream, &world);
        });
    }
}

/// One request, one answer, and the connection is closed. With the knob `http-down` it is closed without an answer, as a
/// service does that is not there.
fn converse(stream: TcpStream, world: &Path) -> io::Result<()> {
    if world.join("knobs/http-down").exists() {
        return note(world, "(closed: knob http-down)");
    }
    let mut reader = io::BufReader::new(stream.try_clone()?);
    let (answer, said) = match request::read(&mut reader, &stream)? {
        Ok(request) => {
            let answer = answer::find(world, &request);
            let said = format!("{} {} {}", request.method, request.shown(), answer.status);
            (answer, said)
        }
        Err(refusal) => (answer::Answer::plain(400, refusal), format!("(refused: {refusal})")),
    };
    note(world, &said)?;
    answer.write(&stream)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    // What the caller still sends is read, so that the answer is not lost with a reset.
    io::copy(&mut reader.take(1 << 20), &mut io::sink()).map(drop)
}

/// A line in `WORLD/log/http`, appended in one write.
fn note(world: &Path, line: &str) -> io::Result<()> {
    fs::create_dir_all(world.join("log"))?;
    let mut log = fs::OpenOptions::new().create(true).append(true).open(world.join("log/http"))?;
    log.write_all(format!("{line}\n").as_bytes())
}
