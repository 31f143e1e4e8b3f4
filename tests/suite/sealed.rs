//! What a dump of the database shows, and a change of the secret: every column of every table is read as an attacker would read it.

use std::collections::BTreeSet;

use api::command::reseal;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use domain::db::sql;
use domain::keys::{Keys, Master};
use domain::sealed::{self, FIELDS, OTHERS};
use domain::secret::{self, Misfit};
use entity::id::{AccountId, UnitCheckInId, UnitId, VolunteerId};
use entity::role_grant::Role;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use support::app::SECRET;
use support::process;
use support::registered::{self, PASSWORD, send};
use support::{Actor, Answer, TestApp, both};
use uuid::Uuid;

/// The example of GB 11643-1999: somebody born on the last day of 1949.
const IDENTITY: &str = "11010519491231002X";
const NOTE: &str = "对青霉素过敏,随身带药";
const LOOK: &str = "七一前走访老党员";

/// A value of a table as bytes: texts in UTF-8, numbers in digits.
struct Cell {
    table: String,
    column: String,
    /// Which row of its table, in no order.
    row: usize,
    bytes: Vec<u8>,
}

/// The columns of every table of which something is true; a condition other than `TRUE` is PostgreSQL's.
async fn columns_where(app: &TestApp, condition: &str) -> Vec<(String, String)> {
    let connection = app.app.db.writer();
    let statement = if connection.get_database_backend() == DbBackend::Postgres {
        format!(
            "SELECT table_name::text AS t, column_name::text AS c FROM information_schema.columns WHERE table_schema = current_schema() AND {condition} ORDER BY 1, 2"
        )
    } else {
        "SELECT m.name AS t, c.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2".to_owned()
    };
    let rows = connection.query_all_raw(sql(connection, &statement, [])).await.expect("read");
    let text = |row: &sea_orm::QueryResult, name: &str| row.try_get::<String>("", name).expect("a name");
    rows.iter().map(|row| (text(row, "t"), text(row, "c"))).collect()
}

/// Every value of every table.
async fn dump(app: &TestApp) -> Vec<Cell> {
    let connection = app.app.db.writer();
    let postgres = connection.get_database_backend() == DbBackend::Postgres;
    let bytes = if postgres { columns_where(app, "data_type = 'bytea'").await } else { Vec::new() };
    let mut cells = Vec::new();
    for (table, column) in columns_where(app, "TRUE").await {
        let value = match (postgres, bytes.contains(&(table.clone(), column.clone()))) {
            (true, true) => format!("encode(\"{column}\", 'hex')"),
            (true, false) => format!("encode(convert_to(\"{column}\"::text, 'UTF8'), 'hex')"),
            (false, _) => format!("hex(CAST(\"{column}\" AS BLOB))"),
        };
        // The same order for every column, so that values of one row are known to be.
        let order = if postgres { "ctid" } else { "rowid" };
        let statement = format!("SELECT COALESCE({value}, '') AS v FROM \"{table}\" ORDER BY {order}");
        let rows = connection.query_all_raw(sql(connection, &statement, [])).await.unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
        for (at, row) in rows.iter().enumerate() {
            let digits: String = row.try_get("", "v").expect("digits");
            cells.push(Cell { table: table.clone(), column: column.clone(), row: at, bytes: hex::decode(digits).expect("hexadecimal") });
        }
    }
    cells
}

/// A text as it could stand somewhere: itself, in hexadecimal digits, in base64.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let texts = [hex::encode(bytes), hex::encode_upper(bytes), STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)];
    std::iter::once(bytes.to_vec()).chain(texts.into_iter().map(String::into_bytes)).collect()
}

fn found<'a>(cells: &'a [Cell], bytes: &[u8]) -> Vec<&'a Cell> {
    let forms = forms(bytes);
    cells.iter().filter(|cell| forms.iter().any(|form| memchr::memmem::find(&cell.bytes, form).is_some())).collect()
}

fn places(cells: &[&Cell]) -> BTreeSet<String> {
    cells.iter().map(|cell| format!("{}.{}", cell.table, cell.column)).collect()
}

/// An id in the ways it can stand in a row.
fn ids(who: &Actor) -> Vec<Vec<u8>> {
    let raw = |id: Uuid| vec![id.as_bytes().to_vec(), id.to_string().into_bytes(), id.simple().to_string().into_bytes()];
    let (account, volunteer): (AccountId, VolunteerId) = (who.account(), who.volunteer());
    let outside = [who.account_id.clone().into_bytes(), who.volunteer_id.clone().into_bytes()];
    raw(account.0).into_iter().chain(raw(volunteer.0)).chain(outside).collect()
}

