//! How the optimised program is put together on Linux, so that it takes little memory.
//!
//! Some six thousand small functions describe the schema once, at the start, and stand among those that answer requests: with each of them the kernel
//! brings in its neighbours, and an idle server held four megabytes of code more than it runs. The script puts them side by side. It names them by the
//! symbols of async-graphql; where one of them is missed, the program is as it would be without.
//!
//! The addresses that are put right at the start take a megabyte as a list and forty kilobytes in the packed form, which the C library of GNU reads since
//! its version 2.36.

use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=link/schema.ld");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        let root = var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bin=qicai=-Wl,-T,{root}/link/schema.ld");
        if var("HOST") == var("TARGET") && reads_packed_addresses() {
            println!("cargo:rustc-link-arg-bin=qicai=-Wl,-z,pack-relative-relocs");
        }
    }
}

/// Whether the C library of this machine is new enough; `getconf` says `glibc 2.36`, or nothing where it is another.
fn reads_packed_addresses() -> bool {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = told.ok().and_then(|told| {
        let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.split('.').next()?.parse::<u32>().ok()?))
    });
    version.is_some_and(|version| version >= (2, 36))
}
