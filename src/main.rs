//! argv in, exit code out.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    tminus::commands::main(tminus::cli::Cli::parse())
}