async fn consent_to(who: &Actor, purpose: &str) {
    who.mutate("giveConsent", json!({ "purpose": purpose, "version": 1 }), "state").await.ok();
}

async fn set_identity(who: &Actor, number: &str) -> Answer {
    who.run("mutation($n: String!) { setMyIdentityNumber(input: { number: $n }) }", json!({ "n": number })).await
}

async fn set_note(who: &Actor) -> Answer {
    who.run("mutation($n: String!) { setMyHealthNote(input: { note: $n }) }", json!({ "n": NOTE })).await
}

/// Somebody who registers by the door, born on the day that [`IDENTITY`] says.
async fn elder(app: &TestApp, name: &str) -> Actor {
    let mut actor = registered::resident(app, &registered::phone()).await;
    let input = json!({ "name": name, "birthDate": "1949-12-31" });
    actor.volunteer_id = send(&actor, "registerVolunteer", "RegisterVolunteerInput", "{ id }", input).await.ok().text("registerVolunteer.id");
    actor
}

/// A member whose everything is known: telephone, identity number, health, membership, check-in; and who confirmed it.
struct Known {
    amy: Actor,
    worker: Actor,
    admin: Actor,
    unit: String,
}

async fn fill(app: &TestApp) -> Known {
    let (admin, amy) = (app.admin().await, elder(app, "张小红").await);
    let worker = app.with_role("党务专干", Role::PartyWorker, app.community.region_id).await;
    for purpose in ["IDENTITY_DOCUMENT", "HEALTH_NOTE", "NAME_PUBLICITY"] {
        consent_to(&amy, purpose).await;
    }
    set_identity(&amy, IDENTITY).await.ok();
    set_note(&amy).await.ok();
    let declared = amy.mutate("declarePartyMembership", json!({ "memberClass": "DIRECT", "consentVersion": 1 }), "id").await.ok();
    let member = declared.text("declarePartyMembership.id");
    worker.mutate("confirmPartyMember", json!({ "id": member }), "state").await.ok();
    worker.mutate("unmaskPartyMembers", json!({ "ids": [member], "reason": LOOK }), "id").await.ok();
    let unit = app.unit(&admin, "水泵厂").await;
    admin.mutate("checkInUnit", json!({ "unitId": unit, "services": "" }), "id").await.ok();
    amy.mutate("checkInMember", json!({ "unitId": unit, "consent": true }), "id").await.ok();
    // A need with a contact, and one for somebody without an account.
    amy.file_need("dump-need", json!({})).await.ok();
    let grid = app.grid_worker().await;
    grid.file_on_behalf("dump-behalf", json!({ "contact": { "name": "王奶奶", "phone": "13955556666", "address": "三栋二单元" } })).await.ok();
    admin.mutate("unmaskVolunteers", json!({ "ids": [amy.volunteer_id], "reason": "核对" }), "id").await.ok();
    app.deliver().await;
    Known { amy, worker, admin, unit }
}

fn master(number: u8, byte: u8) -> Master {
    Master { number, secret: [byte; 32] }
}

async fn log_in(app: &TestApp, phone: &str) -> Answer {
    let input = json!({ "phone": phone, "password": PASSWORD, "device": "telephone" });
    send(&Actor::stranger(app), "logIn", "LogInInput", "{ accessToken }", input).await
}

