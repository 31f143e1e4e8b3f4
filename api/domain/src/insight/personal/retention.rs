//! Retention (保存期限): what is no longer needed goes, a batch at a time, by the periods of each community ([`super::policy`]).
//!
//! | what | from when | what goes |
//! | --- | --- | --- |
//! | sign-ins | ended or run out | the row with its refresh tokens |
//! | messages | written | the row, with what was to be sent of it through WeChat |
//! | idempotency keys | used | the row: a tap is not sent again after so long |
//! | contacts of listings | closed, withdrawn or fulfilled, or the end of the validity of an expired one | the sealed contact |
//! | looks at contacts | looked | the word why; who looked when stays |
//! | corrections | decided or withdrawn | what was wanted and why |
//! | dismissed pairs | their last day | the row with its reason |
//! | WeChat checks | decided | the row |
//!
//! Wrong guesses, one-time codes, codes of WeChat, changes told live and delivered events go by their own nouns, within a day.
//!
//! Invariant: what is under way is not touched; minutes, records and the ledger are not touched at all.

use entity::id::CommunityId;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect, Value};

use super::policy::{self, Terms};
use crate::db::sql;
use crate::error::Result;
use crate::tx::Tx;

/// Rows of one statement.
const BATCH: i64 = 500;

/// A rule: which rows of a community are over, and what goes of them. `$1` is the community, `$2` the moment before which they are over, `$3` the batch.
struct Rule {
    days: fn(&Terms) -> i32,
    statements: &'static [&'static str],
}

/// Sign-ins that ended.
const ENDED: &str = "SELECT s.id FROM login_session s JOIN account a ON a.id = s.account_id WHERE a.community_id = $1 \
                     AND (s.expires_at < $2 OR s.revoked_at < $2) ORDER BY s.id LIMIT $3";

const RULES: &[Rule] = &[
    Rule {
        days: |terms| terms.sign_in_days,
        // Tokens first, which hang on them; both statements find the same rows.
        statements: &["DELETE FROM refresh_token WHERE login_session_id IN ({ENDED})", "DELETE FROM login_session WHERE id IN ({ENDED})"],
    },
    Rule {
        days: |terms| terms.message_days,
        statements: &[
            "DELETE FROM wechat_message WHERE id IN (SELECT m.id FROM wechat_message m JOIN wechat_identity i ON i.id = m.identity_id \
             JOIN account a ON a.id = i.account_id WHERE a.community_id = $1 AND m.happened_at < $2 AND m.state <> 'PENDING' LIMIT $3)",
            "DELETE FROM notification WHERE id IN (SELECT n.id FROM notification n JOIN account a ON a.id = n.account_id WHERE a.community_id = $1 \
             AND n.created_at < $2 ORDER BY n.created_at LIMIT $3)",
        ],
    },
    Rule {
        days: |terms| terms.key_days,
        statements: &["DELETE FROM idempotency WHERE (account_id, idem_key) IN (SELECT k.account_id, k.idem_key FROM idempotency k \
                       JOIN account a ON a.id = k.account_id WHERE a.community_id = $1 AND k.created_at < $2 ORDER BY k.created_at LIMIT $3)"],
    },
    Rule {
        days: |terms| terms.contact_days,
        statements: &["UPDATE listing SET contact_sealed = NULL WHERE id IN (SELECT l.id FROM listing l WHERE l.community_id = $1 \
                       AND l.contact_sealed IS NOT NULL AND ((l.state = 'EXPIRED' AND l.valid_until < $2) \
                       OR (l.state IN ('CLOSED', 'WITHDRAWN', 'FULFILLED') AND (SELECT MAX(s.happened_at) FROM listing_step s \
                       WHERE s.listing_id = l.id AND s.kind IN ('CLOSED', 'WITHDRAWN', 'RESOLVED')) < $2)) \
                       AND NOT EXISTS (SELECT 1 FROM reservation v WHERE v.listing_id = l.id AND v.state = 'HELD') LIMIT $3)"],
    },
    Rule {
        days: |terms| terms.look_days,
        statements: &["UPDATE contact_look SET reason = '' WHERE id IN (SELECT id FROM contact_look WHERE community_id = $1 AND reason <> '' \
                       AND looked_at < $2 LIMIT $3)"],
    },
    Rule {
        days: |terms| terms.request_days,
        statements: &[
            "UPDATE correction SET request_sealed = NULL WHERE id IN (SELECT id FROM correction WHERE community_id = $1 AND state <> 'OPEN' \
             AND request_sealed IS NOT NULL AND decided_at < $2 LIMIT $3)",
            "DELETE FROM wechat_check WHERE id IN (SELECT c.id FROM wechat_check c JOIN account a ON a.id = c.account_id \
             WHERE a.community_id = $1 AND c.decided_at < $2 LIMIT $3)",
        ],
    },
];

/// Due work: takes away what is over; gives how much.
///
/// # Errors
/// When the database refuses.
pub async fn run(tx: &Tx) -> Result<u64> {
    let communities: Vec<CommunityId> =
        entity::community::Entity::find().select_only().column(entity::community::Column::Id).into_tuple().all(&tx.connection).await?;
    let mut done = dismissals(tx).await?;
    for community_id in communities {
        let terms = policy::in_force(&tx.connection, community_id, tx.today()).await?;
        for rule in RULES {
            let before = tx.now.plus(-i64::from((rule.days)(&terms)) * UtcMicros::DAY);
            for statement in rule.statements {
                let values: [Value; 3] = [community_id.into(), before.0.into(), BATCH.into()];
                let text = statement.replace("{ENDED}", ENDED);
                done += tx.connection.execute_raw(sql(&tx.connection, &text, values)).await?.rows_affected();
            }
        }
    }
    Ok(done)
}

/// Pairs that may be proposed again.
async fn dismissals(tx: &Tx) -> Result<u64> {
    let text = "DELETE FROM match_dismissal WHERE id IN (SELECT id FROM match_dismissal WHERE until < $1 LIMIT $2)";
    let today: BusinessDate = tx.today();
    Ok(tx.connection.execute_raw(sql(&tx.connection, text, [today.into(), BATCH.into()])).await?.rows_affected())
}
