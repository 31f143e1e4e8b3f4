//! `open-community`: opens a community with its word lists, its points policy and its first administrator.
//!
//! Invariant: a community that is open has an administrator and a policy; opening it again is refused and changes nothing.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::{Command, ExitCode};

use domain::community::tenant::{self, Opening};
use domain::db::Db;
use domain::error::Result;
use domain::keys::Keys;
use domain::people::account::{self, NewAccount, password, phone::Phone};
use domain::people::role::{self, Reach};
use domain::points::policy;
use entity::id::{AccountId, CommunityId};
use entity::role_grant::Role;

use super::{admit, connect, fail, told};
use crate::config::Config;

/// The first administrator.
#[derive(Clone)]
pub struct Administrator {
    /// Eleven digits.
    pub phone: String,
    /// 8 characters or more, letters and digits among them.
    pub password: String,
}

/// What was opened.
#[derive(Clone, Debug)]
pub struct Report {
    /// The community.
    pub community_id: CommunityId,
    /// Its name.
    pub name: String,
    /// Its official code.
    pub region_code: String,
    /// The administrator's account.
    pub administrator_id: AccountId,
}

/// Opens a community.
///
/// # Errors
/// `NOT_FOUND` or `BAD_INPUT` on `regionCode`, `CODE_TAKEN` when it is open already; `PHONE_TAKEN`, `PASSWORD_WEAK`.
pub async fn run(db: &Db, keys: &Keys, opening: &Opening, administrator: Administrator) -> Result<Report> {
    let phone = Phone::parse(&administrator.phone, "phone")?;
    password::check(&administrator.password, "password")?;
    let password_hash = Some(password::Passwords::new().hash(administrator.password).await?);
    let tx = db.begin().await?;
    let home = tenant::open(&tx, opening).await?;
    policy::seed(&tx, home.community.id).await?;
    let account = account::open(&tx, keys, &home.community, NewAccount { phone: Some(phone), password_hash }).await?;
    role::write(&tx, account.id, Role::Admin, Reach::Region(home.region.id), None).await?;
    tx.commit().await?;
    Ok(Report { community_id: home.community.id, name: home.community.name, region_code: opening.region_code.clone(), administrator_id: account.id })
}

/// Opens a community as the command line asks, with the administrator's password from standard input.
pub async fn run_asking(config: &Config, opening: Opening, phone: String) -> ExitCode {
    match ask_and_open(config, &opening, phone).await {
        Ok(Report { name, region_code, .. }) => {
            println!("{name} ({region_code}) is open; its administrator signs in with the phone and password given");
            ExitCode::SUCCESS
        }
        Err(reason) => fail(reason),
    }
}

async fn ask_and_open(config: &Config, opening: &Opening, phone: String) -> Result<Report, String> {
    let keys = config.keys()?;
    let db = connect(config).await?;
    db.migrate().await.map_err(|error| told(&error))?;
    admit(config, &db, &keys).await?;
    let password = read_password().map_err(|error| format!("no password could be read: {error}"))?;
    run(&db, &keys, opening, Administrator { phone, password }).await.map_err(|error| told(&error))
}

/// One line of standard input; at a terminal it is asked for and not shown.
fn read_password() -> io::Result<String> {
    let input = io::stdin();
    let asked = input.is_terminal();
    if asked {
        eprint!("Password of the administrator (8 characters or more, letters and digits): ");
        io::stderr().flush()?;
        echo(false);
    }
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    if asked {
        echo(true);
        eprintln!();
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whether the terminal shows what is typed. Where there is no `stty` it goes on showing.
fn echo(on: bool) {
    let _ = Command::new("stty").arg(if on { "echo" } else { "-echo" }).status();
}
