//! What is delivered, and what keeps the program going.

use super::Export::{Nothing, Rows};
use super::Leave::{Erase, Keep};
use super::Table;

pub(super) const TABLES: &[Table] = &[
    // Messages to others that quote a need or name a nominee go as well, in code: their keys name the match, listing, task or round by its outside id.
    Table {
        name: "notification",
        title: "站内信",
        export: Rows("account_id = :account", "id:ntf kind params created_at:t read_at:t"),
        leaving: &[Erase("account_id = :account")],
    },
    Table {
        name: "outbox",
        title: "待送达事件",
        export: Nothing("facts on their way to leaderboard and messages, for a moment"),
        leaving: &[Keep("facts on their way, without which totals would be wrong; no message is written to a closed account")],
    },
    Table {
        name: "change",
        title: "实时变更",
        export: Nothing("what was told live, for a day; the rows it is about are given"),
        leaving: &[Keep("changes of the own channel, and those that carry a message that goes, go in code")],
    },
    // A line holds ids, and no text about a person: the community's record, kept for the time of the law (网络安全法 art. 21).
    Table {
        name: "audit_line",
        title: "审计日志",
        export: Rows("account_id = :account OR helper_id = :account", "id:aud operation begun_at:t"),
        leaving: &[Keep("acts of office and sign-ins by ids, for the time of the law")],
    },
    Table {
        name: "audit_outcome",
        title: "审计结果",
        export: Rows("line_id IN (SELECT id FROM audit_line WHERE account_id = :account OR helper_id = :account)", "line_id:aud result ended_at:t"),
        leaving: &[Keep("how an act ended, by the id of its line")],
    },
    Table::of_nobody("audit_link", "审计链"),
    Table::of_nobody("audit_checkpoint", "审计链起点"),
    Table::of_nobody("audit_policy", "审计保存期限"),
    Table::of_nobody("sealing_secret", "密钥编号"),
    Table::of_nobody("change_due", "待发变更"),
    Table::of_nobody("lease", "租约"),
    Table::of_nobody("token_key", "令牌密钥编号"),
    Table::of_nobody("wechat_token", "微信接口令牌"),
    Table::of_nobody("wechat_page_code", "小程序码"),
    Table {
        name: "account_deletion",
        title: "注销记录",
        export: Nothing("there is none before the account is gone"),
        leaving: &[Keep("when an account was deleted, under an id that leads to nobody")],
    },
];
