//! The arguments of `amend` and `redact`: what is added to a run, or taken out of it, after its seal, and who signs for it.

use clap::Args;
use std::path::PathBuf;

/// Who signs what is added to a run after its seal.
#[derive(Clone, Debug, Args)]
pub struct HandsArgs {
    /// An SSH key that signs; given twice, two people sign (its .pub, where an agent or a token has the private half)
    #[arg(long = "key", value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// Whose keys count [default: your own list]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Sign without being asked
    #[arg(long)]
    pub yes: bool,
    /// Write down what is to be signed, for another machine; the keys may be public ones
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "sig"])]
    pub write: Option<PathBuf>,
    /// What was written down
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
    /// A signature of --text from another machine
    #[arg(long, value_name = "FILE", requires = "text")]
    pub sig: Vec<PathBuf>,
}

/// What is said of a run after its seal.
#[derive(Clone, Debug, Args)]
pub struct AmendArgs {
    /// The run
    pub run: String,
    /// The note
    #[arg(long, value_name = "TEXT", required_unless_present = "text", conflicts_with = "text")]
    pub note: Option<String>,
    /// Who signs it
    #[command(flatten)]
    pub hands: HandsArgs,
}

/// What is taken out of a run's output after its seal.
#[derive(Clone, Debug, Args)]
pub struct RedactArgs {
    /// The run
    pub run: String,
    /// The step, by id or number, and the attempt where it printed in several
    #[arg(long, value_name = "STEP[.ATTEMPT]", required_unless_present = "text", conflicts_with = "text")]
    pub step: Option<String>,
    /// Which extents of its output, from 1: 3, 5-7; without it they are listed
    #[arg(long, value_name = "N[,M]", conflicts_with = "text")]
    pub extents: Option<String>,
    /// Why; it is shown in place of the output for good
    #[arg(long, value_name = "TEXT", conflicts_with = "text")]
    pub reason: Option<String>,
    /// Who signs it: two people, one of them not the operator
    #[command(flatten)]
    pub hands: HandsArgs,
}
