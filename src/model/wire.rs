//! What conductor and clients say to each other over the run's socket.
//!
//! Each frame is a big-endian u32 length and that many bytes of JSON, at most 64 KiB. A hello with program and wire version
//! opens the socket; a client of another wire version may only watch. Records are never sent: a client is told the number
//! of the last durable one and reads the run's files up to it.

use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::intent::Request;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The wire's version: changed whenever a frame changes.
pub const WIRE: u32 = 6;
/// How `Trouble` begins when the journal cannot be written: screens then offer the ways on.
pub const JOURNAL_FAILED: &str = "Journal write failed";
/// No frame is longer.
pub const FRAME_LIMIT: usize = 64 * 1024;

/// No more keys in one frame, bytes: as numbers in JSON they take four times as much. A longer paste is many frames.
pub const KEYS_LIMIT: usize = 8 * 1024;

/// Bytes that somebody typed, which may be a password: nothing shows them, and they are wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Keys(Vec<u8>);

impl Keys {
    /// Takes bytes over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves, for the terminal only.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{} keys]", self.0.len())
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

/// Who typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Typist {
    /// Whoever sits at the screen: how much is recorded.
    Person,
    /// The terminal that the screen plays, which answers what the program asked of it.
    Terminal,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum ToConductor {
    /// The first frame.
    Hello {
        /// `CARGO_PKG_VERSION`.
        program: String,
        /// `WIRE`.
        wire: u32,
        /// Only looks.
        watch: bool,
        /// Speaks for an answers file.
        unattended: bool,
        /// `--as`.
        name: Option<String>,
        /// Its controlling terminal, or `-`.
        tty: String,
        /// What its key is, for the seal: OpenSSH public key line; `None` if it cannot sign.
        key: Option<String>,
    },
    /// A wish.
    Wish(Request),
    /// Keys for the terminal of an attempt, from the client that drives and from no other. They are passed on and not
    /// recorded, only how many a person typed and when; what the program echoes is output. Refused in words (`Refused`) if they reach nothing; never answered else.
    Typed {
        /// Named in a refusal.
        id: u64,
        /// Whose terminal.
        step: StepId,
        /// Which attempt: keys for one that is over must not reach the next.
        attempt: Attempt,
        /// What was typed; at most `KEYS_LIMIT` bytes.
        keys: Keys,
        /// By whom.
        typist: Typist,
    },
    /// The size that the terminal of an attempt is drawn in, from the client that drives. A size that fits nothing is ignored.
    Resized {
        /// Whose terminal.
        step: StepId,
        /// Which attempt.
        attempt: Attempt,
        /// Lines.
        rows: u16,
        /// Columns.
        cols: u16,
    },
    /// An answer to `Sign`.
    Signature {
        /// The number in `Sign`.
        id: u64,
        /// Armored SSHSIG, or why not.
        result: Result<String, String>,
    },
    /// An answers file has no answer for where the run stands: hold it, then end the conductor.
    AnswersEnded {
        /// Where.
        at: String,
    },
    /// The client leaves.
    Bye,
}

/// What the conductor says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum ToClient {
    /// The answer to a hello.
    Welcome {
        /// The run's id.
        run: String,
        /// This client's number.
        client: u32,
        /// Whether it drives.
        drives: bool,
        /// Who does.
        driver: String,
        /// The last durable record; 0 before genesis.
        durable: Seq,
        /// The list of keys by which it judges sign-offs.
        signers: String,
        /// Its `WIRE`.
        #[serde(default)]
        wire: u32,
        /// Its `CARGO_PKG_VERSION`.
        #[serde(default)]
        program: String,
    },
    /// Records up to this one are durable and may be read, folded and shown.
    Durable {
        /// Its number.
        seq: Seq,
    },
    /// The run's files are in this directory from now on; records are still told by number only.
    Moved {
        /// Its path, from the root.
        dir: String,
    },
    /// A wish came to nothing.
    Refused {
        /// The request's id.
        id: u64,
        /// Why, in words.
        why: String,
    },
    /// A wish was taken; what it led to comes as records.
    Taken {
        /// The request's id.
        id: u64,
    },
    /// Please sign this text in this namespace.
    Sign {
        /// Names the request.
        id: u64,
        /// `genesis@tminus`, `resume@tminus`, `seal@tminus`.
        namespace: String,
        /// The exact bytes.
        text: String,
    },
    /// The wheel moved.
    Driver {
        /// Who drives now.
        driver: String,
        /// Whether that is you.
        you: bool,
    },
    /// Something that every screen must say: the journal cannot be written, a signature is waited for, output is not kept.
    Trouble {
        /// What, in words; empty when it is over.
        words: String,
    },
    /// This client may not come in; the conductor goes on without it.
    TurnedAway {
        /// Why, in words.
        why: String,
    },
    /// The conductor ends.
    Over {
        /// Whether a seal stands.
        sealed: bool,
        /// Why it ended, where it was not at the run's end.
        why: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_keys_fits_and_debug_shows_none_of_them() {
        let keys = Keys::new(vec![255; KEYS_LIMIT]);
        let frame = ToConductor::Typed {
            id: u64::MAX,
            step: StepId("s".repeat(48)),
            attempt: u32::MAX,
            keys,
            typist: Typist::Terminal,
        };
        assert!(format!("{frame:?}").contains("[8192 keys]"), "{frame:?}");
        let text = serde_json::to_string(&frame).unwrap();
        assert!(text.len() < FRAME_LIMIT, "{} bytes", text.len());
        assert_eq!(serde_json::from_str::<ToConductor>(&text).unwrap(), frame);
    }
}
