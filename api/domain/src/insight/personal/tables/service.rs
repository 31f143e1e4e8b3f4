//! Activities, sign-ups, presence and records.

use super::Export::{Nothing, Rows};
use super::Leave::{Blank, Keep};
use super::{IDS, Table};

pub(super) const TABLES: &[Table] = &[
    Table::of_nobody("activity", "志愿活动"),
    Table::of_nobody("activity_session", "活动场次"),
    Table {
        name: "sign_up",
        title: "报名",
        export: Rows("volunteer_id = :volunteer", "id:sup session_id:occ state queued_at:t offer_until:t withdraw_reason created_at:t"),
        leaving: &[Blank("volunteer_id = :volunteer", &[("withdraw_reason", "")])],
    },
    Table {
        name: "attendance",
        title: "签到签退",
        export: Rows("volunteer_id = :volunteer", "id:att session_id:occ checked_in_at:t in_method checked_out_at:t out_method"),
        leaving: &[Keep(IDS)],
    },
    Table {
        name: "offline_check_in",
        title: "离线签到",
        export: Rows("volunteer_id = :volunteer", "id:off session_id:occ phase device_at:t state received_at:t"),
        leaving: &[Keep(IDS)],
    },
    // What was done stays as the activity calls it; what people wrote, or a need was called, does not.
    Table {
        name: "service_record",
        title: "服务记录",
        export: Rows(
            "volunteer_id = :volunteer",
            "id:rec session_id:occ team_id:team region_id:reg colour service_type content business_date:d started_at:t ended_at:t minutes:i source \
             evidence state reason created_at:t certified_at:t revoked_at:t",
        ),
        leaving: &[
            Blank("volunteer_id = :volunteer", &[("reason", "")]),
            Blank("volunteer_id = :volunteer AND source IN ('BACKFILL', 'MATCH')", &[("content", "''")]),
            Blank("id IN (SELECT record_id FROM match_person WHERE match_id IN :matches)", &[("content", "''")]),
        ],
    },
    Table {
        name: "correction",
        title: "更正申请",
        export: Rows(
            "volunteer_id = :volunteer",
            "id:cor field record_id:rec request_sealed:seal=correction.request state decision created_at:t due_at:t decided_at:t",
        ),
        leaving: &[Blank("volunteer_id = :volunteer", &[("request_sealed", "NULL"), ("decision", "")])],
    },
    Table {
        name: "service_day",
        title: "每日服务时长",
        export: Rows("volunteer_id = :volunteer", "business_date:d minutes:i"),
        leaving: &[Keep(IDS)],
    },
    Table::of_nobody("leaderboard_board", "排行榜"),
    Table {
        name: "leaderboard_score",
        title: "排行榜成绩",
        export: Rows("member_id = :volunteer", "board_id:i points:i minutes:i"),
        leaving: &[Keep("totals, by which the places of everybody else are counted")],
    },
    Table::of_nobody("leaderboard_histogram", "排行榜分布"),
    Table { name: "leaderboard_dirty", title: "排行榜待更新", export: Nothing("ids that wait for Redis"), leaving: &[Keep(IDS)] },
];
