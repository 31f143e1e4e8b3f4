//! Every table as it stands, and the register of tables against it.

use std::collections::{BTreeMap, BTreeSet};

use domain::db::sql;
use domain::insight::personal::export::columns;
use domain::insight::personal::person::Person;
use domain::insight::personal::tables::{Export, Leave, all};
use sea_orm::{ConnectionTrait, DbBackend};
use support::{TestApp, both, registered};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What a person leaves behind in the story of leaving.
pub struct Secrets {
    name: &'static str,
    phone: String,
    number: String,
    hashes: [Vec<u8>; 2],
    /// Of a need.
    pub title: &'static str,
    /// Of the same.
    pub description: &'static str,
    /// Of a resource.
    pub gift: &'static str,
    /// Where the person lives.
    pub address: &'static str,
    /// Why staff looked.
    pub look: &'static str,
    /// Why points were put right.
    pub adjustment: &'static str,
    /// What a correction asks for.
    pub wanted: &'static str,
    /// And why.
    pub why: &'static str,
    /// What shows a consent.
    pub consent: &'static str,
}

/// What stands in no row even before, because it is sealed.
pub const SEALED: [&str; 4] = ["the phone", "the address", "what a correction asks for", "why it is asked for"];

impl Secrets {
    pub fn of(name: &'static str, phone: &str, number: &str, hashes: [Vec<u8>; 2]) -> Self {
        Self {
            name,
            phone: phone.to_owned(),
            number: number.to_owned(),
            hashes,
            title: "陪我去湘雅附二复诊",
            description: "左膝手术后第六周复查",
            gift: "闲置的旧轮椅一台",
            address: "桂花巷七号二单元三零一",
            look: "上门前联系欧阳大姐",
            adjustment: "三月七日漏记欧阳大姐的值班",
            wanted: "欧阳晓敏",
            why: "身份证上是破晓的晓",
            consent: "欧阳大姐当面同意",
        }
    }

    /// What it is, and how it might stand in a row: as text, and as the bytes of it.
    pub fn told(&self) -> Vec<(&'static str, Vec<String>)> {
        let texts = [
            ("the name", self.name),
            ("the number", &self.number),
            ("the title of the need", self.title),
            ("the words of the need", self.description),
            ("the title of the gift", self.gift),
            ("a reason of a look", self.look),
            ("a reason of the ledger", self.adjustment),
            ("a consent", self.consent),
            (SEALED[0], &self.phone),
            (SEALED[1], self.address),
            (SEALED[2], self.wanted),
            (SEALED[3], self.why),
        ];
        let texts = texts.into_iter().map(|(what, text)| (what, vec![text.to_lowercase(), hex::encode(text)]));
        let hashes =
            ["the hash of the phone", "the hash of the openid"].into_iter().zip(&self.hashes).map(|(what, hash)| (what, vec![hex::encode(hash)]));
        texts.chain(hashes).collect()
    }
}

/// The tables of the database with their columns.
async fn tables(app: &TestApp) -> BTreeMap<String, BTreeSet<String>> {
    let db = app.app.db.writer();
    let text = match db.get_database_backend() {
        DbBackend::Postgres => "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = 'public'",
        _ => "SELECT m.name AS t, p.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in db.query_all_raw(sql(db, text, [])).await.expect("read") {
        let (table, column): (String, String) = (row.try_get("", "t").expect("text"), row.try_get("", "c").expect("text"));
        found.entry(table).or_default().insert(column);
    }
    // What the migrations and SQLite keep for themselves.
    found.retain(|table, _| table != "seaql_migrations" && !table.starts_with("sqlite_"));
    found
}

/// Every row of every table as one lower-case text, bytes as hexadecimal digits.
pub async fn rows_of_everything(app: &TestApp) -> Vec<(String, String)> {
    let db = app.app.db.writer();
    let mut rows = Vec::new();
    for (table, columns) in tables(app).await {
        let text = match db.get_database_backend() {
            DbBackend::Postgres => format!("SELECT to_jsonb(t)::text AS row FROM {table} t"),
            _ => format!(
                "SELECT {} AS row FROM {table}",
                columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ' ' || ")
            ),
        };
        for row in db.query_all_raw(sql(db, &text, [])).await.expect("read") {
            rows.push((table.clone(), row.try_get::<String>("", "row").expect("text").to_lowercase()));
        }
    }
    rows
}

