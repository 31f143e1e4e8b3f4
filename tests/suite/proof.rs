//! Proof: what was sealed, checked as an outside program would, and every way to spoil it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::app::App;
use domain::insight::verify;
use domain::people::permission::Actor as Member;
use domain::points::award::{self, Service};
use domain::points::proof::LEAVES_MAX;
use domain::points::proof::seal::{Sealer, WAIT};
use domain::relay::Relay;
use ed25519_dalek::{Signature, VerifyingKey};
use entity::id::ServiceRecordId;
use entity::service_record::RecordSource;
use entity::{operation, proof_block, proof_leaf};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Actor, Backend, TestApp, both, stage};

const PASSBOOK: &str = "{ myPoints { passbook(first: 100) { edges { node { id number kind delta balanceAfter operationId reverses causeId createdAt \
                        proof { leaf leafIndex path block { communityId number previousHash root size sealedAt keyId signature header hash } } } } } } }";
const CHAIN: &str = "query($community: ID!, $after: String) { proofKeys { kid kty crv alg use x } proofBlocks(communityId: $community, first: 2, after: $after) \
                     { pageInfo { hasNextPage endCursor } edges { node { number previousHash root size hash header keyId signature } } } }";

/// One award of 10 points an hour, not yet committed.
async fn award(tx: &domain::tx::Tx, app: &TestApp, who: &Member, points: i64) -> ServiceRecordId {
    let record_id = ServiceRecordId::new(tx.now);
    let volunteer_id = who.volunteer.expect("a volunteer").id;
    let (community_id, minutes, source) = (app.community.id, points * 6, RecordSource::Scan);
    let service = Service { record_id, community_id, volunteer_id, business_date: tx.today(), minutes, type_bps: 10_000, source };
    award::award(tx, None, &[service]).await.map_err(|error| error.code).expect("an award");
    record_id
}

async fn seal(app: &App) -> usize {
    app.sealer.pass(&app.db).await.map_err(|error| format!("{error:?}")).expect("a pass")
}

/// Lets what waits become due, and seals it.
async fn seal_all(app: &TestApp) -> usize {
    app.advance_minutes(1);
    let mut all = 0;
    loop {
        match seal(&app.app).await {
            0 => return all,
            sealed => all += sealed,
        }
    }
}

