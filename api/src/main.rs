//! `qicai`: everything is in the library, so that this program is linked and not compiled a second time.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    api::command::line::run()
}
