//! The binary `green-homes`. Everything is in the library, where tests reach it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    green_homes::cli::main()
}
