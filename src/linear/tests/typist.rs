//! A person who types: each line when the text that it answers stands on the paper, never by time.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What was written, for the writer and for who waits for it.
#[derive(Clone, Default)]
pub struct Paper(Arc<(Mutex<Vec<u8>>, Condvar)>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.0.lock().unwrap().extend_from_slice(bytes);
        self.0.1.notify_all();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.0.lock().unwrap().clone()).unwrap()
    }

    /// Where `cue` ends for the first time after `from`; waits up to 10 s for it.
    fn after(&self, from: usize, cue: &str) -> Result<usize, String> {
        let mut bytes = self.0.0.lock().unwrap();
        loop {
            let text = String::from_utf8_lossy(&bytes[from..]).into_owned();
            if let Some(at) = text.find(cue) {
                return Ok(from + at + cue.len());
            }
            let (next, late) = self.0.1.wait_timeout(bytes, Duration::from_secs(10)).unwrap();
            bytes = next;
            if late.timed_out() {
                return Err(format!("never saw {cue:?} after:\n{text}"));
            }
        }
    }
}

pub struct Fingers(pub Receiver<String>, pub Vec<u8>);

impl Read for Fingers {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.1.is_empty() {
            match self.0.recv() {
                Ok(line) => self.1 = format!("{line}\n").into_bytes(),
                Err(_) => return Ok(0),
            }
        }
        let count = room.len().min(self.1.len());
        room[..count].copy_from_slice(&self.1[..count]);
        self.1.drain(..count);
        Ok(count)
    }
}

/// Types each line when its cue is there, then ends the input.
pub fn type_lines(
    paper: Paper,
    script: Vec<(String, String)>,
    fingers: Sender<String>,
) -> thread::JoinHandle<Result<(), String>> {
    thread::spawn(move || {
        let mut from = 0;
        for (cue, line) in script {
            from = paper.after(from, &cue)?;
            fingers.send(line).map_err(|_| "nobody reads".to_owned())?;
        }
        Ok(())
    })
}