/// Which of some texts stand in a row of any table, as text or as the bytes of it; each with the tables.
pub async fn holding(app: &TestApp, needles: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, row) in rows_of_everything(app).await {
        for needle in needles.iter().filter(|needle| row.contains(&needle.to_lowercase()) || row.contains(&hex::encode(needle))) {
            found.entry((*needle).to_owned()).or_default().insert(table.clone());
        }
    }
    found
}

/// Collects what keys of a prefix hold, a line for each. Buckets of rates are named by hashes of phones and gone within the hour.
const READ_ALL: &str = "local out = {} for _, k in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do local t = redis.call('TYPE', k).ok local v = {} \
    if t == 'string' then v = {redis.call('GET', k)} elseif t == 'zset' then v = redis.call('ZRANGE', k, 0, -1) \
    elseif t == 'hash' then v = redis.call('HGETALL', k) elseif t == 'set' then v = redis.call('SMEMBERS', k) \
    elseif t == 'list' then v = redis.call('LRANGE', k, 0, -1) elseif t == 'stream' then v = {cjson.encode(redis.call('XRANGE', k, '-', '+'))} end \
    if not string.find(k, '{rate}', 1, true) then out[#out + 1] = k .. ' ' .. table.concat(v, ' ') end end return table.concat(out, '\\n')";

/// What Redis holds for the program, as lower-case text and as the bytes of it; nothing where there is no Redis.
pub async fn redis_texts(app: &TestApp) -> Vec<String> {
    let Some(url) = &app.redis_url else { return Vec::new() };
    let address = url.trim_start_matches("redis://").split('/').next().expect("an address");
    let mut socket = TcpStream::connect(address).await.expect("redis");
    let words = ["EVAL", READ_ALL, "0", &app.redis_prefix()];
    let command: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    socket.write_all(format!("*{}\r\n{command}", words.len()).as_bytes()).await.expect("sent");
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    reader.read_line(&mut head).await.expect("an answer");
    let length = head.trim().strip_prefix('$').unwrap_or_else(|| panic!("redis says {head}")).parse().expect("a length");
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).await.expect("all of it");
    assert!(!bytes.is_empty(), "the program keeps something in Redis");
    vec![String::from_utf8_lossy(&bytes).to_lowercase(), hex::encode(&bytes)]
}

both! {
    async fn every_table_is_in_the_register_and_every_column_named_there_exists(app: TestApp) {
        let found = tables(&app).await;
        let listed: Vec<&str> = all().map(|table| table.name).collect();
        let unlisted: Vec<&String> = found.keys().filter(|table| !listed.contains(&table.as_str())).collect();
        assert!(unlisted.is_empty(), "say in api/domain/src/insight/personal/tables/ what of these tables is whose: {unlisted:?}");
        let twice: Vec<&&str> = listed.iter().filter(|name| listed.iter().filter(|other| other == name).count() > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        for table in all() {
            let columns_there = found.get(table.name).unwrap_or_else(|| panic!("there is no table {}", table.name));
            let mut named: Vec<&str> = Vec::new();
            if let Export::Rows(_, text) = table.export {
                named.extend(columns(text).map(|column| column.name));
            }
            assert!(!table.leaving.is_empty(), "what does leaving do to {}?", table.name);
            for leave in table.leaving {
                if let Leave::Blank(_, set) = leave {
                    named.extend(set.iter().map(|(column, _)| *column));
                }
            }
            for column in named {
                assert!(columns_there.contains(column), "{}.{column}", table.name);
            }
        }
    }

    async fn every_condition_of_the_register_can_be_asked(app: TestApp) {
        let amy = registered::resident(&app, &registered::phone()).await;
        let tx = app.tx().await;
        let person = Person::of(&tx.connection, &app.app.keys, amy.account()).await.map_err(|error| error.code).expect("somebody");
        for table in all() {
            let conditions = table.leaving.iter().filter_map(|leave| match leave {
                Leave::Keep(_) => None,
                Leave::Erase(found) | Leave::Blank(found, _) => Some(*found),
            });
            let exported = match table.export {
                Export::Rows(found, _) => Some(found),
                Export::Nothing(_) => None,
            };
            for found in conditions.chain(exported) {
                let text = format!("SELECT COUNT(*) FROM {} WHERE {found}", table.name);
                let statement = person.statement(&tx.connection, &text, tx.now).map_err(|error| format!("{error:?}")).expect("a statement");
                tx.connection.query_one_raw(statement).await.unwrap_or_else(|error| panic!("{}: {found}: {error}", table.name));
            }
        }
    }
}