async fn lines(who: &Actor) -> Vec<Value> {
    let answer = who.run(PASSBOOK, json!({})).await.ok();
    answer.list("myPoints.passbook.edges").iter().map(|edge| edge["node"].clone()).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(value, name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn hashed(parts: &[&[u8]]) -> Vec<u8> {
    Sha256::digest(parts.concat()).to_vec()
}

/// Checks a proof as an outside program does: the path by RFC 6962 alone, the header from the block's own values, the signature by the key of its name.
fn check(proof: &Value, keys: &[Value]) -> Result<(), &'static str> {
    let block = &proof["block"];
    let mut hash = hashed(&[&[0], text(proof, "leaf").as_bytes()]);
    let mut path = proof["path"].as_array().expect("a path").iter().map(|hash| hex::decode(hash.as_str().expect("a hash")).expect("hexadecimal"));
    let (mut at, mut last) = (proof["leafIndex"].as_u64().expect("a place"), block["size"].as_u64().expect("a size") - 1);
    while last > 0 {
        if at % 2 == 1 {
            hash = hashed(&[&[1], &path.next().ok_or("the path is too short")?, &hash]);
        } else if at < last {
            hash = hashed(&[&[1], &hash, &path.next().ok_or("the path is too short")?]);
        }
        (at, last) = (at / 2, last / 2);
    }
    if path.next().is_some() || hash != bytes(block, "root") {
        return Err("the leaf does not lead to the root");
    }
    let sealed_at: chrono::DateTime<chrono::Utc> = text(block, "sealedAt").parse().expect("a time");
    let header = format!(
        r#"{{"community":"{}","format":"qicai.block.1","keyId":"{}","number":{},"previousHash":"{}","root":"{}","sealedAt":{},"size":{}}}"#,
        text(block, "communityId"),
        text(block, "keyId"),
        block["number"],
        text(block, "previousHash"),
        text(block, "root"),
        sealed_at.timestamp_micros(),
        block["size"]
    );
    if header != text(block, "header") || hashed(&[header.as_bytes()]) != bytes(block, "hash") {
        return Err("the header is not that of the block");
    }
    let key = keys.iter().find(|key| key["kid"] == block["keyId"]).ok_or("nobody knows the key")?;
    let public = URL_SAFE_NO_PAD.decode(text(key, "x")).expect("base64url");
    let signature = Signature::from_slice(&STANDARD.decode(text(block, "signature")).expect("base64")).map_err(|_| "no signature")?;
    let key = VerifyingKey::from_bytes(&public.try_into().expect("32 bytes")).map_err(|_| "no key")?;
    key.verify_strict(header.as_bytes(), &signature).map_err(|_| "the signature does not fit")
}

/// The chain as a stranger sees it, oldest first, and the keys; insists that each block names the one before it.
async fn chain(app: &TestApp) -> (Vec<Value>, Vec<Value>) {
    let stranger = Actor::stranger(app);
    let (mut blocks, mut after) = (Vec::new(), Value::Null);
    let keys = loop {
        let answer = stranger.run(CHAIN, json!({ "community": app.community.id.to_string(), "after": after })).await.ok();
        blocks.extend(answer.list("proofBlocks.edges").iter().map(|edge| edge["node"].clone()));
        after = answer.data("proofBlocks.pageInfo.endCursor").clone();
        if answer.data("proofBlocks.pageInfo.hasNextPage") == &json!(false) {
            break answer.list("proofKeys").to_vec();
        }
    };
    blocks.reverse();
    let mut previous = "0".repeat(64);
    for (number, block) in (1..).zip(&blocks) {
        assert_eq!((block["number"].as_i64(), text(block, "previousHash")), (Some(number), previous.as_str()), "{block}");
        previous = hex::encode(hashed(&[text(block, "header").as_bytes()]));
        assert_eq!(text(block, "hash"), previous);
    }
    (blocks, keys)
}

/// What `verify` finds wrong once the relay has caught up.
async fn faults(app: &TestApp) -> Vec<(&'static str, Vec<String>)> {
    let relay = Relay::new().map_err(|error| error.code).expect("a relay");
    relay.drain(&app.app).await.map_err(|error| format!("{error:?}")).expect("events are delivered");
    let report = verify::run(&app.app).await.map_err(|error| format!("{error:?}")).expect("verified");
    let wrong = report.checks.into_iter().filter(|check| check.differences > 0);
    wrong.map(|check| (check.rule, check.first.into_iter().map(|difference| difference.subject).collect())).collect()
}

async fn no_fault(app: &TestApp, after: &str) {
    let found = faults(app).await;
    assert!(found.is_empty(), "after {after}: {found:?}");
}

/// Takes the guard of an append-only table away, as somebody with the database's password can.
async fn unguard(app: &TestApp, table: &str) {
    let statements = match app.backend {
        Backend::Sqlite => vec![format!("DROP TRIGGER {table}_no_UPDATE"), format!("DROP TRIGGER {table}_no_DELETE")],
        Backend::Postgres => vec![format!("DROP TRIGGER {table}_append_only ON {table}")],
    };
    for statement in statements {
        app.app.db.writer().execute_unprepared(&statement).await.expect("the guard is gone");
    }
}

async fn behind_the_back(app: &TestApp, statement: &str) {
    let done = app.app.db.writer().execute_unprepared(statement).await.expect("written");
    assert_eq!(done.rows_affected(), 1, "{statement}");
}

/// Insists that every operation is sealed once, in blocks of the size they say, and that nothing differs.
async fn sealed_whole(app: &TestApp) {
    let db = app.app.db.reader();
    let operations = operation::Entity::find().count(db).await.expect("read");
    let leaves = proof_leaf::Entity::find().all(db).await.expect("read");
    assert_eq!(u64::try_from(leaves.len()).expect("a count"), operations);
    let mut sizes: BTreeMap<i64, i32> = BTreeMap::new();
    for leaf in &leaves {
        *sizes.entry(leaf.block_id.0).or_default() += 1;
    }
    let blocks = proof_block::Entity::find().order_by_asc(proof_block::Column::Number).all(db).await.expect("read");
    assert_eq!(blocks.iter().map(|block| block.number).collect::<Vec<_>>(), (1..=i64::try_from(blocks.len()).expect("a count")).collect::<Vec<_>>());
    assert!(blocks.iter().all(|block| sizes[&block.id.0] == block.size && block.size <= i32::try_from(LEAVES_MAX).expect("small")));
    no_fault(app, "sealing").await;
}

/// An operation written by hand with an id of choice; it moves nothing.
async fn bare_operation(app: &TestApp, id: i64) {
    let db = app.app.db.writer();
    let statement = "INSERT INTO operation (id, community_id, idem_key, request_hash, kind, cause_id, business_date, created_at) \
                     VALUES ($1, $2, $3, $4, 'EXPIRE', $5, 20260302, $6)";
    let cause = ServiceRecordId::new(app.now());
    let values = [id.into(), app.community.id.into(), format!("bare:{id}").into(), vec![0_u8; 32].into(), cause.into(), app.now().into()];
    db.execute_raw(domain::db::sql(db, statement, values)).await.expect("written");
}

both! {
    async fn what_a_member_earns_spends_and_loses_is_proved(app: TestApp) {
        let member = stage::people(&app, 1, stage::MEMBER).await.remove(0);
        let amy = stage::speaking(&app, &member);
        let tx = app.tx().await;
        award(&tx, &app, &member, 100).await;
        let wrong = award(&tx, &app, &member, 7).await;
        award::reverse(&tx, member.account_id, wrong, "系他人代签").await.expect("reversed");
        tx.commit().await.expect("committed");
        let rice = stage::reward(&app, 60, 5, None, None).await.id.to_string();
        let redeem = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id } }";
        let id = amy.run(redeem, json!({ "input": { "rewardId": rice, "cost": 60, "idempotencyKey": "one-tap" } })).await.ok().text("redeemReward.id");
        app.deliver().await;
        assert!(lines(&amy).await.iter().all(|line| line["proof"].is_null()), "not sealed yet");
        app.advance_minutes(1);
        app.deliver().await;
        let first = lines(&amy).await;
        let cancel = "mutation($id: ID!) { cancelRedemption(input: { id: $id, idempotencyKey: \"c\" }) { id } }";
        amy.run(cancel, json!({ "id": id })).await.ok();
        app.advance_minutes(1);
        app.deliver().await;

        let (blocks, keys) = chain(&app).await;
        assert_eq!(blocks.iter().map(|block| block["size"].clone()).collect::<Vec<_>>(), [json!(4), json!(1)]);
        let passbook = lines(&amy).await;
        assert_eq!(passbook[1..], first, "a proof never changes");
        let kinds: Vec<&str> = passbook.iter().map(|line| text(line, "kind")).collect();
        assert_eq!(kinds, ["REFUND", "REDEEM", "REVERSE_AWARD", "AWARD", "AWARD"]);
        for line in &passbook {
            let proof = &line["proof"];
            assert_eq!(check(proof, &keys), Ok(()), "{line}");
            assert!(blocks.iter().any(|block| block["hash"] == proof["block"]["hash"]), "everybody sees the block");
            let leaf: Value = serde_json::from_str(text(proof, "leaf")).expect("JSON");
            let entry = &leaf["entries"][0];
            for (sealed, shown) in [(&leaf["id"], "operationId"), (&leaf["kind"], "kind"), (&leaf["cause"], "causeId"), (&leaf["reverses"], "reverses"),
                (&entry["id"], "id"), (&entry["walletVersion"], "number"), (&entry["delta"], "delta"), (&entry["balanceAfter"], "balanceAfter")] {
                assert_eq!(sealed, &line[shown], "{shown}");
            }
            assert!(!text(proof, "leaf").contains("系他人代签") && !text(proof, "leaf").contains("one-tap"), "texts are hashes");
            let mut forged = proof.clone();
            forged["leaf"] = json!(text(proof, "leaf").replace(&format!("\"delta\":{}", line["delta"]), "\"delta\":5000"));
            assert_eq!(check(&forged, &keys), Err("the leaf does not lead to the root"));
            let mut forged = proof.clone();
            forged["block"]["number"] = json!(9);
            assert!(check(&forged, &keys).is_err());
        }
        let nobody = json!({ "community": "com_0000000000000000000001" });
        assert_eq!(Actor::stranger(&app).run(CHAIN, nobody).await.code(), "NOT_FOUND");
        sealed_whole(&app).await;
    }

    async fn a_row_changed_behind_the_program_is_named_and_loses_its_proof(app: TestApp) {
        let members = stage::people(&app, 3, stage::MEMBER).await;
        for points in [10, 20] {
            stage::give_points(&app, &members, points).await;
            assert_eq!(seal_all(&app).await, 3);
        }
        sealed_whole(&app).await;
        let guarded = app.app.db.writer().execute_unprepared("UPDATE proof_block SET size = 1").await;
        assert!(guarded.is_err(), "the program itself cannot change a block");
        for table in ["operation", "entry", "proof_block", "proof_leaf"] {
            unguard(&app, table).await;
        }
        let leaves = "a sealed operation and its entries are what was sealed";
        let ben = stage::speaking(&app, &members[1]);
        let id: i64 = {
            let row = app.app.db.reader().query_one_raw(domain::db::sql(app.app.db.reader(),
                "SELECT operation_id FROM entry WHERE wallet_id = $1 AND wallet_version = 2", [members[1].volunteer.expect("a volunteer").wallet_id.into()]));
            row.await.expect("read").expect("an entry").try_get("", "operation_id").expect("an id")
        };
        // Nothing that adds up tells of these: the balance is as it was.
        for (change, back) in [
            ("UPDATE entry SET expires_on = 20991231 WHERE operation_id = ", "UPDATE entry SET expires_on = 20271231 WHERE operation_id = "),
            ("UPDATE operation SET reason = '补录' WHERE id = ", "UPDATE operation SET reason = NULL WHERE id = "),
            ("UPDATE operation SET created_at = created_at - 1 WHERE id = ", "UPDATE operation SET created_at = created_at + 1 WHERE id = "),
        ] {
            behind_the_back(&app, &format!("{change}{id}")).await;
            let found = faults(&app).await;
            let named = found.iter().find(|(rule, _)| *rule == leaves).unwrap_or_else(|| panic!("{change}: {found:?}"));
            assert!(named.1.len() == 1 && named.1[0].starts_with(&format!("operation {id} ")), "{change}: {named:?}");
            let (_, keys) = chain(&app).await;
            let verdicts: Vec<_> = lines(&ben).await.iter().map(|line| check(&line["proof"], &keys)).collect();
            assert_eq!(verdicts, [Err("the leaf does not lead to the root"), Ok(())], "{change}");
            behind_the_back(&app, &format!("{back}{id}")).await;
            no_fault(&app, back).await;
        }
        for (change, back, rule) in [
            ("UPDATE proof_block SET sealed_at = sealed_at + 1 WHERE number = 2", "UPDATE proof_block SET sealed_at = sealed_at - 1 WHERE number = 2",
                "a block is signed with a key that is kept"),
            ("UPDATE proof_block SET number = 5 WHERE number = 2", "UPDATE proof_block SET number = 2 WHERE number = 5",
                "a community's blocks are numbered without gaps, and each names the one before it"),
            ("UPDATE proof_leaf SET leaf_index = 7 WHERE leaf_index = 2 AND block_id = (SELECT MAX(id) FROM proof_block)",
                "UPDATE proof_leaf SET leaf_index = 2 WHERE leaf_index = 7", leaves),
        ] {
            behind_the_back(&app, change).await;
            let found = faults(&app).await;
            assert!(found.iter().any(|(broken, _)| *broken == rule), "{change}: {found:?}");
            behind_the_back(&app, back).await;
            no_fault(&app, back).await;
        }
        behind_the_back(&app, "DELETE FROM proof_leaf WHERE leaf_index = 2 AND block_id = (SELECT MIN(id) FROM proof_block)").await;
        assert_eq!(faults(&app).await.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(), ["the root of a block is that of its operations"]);
    }

    async fn sealers_at_once_make_no_fork(app: TestApp) {
        let members = stage::people(&app, 300, stage::MEMBER).await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(app.another_process(None).await);
        }
        stage::give_points(&app, &members, 10).await;
        assert_eq!(seal(&app.app).await, 300, "enough to fill a block does not wait");
        for round in 0..4 {
            stage::give_points(&app, &members, 10).await;
            app.advance_minutes(1);
            let passes = join_all(others.iter().chain([&app.app]).map(seal)).await;
            let rest = seal_all(&app).await;
            assert_eq!(passes.iter().sum::<usize>() + rest, 300, "round {round}: {passes:?}");
        }
        sealed_whole(&app).await;
        chain(&app).await;
    }

    async fn a_pass_cut_off_anywhere_loses_nothing(app: TestApp) {
        let members = stage::people(&app, 40, stage::MEMBER).await;
        let mut cut = 0;
        for micros in 0..60 {
            stage::give_points(&app, &members[..5], 1).await;
            app.advance_minutes(1);
            // A process that has just been started, and ends in the middle.
            let started = Sealer::new(&app.app.keys, WAIT);
            let whole = tokio::time::timeout(std::time::Duration::from_micros(micros * 100), started.pass(&app.app.db)).await;
            cut += i32::from(whole.is_err());
        }
        assert!(cut > 0, "some pass was cut off");
        seal_all(&app).await;
        sealed_whole(&app).await;
    }

    async fn an_operation_below_what_is_sealed_is_sealed_next(app: TestApp) {
        bare_operation(&app, 1_000).await;
        assert_eq!(seal_all(&app).await, 1);
        bare_operation(&app, 999).await;
        assert_eq!(seal_all(&app).await, 1, "at the very next pass");
        app.advance_minutes(11);
        assert_eq!(seal(&app.app).await, 0);
        bare_operation(&app, 500).await;
        app.advance_minutes(47);
        assert_eq!(seal(&app.app).await, 0, "far below the floor");
        app.advance_minutes(2);
        assert_eq!(seal(&app.app).await, 1, "everything is looked at once an hour");
        bare_operation(&app, 400).await;
        app.advance_minutes(1);
        assert_eq!(seal(&app.another_process(None).await).await, 1, "and by every process that starts");
        let (blocks, _) = chain(&app).await;
        assert_eq!(blocks.len(), 4);
    }
}

/// On SQLite there is one writer, so that ids stand in the order of commits.
#[test]
fn an_operation_that_commits_late_is_in_the_next_block() {
    support::run(Backend::Postgres, |app| async move {
        let members = stage::people(&app, 2, stage::MEMBER).await;
        let late = app.tx().await;
        award(&late, &app, &members[0], 10).await;
        stage::give_points(&app, &members[1..], 10).await;
        assert_eq!(seal_all(&app).await, 1, "nobody waits for who has not committed");
        late.commit().await.expect("committed");
        assert_eq!(seal(&app.app).await, 1);
        let leaves = proof_leaf::Entity::find().order_by_asc(proof_leaf::Column::OperationId).all(app.app.db.reader()).await.expect("read");
        assert!(leaves[0].block_id > leaves[1].block_id, "the lower id is in the later block: {leaves:?}");
        sealed_whole(&app).await;
    });
}
