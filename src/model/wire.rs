//! What conductor and clients say to each other over the run's socket.
//!
//! Each frame is a big-endian u32 length and that many bytes of JSON, at most 64 KiB. A hello with program and wire version
//! opens the socket; a client of another wire version may only watch. Records are never sent: a client is told the number
//! of the last durable one and reads the run's files up to it.

use crate::model::ids::Seq;
use crate::model::intent::Request;
use serde::{Deserialize, Serialize};

/// The wire's version: changed whenever a frame changes.
pub const WIRE: u32 = 2;
/// How `Trouble` begins when the journal cannot be written: screens then offer the ways on.
pub const JOURNAL_FAILED: &str = "Journal write failed";
/// No frame is longer.
pub const FRAME_LIMIT: usize = 64 * 1024;

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
