//! How the optimised program is put together on Linux.
//!
//! Some six thousand small functions describe the schema once, at the start, and stand among those that answer requests: with each of them the kernel
//! brings in its neighbours, and an idle server held four megabytes of code more than it runs. The script puts them side by side. It names them by the
//! symbols of async-graphql; where one of them is missed, the program is as it would be without.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=link/schema.ld");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        let root = var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bin=qicai=-Wl,-T,{root}/link/schema.ld");
    }
}
