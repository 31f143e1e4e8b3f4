//! Accounts and volunteers. The rows that the person is found by come last.

use super::Export::{Nothing, Rows};
use super::Leave::{Blank, Erase, Keep};
use super::{IDS, Table};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "wechat_message",
        title: "微信订阅消息",
        export: Rows(
            "identity_id IN (SELECT id FROM wechat_identity WHERE account_id = :account)",
            "id:wxm kind title body happened_at:t state settled_at:t",
        ),
        leaving: &[Erase("identity_id IN (SELECT id FROM wechat_identity WHERE account_id = :account)")],
    },
    Table {
        name: "wechat_credit",
        title: "微信订阅次数",
        export: Rows("identity_id IN (SELECT id FROM wechat_identity WHERE account_id = :account)", "kind credits:i"),
        leaving: &[Erase("identity_id IN (SELECT id FROM wechat_identity WHERE account_id = :account)")],
    },
    Table {
        name: "wechat_login",
        title: "微信登录凭证",
        export: Nothing("hashes of codes, for an hour"),
        leaving: &[Erase("identity_id IN (SELECT id FROM wechat_identity WHERE account_id = :account)")],
    },
    Table {
        name: "wechat_identity",
        title: "微信身份",
        export: Rows(
            "account_id = :account",
            "id:wxi app_id openid_sealed:seal=wechat_identity.openid unionid_sealed:seal=wechat_identity.unionid created_at:t seen_at:t",
        ),
        leaving: &[Erase("account_id = :account")],
    },
    Table {
        name: "wechat_check",
        title: "内容安全检测",
        export: Rows("account_id = :account", "id:wxc subject verdict created_at:t decided_at:t"),
        leaving: &[Erase("account_id = :account")],
    },
    Table {
        name: "acting_invitation",
        title: "代办邀请",
        export: Rows("principal_id = :account", "kind expires_at:t used_at:t"),
        leaving: &[Erase("principal_id = :account")],
    },
    Table {
        name: "acting_step",
        title: "代办记录",
        export: Rows("principal_id = :account OR helper_id = :account", "id:ats relation_id:atr operation happened_at:t"),
        leaving: &[Keep("which mutation was done by whom for whom, by ids")],
    },
    // The files go with the next sweep of the store.
    Table {
        name: "media",
        title: "图片",
        export: Rows("account_id = :account", "id:med kind bytes:i width:i height:i state reason created_at:t decided_at:t"),
        leaving: &[
            Blank("account_id = :account AND state <> 'DELETED'", &[("state", "'DELETED'"), ("purge_at", ":now"), ("check_at", "NULL")]),
            Blank("account_id = :account", &[("sha256", ":random"), ("reason", "NULL")]),
        ],
    },
    Table::of_nobody("consent_text", "同意书"),
    Table {
        name: "consent",
        title: "同意记录",
        export: Rows("account_id = :account", "id:cns purpose version:i given_by:acc given_at:t ended_at:t ending"),
        leaving: &[Blank(
            "(account_id = :account OR given_by = :account) AND ended_at IS NULL",
            &[("ended_at", ":now"), ("ended_by", ":account"), ("ending", "'WITHDRAWN'")],
        )],
    },
    Table {
        name: "unmasking",
        title: "查看姓名电话记录",
        export: Rows("volunteer_id = :volunteer OR account_id = :account", "id:unm volunteer_id:vol account_id:acc reason looked_at:t"),
        leaving: &[Blank("volunteer_id = :volunteer AND reason <> ''", &[("reason", "''")])],
    },
    Table {
        name: "volunteer_sensitive",
        title: "敏感信息",
        export: Rows(
            "volunteer_id = :volunteer",
            "volunteer_id:vol identity_sealed:seal=volunteer_sensitive.identity identity_set_at:t health_sealed:seal=volunteer_sensitive.health \
             health_set_at:t",
        ),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table {
        name: "acting_relation",
        title: "代办关系",
        export: Rows(
            "principal_id = :account OR helper_id = :account",
            "id:atr principal_id:acc helper_id:acc kind consent consent_note created_at:t ended_at:t",
        ),
        leaving: &[Blank("principal_id = :account OR helper_id = :account", &[("consent_note", "''")])],
    },
    Table {
        name: "kinship",
        title: "亲属回避关系",
        // Both sides are known by ids alone; who the other is, is theirs to tell.
        export: Rows("first_id = :account OR second_id = :account", "id:kin relation recorded_at:t ended_at:t"),
        leaving: &[Erase("first_id = :account OR second_id = :account")],
    },
    Table {
        name: "refresh_token",
        title: "续期令牌",
        export: Nothing("hashes of secrets"),
        leaving: &[Erase("login_session_id IN (SELECT id FROM login_session WHERE account_id = :account)")],
    },
    Table {
        name: "login_session",
        title: "登录设备",
        export: Rows("account_id = :account", "id:ses device client created_at:t last_used_at:t expires_at:t revoked_at:t revoked_reason"),
        leaving: &[Erase("account_id = :account")],
    },
    Table {
        name: "device_key",
        title: "离线签到设备",
        export: Rows("account_id = :account", "id:dev name created_at:t revoked_at:t"),
        // Its key gives way to random bytes in code, because no two may be alike.
        leaving: &[Blank("account_id = :account", &[("name", ":left")])],
    },
    Table {
        name: "second_factor",
        title: "第二因素",
        export: Rows("account_id = :account", "created_at:t confirmed_at:t"),
        leaving: &[Erase("account_id = :account")],
    },
    Table { name: "recovery_code", title: "恢复码", export: Nothing("hashes of secrets"), leaving: &[Erase("account_id = :account")] },
    Table {
        name: "guess",
        title: "错误尝试",
        export: Nothing("how often something wrong was tried in a row, for a day"),
        leaving: &[Erase("subject = :guessed_password OR subject = :guessed_factor")],
    },
    Table {
        name: "helper_change",
        title: "可服务情况变动",
        export: Nothing("that something which the person is given elsewhere changed, for half an hour"),
        leaving: &[Erase("helper_id = :volunteer")],
    },
    Table {
        name: "phone_code", title: "短信验证码", export: Nothing("hashes of codes, for an hour"), leaving: &[Erase("phone_index = :phone")]
    },
    Table {
        name: "volunteer_qualification",
        title: "资质",
        export: Rows("volunteer_id = :volunteer", "code verified_at:t valid_until:d"),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table {
        name: "team_member",
        title: "志愿队成员",
        export: Rows("volunteer_id = :volunteer", "team_id:team joined_at:t"),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table::of_nobody("team", "志愿队"),
    Table {
        name: "role_grant",
        title: "角色",
        export: Rows("account_id = :account", "id:grt role region_id:reg team_id:team unit_id:unit created_at:t starts_at:t ends_at:t ended_at:t"),
        leaving: &[Keep(IDS)],
    },
    Table::of_nobody("volunteer_number", "志愿者编号"),
    // A birth date that says nothing; the name is the mark by which others see that somebody has left.
    Table {
        name: "volunteer",
        title: "志愿者",
        export: Rows(
            "id = :volunteer",
            "id:vol number name birth_date:d region_id:reg publishes_name:b state state_reason minutes:i no_shows:i created_at:t",
        ),
        leaving: &[
            Blank("id = :volunteer AND name <> :left", &[("number", ":number")]),
            Blank(
                "id = :volunteer",
                &[
                    ("name", ":left"),
                    ("birth_date", "19000101"),
                    ("region_id", ":region"),
                    ("publishes_name", "FALSE"),
                    ("state", "'SUSPENDED'"),
                    ("state_reason", "NULL"),
                ],
            ),
        ],
    },
    Table {
        name: "account",
        title: "账号",
        export: Rows("id = :account", "id:acc phone_sealed:seal=account.phone phone_bound:b created_at:t"),
        leaving: &[
            Blank("id = :account AND closed_at IS NULL", &[("closed_at", ":now")]),
            Blank(
                "id = :account AND (phone_bound OR password_hash IS NOT NULL)",
                &[("phone_index", ":random"), ("phone_sealed", ":nothing"), ("phone_bound", "FALSE"), ("password_hash", "NULL")],
            ),
        ],
    },
];
