//! Stars, files, certificates, Party membership and merit, selections.

use super::Export::{Nothing, Rows};
use super::Leave::{Blank, Erase, Keep};
use super::{IDS, Table};

pub(super) const TABLES: &[Table] = &[
    Table::of_nobody("star_policy", "星级标准"),
    Table { name: "volunteer_star", title: "星级", export: Rows("volunteer_id = :volunteer", "stars:i since:t"), leaving: &[Keep(IDS)] },
    Table {
        name: "star_change",
        title: "星级变动",
        export: Rows("volunteer_id = :volunteer", "stars_before:i stars:i minutes:i changed_at:t"),
        leaving: &[Keep(IDS)],
    },
    Table {
        name: "dossier_entry",
        title: "培训、表彰与评价",
        export: Rows(
            "volunteer_id = :volunteer",
            "id:dos kind title given_by given_on:d minutes:i grade:i created_at:t withdrawn_at:t withdraw_reason",
        ),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table::of_nobody("certificate_number", "证明编号"),
    Table { name: "certificate_record", title: "证明所含记录", export: Nothing("the certificates say it themselves"), leaving: &[Keep(IDS)] },
    // The digest goes as well: with everything else at hand a name could be found by trying. A certificate then holds no longer.
    Table {
        name: "certificate",
        title: "志愿服务证明",
        export: Rows(
            "volunteer_id = :volunteer",
            "id:cert number period_from:d period_to:d minutes:i records:i snapshot issued_at:t revoked_at:t revoke_reason",
        ),
        leaving: &[
            Blank("volunteer_id = :volunteer AND revoked_at IS NOT NULL", &[("snapshot", "''"), ("digest", ":random"), ("revoke_reason", "''")]),
            Blank(
                "volunteer_id = :volunteer AND revoked_at IS NULL",
                &[("snapshot", "''"), ("digest", ":random"), ("revoked_at", ":now"), ("revoked_by", ":account"), ("revoke_reason", ":left")],
            ),
        ],
    },
    Table {
        name: "merit_appeal",
        title: "量化积分申诉",
        export: Rows(
            "entry_id IN (SELECT id FROM merit_entry WHERE account_id IN :merits)",
            "id:map reason state decision created_at:t decided_at:t",
        ),
        leaving: &[Blank("entry_id IN (SELECT id FROM merit_entry WHERE account_id IN :merits)", &[("reason", "''"), ("decision", "")])],
    },
    Table {
        name: "merit_entry",
        title: "党员量化积分明细",
        export: Rows("account_id IN :merits", "id:mre item_code granted:i occurred_on:d note state reason created_at:t decided_at:t"),
        leaving: &[Blank("account_id IN :merits", &[("note", ""), ("reason", "")])],
    },
    Table {
        name: "merit_account",
        title: "党员量化积分",
        export: Rows("id IN :merits", "id:mra year:i points:i grade closed_at:t"),
        leaving: &[Keep(IDS)],
    },
    Table::of_nobody("merit_scheme", "量化积分办法"),
    Table::of_nobody("merit_item", "量化积分项目"),
    Table {
        name: "party_member_unmasking",
        title: "查看党员姓名记录",
        // Looks of the person's own are acts of office, and tell of others that they are members.
        export: Rows(
            "member_id IN (SELECT id FROM party_member WHERE subject_index = :member)",
            "id:pmu account_id:acc reason_sealed:seal=party_member_unmasking.reason looked_at:t",
        ),
        leaving: &[Blank(
            "member_id IN (SELECT id FROM party_member WHERE subject_index = :member) AND length(reason_sealed) > 0",
            &[("reason_sealed", ":nothing")],
        )],
    },
    Table {
        name: "party_member",
        title: "党员身份",
        export: Rows(
            "subject_index = :member",
            "id:pmb sealed:seal=party_member.sealed state consent_version:i declared_at:t confirmed_at:t withdrawn_at:t",
        ),
        leaving: &[Blank(
            "subject_index = :member",
            &[("subject_index", ":random"), ("sealed", "NULL"), ("state", "'WITHDRAWN'"), ("withdrawn_at", ":now")],
        )],
    },
    Table::of_nobody("work_calendar_year", "工作日历"),
    Table::of_nobody("work_calendar_day", "工作日历日期"),
    Table::of_nobody("selection_round", "志愿先锋评选"),
    Table {
        name: "selection_standing",
        title: "评选时的时长排名",
        export: Rows("volunteer_id = :volunteer", "round_id:sel minutes:i records:i place:i"),
        leaving: &[Keep(IDS)],
    },
    Table {
        name: "selection_objection",
        title: "评选异议",
        // What others object to a nominee is theirs to tell; what was decided is told to both.
        export: Rows("account_id = :account", "id:obj nominee_id:nom reason state decision created_at:t decided_at:t"),
        leaving: &[Blank(
            "account_id = :account OR nominee_id IN (SELECT id FROM selection_nominee WHERE volunteer_id = :volunteer)",
            &[("reason", "''"), ("decision", "")],
        )],
    },
    Table {
        name: "selection_nominee",
        title: "评选提名",
        export: Rows("volunteer_id = :volunteer", "id:nom round_id:sel source statement state minutes:i votes:i total:i place:i created_at:t"),
        leaving: &[Blank("volunteer_id = :volunteer", &[("statement", "''")])],
    },
    Table {
        name: "selection_voter",
        title: "评选投票",
        export: Rows("account_id = :account", "round_id:sel"),
        leaving: &[Keep("that somebody voted, so that nobody votes twice; what was voted stands apart and names nobody")],
    },
    Table {
        name: "selection_ballot",
        title: "选票",
        export: Nothing("no column says whose a ballot is"),
        leaving: &[Keep("no column says whose a ballot is")],
    },
    Table {
        name: "honour",
        title: "荣誉",
        export: Rows("volunteer_id = :volunteer", "id:hon title given_on:d shown:b"),
        leaving: &[Blank("volunteer_id = :volunteer", &[("shown", "FALSE")])],
    },
];