both! {
    async fn a_dump_shows_no_phone_no_identity_number_no_health_and_no_member(app: TestApp) {
        let Known { amy, .. } = fill(&app).await;
        let ben = app.member("王芳").await;
        let cells = dump(&app).await;
        let tables: BTreeSet<String> = columns_where(&app, "TRUE").await.into_iter().map(|(table, _)| table).collect();
        assert!(tables.len() > 100 && cells.len() > 1_000, "{} tables with {} values were read", tables.len(), cells.len());
        // What stands in clear is found, so what is not found is not there.
        assert!(places(&found(&cells, "张小红".as_bytes())).contains("volunteer.name"));
        assert!(places(&found(&cells, amy.volunteer().0.as_bytes())).iter().any(|place| place == "volunteer.id") || app.backend == support::Backend::Postgres);
        for secret in [&amy.phone, &ben.phone, IDENTITY, &IDENTITY[4..14], NOTE, "青霉素", LOOK, "13955556666", "王奶奶", "三栋二单元"] {
            assert_eq!(places(&found(&cells, secret.as_bytes())), BTreeSet::new(), "{secret}");
        }

        // No row that tells of membership tells whose it is, and no row of hers tells of membership.
        let of_members = |table: &str| table.starts_with("party_") || table.starts_with("merit_") || table.starts_with("member_check_in");
        let mut hers = BTreeSet::new();
        for id in ids(&amy) {
            for cell in cells.iter().filter(|cell| memchr::memmem::find(&cell.bytes, &id).is_some()) {
                assert!(!of_members(&cell.table), "{}.{} says who it is", cell.table, cell.column);
                hers.insert((cell.table.clone(), cell.row));
            }
        }
        assert!(hers.len() > 5, "{hers:?}");
        let words = ["party", "merit", "党", "membercheckin", "member_check_in", "declareparty"];
        for cell in cells.iter().filter(|cell| hers.contains(&(cell.table.clone(), cell.row))) {
            let text = String::from_utf8_lossy(&cell.bytes).to_lowercase();
            assert!(words.iter().all(|word| !text.contains(word)), "{}.{} tells of membership: {text}", cell.table, cell.column);
        }
    }

    async fn an_identity_number_is_kept_once_and_goes_with_the_consent(app: TestApp) {
        let (amy, twin) = (elder(&app, "张小红").await, elder(&app, "张小兰").await);
        let refused = set_identity(&amy, IDENTITY).await;
        assert_eq!((refused.code(), refused.field(), &refused.error()["extensions"]["params"]), ("CONSENT_NOT_GIVEN", "", &json!({ "purpose": "IDENTITY_DOCUMENT", "version": "1" })));
        consent_to(&amy, "IDENTITY_DOCUMENT").await;
        for bad in ["110105194912310021", "440524188001010014", ""] {
            let refused = set_identity(&amy, bad).await;
            assert_eq!((refused.code(), refused.field()), ("BAD_INPUT", "number"), "{bad}");
        }
        assert_eq!(set_identity(&amy, "11010519491231002x").await.ok().text("setMyIdentityNumber"), "1101**********002X");
        let own = "{ myIdentityNumber myHealthNote }";
        assert_eq!(amy.run(own, json!({})).await.ok().body["data"], json!({ "myIdentityNumber": "1101**********002X", "myHealthNote": null }));
        consent_to(&twin, "IDENTITY_DOCUMENT").await;
        let taken = set_identity(&twin, IDENTITY).await;
        assert_eq!((taken.code(), taken.field()), ("IDENTITY_TAKEN", "number"));
        for _ in 0..4 {
            assert_eq!(set_identity(&twin, IDENTITY).await.code(), "IDENTITY_TAKEN");
        }
        assert_eq!(set_identity(&twin, IDENTITY).await.code(), "RATE_LIMITED", "five times a day");

        consent_to(&amy, "HEALTH_NOTE").await;
        set_note(&amy).await.ok();
        assert_eq!(amy.run(own, json!({})).await.ok().text("myHealthNote"), NOTE);
        amy.mutate("withdrawConsent", json!({ "purpose": "IDENTITY_DOCUMENT" }), "state").await.ok();
        assert_eq!(amy.run(own, json!({})).await.ok().body["data"], json!({ "myIdentityNumber": null, "myHealthNote": NOTE }));
        amy.mutate("withdrawConsent", json!({ "purpose": "HEALTH_NOTE" }), "state").await.ok();
        let row = app.app.db.reader().query_one_raw(sql(app.app.db.reader(), "SELECT identity_index, identity_sealed, health_sealed FROM volunteer_sensitive", []));
        let row = row.await.expect("read").expect("her row");
        for column in ["identity_index", "identity_sealed", "health_sealed"] {
            assert_eq!(row.try_get::<Option<Vec<u8>>>("", column).expect("bytes"), None, "{column} is erased");
        }
        let heir = elder(&app, "张小梅").await;
        consent_to(&heir, "IDENTITY_DOCUMENT").await;
        set_identity(&heir, IDENTITY).await.ok();
    }

    async fn membership_goes_with_its_consent(app: TestApp) {
        let Known { amy, worker, admin, unit } = fill(&app).await;
        let members = "{ partyMembers(first: 5) { nodes { id } } }";
        let checked_in = "query($id: ID!) { memberCheckIns(unitId: $id, first: 5) { nodes { volunteer { id } region { id } } } }";
        assert_eq!(worker.run(members, json!({})).await.ok().list("partyMembers.nodes").len(), 1);
        assert_eq!(admin.run(checked_in, json!({ "id": unit })).await.ok().text("memberCheckIns.nodes.0.volunteer.id"), amy.volunteer_id);
        let state = async || {
            let seen = amy.run("{ myConsents { purpose state version } }", json!({})).await.ok();
            seen.list("myConsents").iter().find(|one| one["purpose"] == "PARTY_MEMBERSHIP").expect("it").clone()
        };
        assert_eq!(state().await, json!({ "purpose": "PARTY_MEMBERSHIP", "state": "GIVEN", "version": 1 }));
        let text = json!({ "purpose": "PARTY_MEMBERSHIP", "text": "新的告知", "material": true, "reason": "制度更新" });
        admin.mutate("publishConsentText", text, "version").await.ok();
        assert_eq!(state().await["state"], "OUTDATED");
        assert_eq!(worker.run(members, json!({})).await.ok().list("partyMembers.nodes").len(), 0, "unseen until she agrees anew");
        amy.mutate("giveConsent", json!({ "purpose": "PARTY_MEMBERSHIP", "version": 2 }), "state").await.ok();
        assert_eq!(worker.run(members, json!({})).await.ok().list("partyMembers.nodes").len(), 1);
        amy.mutate("withdrawConsent", json!({ "purpose": "PARTY_MEMBERSHIP" }), "state").await.ok();
        assert_eq!(state().await["state"], "NONE");
        assert_eq!(worker.run(members, json!({})).await.ok().list("partyMembers.nodes").len(), 0);
        assert_eq!(admin.run(checked_in, json!({ "id": unit })).await.ok().list("memberCheckIns.nodes").len(), 0, "her check-in too");
    }

    async fn check_ins_that_were_written_in_clear_are_sealed_at_the_start(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("张小红").await);
        let unit = app.unit(&admin, "水泵厂").await;
        let check_in = admin.mutate("checkInUnit", json!({ "unitId": unit, "services": "" }), "id").await.ok().text("checkInUnit.id");
        let statement = "INSERT INTO member_check_in_clear (id, community_id, unit_check_in_id, unit_id, volunteer_id, region_id, consented_at) \
                         VALUES ($1, $2, $3, $4, $5, $6, 7000000)";
        let (check_in, unit_id): (UnitCheckInId, UnitId) = (check_in.parse().expect("an id"), unit.parse().expect("an id"));
        let id = entity::id::MemberCheckInId::new(app.now());
        let values = [id.into(), app.community.id.into(), check_in.into(), unit_id.into(), amy.volunteer().into(), app.community.below[1].into()];
        app.app.db.writer().execute_raw(sql(app.app.db.writer(), statement, values)).await.expect("written");
        assert_eq!(reseal::seal_clear(&app.app.db, &app.app.keys).await.map_err(|error| error.code), Ok(1));
        assert_eq!(reseal::seal_clear(&app.app.db, &app.app.keys).await.map_err(|error| error.code), Ok(0));
        let own = amy.run("{ myMemberCheckIn { id unit { id } region { id } consentedAt } }", json!({})).await.ok();
        let region = app.community.below[1].to_string();
        let expected = json!({ "id": id.to_string(), "unit": { "id": unit }, "region": { "id": region }, "consentedAt": "1970-01-01T00:00:07+00:00" });
        assert_eq!(own.data("myMemberCheckIn"), &expected);
        assert_eq!(dump(&app).await.iter().filter(|cell| cell.table == "member_check_in_clear").count(), 0);
    }

    async fn every_sealed_column_is_in_the_list(app: TestApp) {
        let listed: BTreeSet<(String, String)> = FIELDS
            .iter()
            .flat_map(|field| [Some(field.column), field.index.map(|index| index.column)].into_iter().flatten().map(|column| (field.table.to_owned(), column.to_owned())))
            .chain(OTHERS.iter().map(|(table, column, _)| ((*table).to_owned(), (*column).to_owned())))
            .collect();
        let sounds = |column: &str| column == "sealed" || column.ends_with("_sealed") || column.ends_with("_index");
        let there: BTreeSet<(String, String)> = columns_where(&app, "TRUE").await.into_iter().filter(|(_, column)| sounds(column)).collect();
        assert_eq!(listed, there);
    }

    async fn the_secret_is_changed_while_servers_run(app: TestApp) {
        let mut app = app;
        let Known { amy, worker, admin, unit } = fill(&app).await;
        let before = Keys::derive(&SECRET);
        assert_eq!(secret::check(&app.app.db, &before).await.map_err(|error| error.code), Ok(None));
        let (old, new) = (master(1, SECRET[0]), master(2, 8));
        let both = Keys::of(&new, std::slice::from_ref(&old));
        assert_eq!(secret::check(&app.app.db, &both).await.map_err(|error| error.code), Ok(None));
        let token = amy.token().await.expect("a token");
        app.turn_keys(both.clone());

        // Between the change and the resealing everything is found under the old secret, and a number or phone is not taken twice.
        let seen = async |app: &TestApp, amy: &Actor| {
            let own = amy.at(app.address).run("{ me { phone } myIdentityNumber myHealthNote myPartyMembership { state } myPartyMemberUnmaskings { nodes { reason } } myMemberCheckIn { unit { id } } }", json!({})).await.ok();
            let expected = json!({
                "me": { "phone": format!("138****{}", &amy.phone[7..]) }, "myIdentityNumber": "1101**********002X", "myHealthNote": NOTE,
                "myPartyMembership": { "state": "CONFIRMED" }, "myPartyMemberUnmaskings": { "nodes": [{ "reason": LOOK }] }, "myMemberCheckIn": { "unit": { "id": unit } },
            });
            assert_eq!(own.body["data"], expected);
        };
        seen(&app, &amy.showing(&token)).await;
        log_in(&app, &amy.phone).await.ok();
        app.advance_minutes(2);
        let code = registered::code(&app, &amy.phone).await;
        let again = json!({ "phone": amy.phone, "phoneCode": code, "password": PASSWORD, "regionCode": support::seed::CODE, "device": "x" });
        assert_eq!(send(&Actor::stranger(&app), "register", "RegisterInput", "{ accessToken }", again).await.code(), "PHONE_TAKEN");
        let twin = elder(&app, "张小兰").await;
        consent_to(&twin, "IDENTITY_DOCUMENT").await;
        assert_eq!(set_identity(&twin, IDENTITY).await.code(), "IDENTITY_TAKEN");
        let declare = json!({ "memberClass": "DIRECT", "consentVersion": 1 });
        assert_eq!(amy.at(app.address).mutate("declarePartyMembership", declare, "id").await.code(), "ALREADY_DECLARED");
        let ours = json!({ "unitId": unit, "consent": true });
        assert_eq!(amy.at(app.address).mutate("checkInMember", ours, "id").await.code(), "ALREADY_CHECKED_IN");
        let left = reseal::left(app.app.db.writer(), &both).await.map_err(|error| error.code).expect("counted");
        assert!(left.len() == 1 && left[0].0 == 1 && left[0].1 > 5, "{left:?}");

        // One column at a time, with whatever happens meanwhile; twice changes nothing.
        let report = reseal::run(&app.app).await.map_err(|error| error.code).expect("resealed");
        assert!(report.is_done() && report.done >= left[0].1 && report.retired == [1], "{report:?}");
        assert_eq!(reseal::run(&app.app).await.map(|report| (report.done, report.is_done())).map_err(|error| error.code), Ok((0, true)));
        let mut counted = 0;
        for field in FIELDS {
            let counts = sealed::count(app.app.db.writer(), field).await.map_err(|error| error.code).expect("counted");
            assert!(counts.keys().all(|number| *number == 2), "{}.{}: {counts:?}", field.table, field.column);
            counted += usize::from(!counts.is_empty());
        }
        assert!(counted >= 7, "only {counted} fields hold something");

        // The old secret is dropped.
        let after = Keys::of(&new, &[]);
        assert_eq!(secret::check(&app.app.db, &after).await.map_err(|error| error.code), Ok(None));
        app.turn_keys(after);
        assert_eq!(amy.showing(&token).at(app.address).run("{ me { phone } }", json!({})).await.code(), "TOKEN_INVALID", "an old token is believed no more");
        let token = log_in(&app, &amy.phone).await.ok().text("logIn.accessToken");
        seen(&app, &amy.showing(&token)).await;
        assert_eq!(set_identity(&elder(&app, "张小梅").await, IDENTITY).await.code(), "CONSENT_NOT_GIVEN");
        let third = elder(&app, "张小梅").await;
        consent_to(&third, "IDENTITY_DOCUMENT").await;
        assert_eq!(set_identity(&third, IDENTITY).await.code(), "IDENTITY_TAKEN", "the hash was made anew too");
        let fresh = |who: &Actor| Actor::of(&app, "staff", who.account(), Some(who.volunteer()));
        assert_eq!(fresh(&worker).run("{ partyMembers(first: 5) { nodes { name } } }", json!({})).await.ok().text("partyMembers.nodes.0.name"), "张**");
        let shown = fresh(&admin).mutate("unmaskVolunteers", json!({ "ids": [amy.volunteer_id], "reason": "核对" }), "phone").await.ok();
        assert_eq!(shown.text("unmaskVolunteers.0.phone"), amy.phone);
    }

    async fn a_pickup_code_is_shown_under_the_secret_it_was_made_with(app: TestApp) {
        let mut app = app;
        let made = support::stage::people(&app, 1, &[Role::Resident, Role::Volunteer]).await;
        let desk = app.desk().await;
        support::stage::give_points(&app, &made, 500).await;
        let amy = support::stage::speaking(&app, &made[0]);
        let reward = support::stage::reward(&app, 10, 5, None, None).await;
        let input = json!({ "rewardId": reward.id.to_string(), "cost": 10, "idempotencyKey": "secret-1" });
        let code = amy.mutate("redeemReward", input, "pickupCode").await.ok().text("redeemReward.pickupCode");
        let shown = async |app: &TestApp| {
            let own = amy.at(app.address).run("{ myRedemptions(first: 1) { edges { node { pickupCode } } } }", json!({})).await.ok();
            own.text("myRedemptions.edges.0.node.pickupCode")
        };
        app.turn_keys(Keys::of(&master(2, 8), &[master(1, SECRET[0])]));
        assert_eq!(shown(&app).await, code, "the change of the secret changes no code");
        assert_eq!(reseal::left(app.app.db.writer(), &app.app.keys).await.map_err(|error| error.code), Ok(vec![(1, 1), (0, 1)]), "and the telephone of who hands it out");
        assert_eq!(reseal::run(&app.app).await.map(|report| report.done).map_err(|error| error.code), Ok(2));
        let renewed = shown(&app).await;
        assert_ne!(renewed, code);
        let fetch = json!({ "pickupCode": renewed, "idempotencyKey": "secret-2" });
        desk.at(app.address).mutate("fulfilRedemption", fetch, "state").await.ok();
    }

    async fn a_secret_that_does_not_fit_is_refused_at_the_start(app: TestApp) {
        registered::resident(&app, &registered::phone()).await;
        let right = Keys::derive(&SECRET);
        let compare = async |keys: &Keys| secret::compare(app.app.db.writer(), keys).await.map_err(|error| error.code).expect("compared");
        assert_eq!(compare(&Keys::derive(&[9; 32])).await, Some(Misfit::Another(1)), "before the first start, by trying");
        assert_eq!(secret::check(&app.app.db, &right).await.map_err(|error| error.code), Ok(None));
        assert_eq!(compare(&right).await, None);
        assert_eq!(compare(&Keys::derive(&[9; 32])).await, Some(Misfit::Another(1)));
        assert_eq!(compare(&Keys::of(&master(2, 9), &[])).await, Some(Misfit::Missing(1)));
        assert_eq!(compare(&Keys::of(&master(2, 9), &[master(1, 9)])).await, Some(Misfit::Another(1)));
        let (right, wrong) = (hex::encode(SECRET), "0f".repeat(32));
        for (settings, why) in [
            (vec![("QICAI_SECRET", wrong.clone())], "its secret number 1 is another"),
            (vec![("QICAI_SECRET", format!("2:{wrong}"))], "QICAI_OLD_SECRETS"),
            (vec![("QICAI_SECRET", format!("2:{wrong}")), ("QICAI_OLD_SECRETS", format!("2:{right}"))], "two secrets have the number 2"),
            (vec![("QICAI_SECRET", "many words".to_owned())], "QICAI_SECRET must be 64 hexadecimal digits"),
        ] {
            let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let (well, told) = process::refused_with(&app.database_url, &settings);
            assert!(!well && told.contains(why), "{told}");
        }
    }
}

#[test]
fn forms_are_found_in_bytes() {
    let cell = |bytes: &[u8]| Cell { table: "t".to_owned(), column: "c".to_owned(), row: 0, bytes: bytes.to_vec() };
    let phone = b"13800001111";
    let hidden = [phone.to_vec(), format!("{{\"p\":\"{}\"}}", hex::encode(phone)).into_bytes(), STANDARD_NO_PAD.encode(phone).into_bytes()];
    let cells: Vec<Cell> = hidden.iter().map(|bytes| cell(bytes)).collect();
    assert_eq!(found(&cells, phone).len(), 3);
    assert!(found(&[cell(b"{}")], phone).is_empty());
}
