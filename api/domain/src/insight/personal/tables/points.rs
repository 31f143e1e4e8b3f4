//! The ledger, the store and the proof.

use super::Export::{Nothing, Rows};
use super::Leave::{Blank, Erase, Keep};
use super::{IDS, Table};

pub(super) const TABLES: &[Table] = &[
    Table::of_nobody("points_policy", "积分规则"),
    Table {
        name: "wallet",
        title: "积分账户",
        export: Rows("id = :wallet", "credits:i debits:i debt:i state"),
        leaving: &[Keep("the ledger adds up to nothing only as a whole")],
    },
    Table {
        name: "operation",
        title: "积分业务",
        export: Rows(
            "id IN (SELECT operation_id FROM entry WHERE wallet_id = :wallet)",
            "id:i kind reason policy_version:i business_date:d created_at:t",
        ),
        leaving: &[Keep("append-only and proved; reasons that are sealed give way to their hashes in code")],
    },
    Table {
        name: "entry",
        title: "积分明细",
        export: Rows(
            "wallet_id = :wallet",
            "id:i operation_id:i delta:i balance_after:i debt_change:i debt_after:i lapsed:i contra expires_on:d created_at:t",
        ),
        leaving: &[Keep(IDS)],
    },
    Table { name: "bucket", title: "积分有效期", export: Rows("wallet_id = :wallet", "expires_on:d earned:i expired:i"), leaving: &[Keep(IDS)] },
    Table {
        name: "award",
        title: "积分来源说明",
        export: Rows(
            "volunteer_id = :volunteer",
            "record_id:rec business_date:d minutes:i points_per_hour:i type_bps:i calendar_bps:i calendar_rule evidence_bps:i uncapped_points:i points:i \
             cap policy_version:i expires_on:d reversed_at:t",
        ),
        leaving: &[Keep(IDS)],
    },
    Table {
        name: "adjustment",
        title: "积分调整",
        export: Rows("volunteer_id = :volunteer", "id:adj delta:i reason state decision_reason created_at:t decided_at:t"),
        leaving: &[Blank("volunteer_id = :volunteer", &[("reason", "''"), ("decision_reason", "")])],
    },
    Table::of_nobody("reward", "奖品"),
    Table {
        name: "reward_quota", title: "兑换限额", export: Rows("wallet_id = :wallet", "reward_id:rwd period:i taken:i"), leaving: &[Keep(IDS)]
    },
    Table {
        name: "redemption",
        title: "兑换",
        export: Rows("wallet_id = :wallet", "id:rdm reward_id:rwd quantity:i cost:i state created_at:t expires_at:t closed_at:t close_reason"),
        leaving: &[Blank("wallet_id = :wallet", &[("close_reason", "")])],
    },
    Table::of_nobody("proof_key", "存证公钥"),
    Table::of_nobody("proof_block", "存证区块"),
    Table { name: "proof_leaf", title: "存证叶子", export: Nothing("hashes; a passbook gives the proof of each line"), leaving: &[Keep(IDS)] },
    Table {
        name: "idempotency",
        title: "防重复提交键",
        export: Rows("account_id = :account", "mutation created_at:t"),
        leaving: &[Erase("account_id = :account")],
    },
];
