//! argv in, exit code out.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Where a shell asks for completions, this answers and ends, before anything else is begun.
    clap_complete::CompleteEnv::with_factory(tminus::commands::completed).complete();
    tminus::commands::main(tminus::cli::Cli::parse())
}
