//! The three lists, matches, projects and reviews.

use super::Export::{Nothing, Rows};
use super::Leave::{Blank, Erase, Keep};
use super::{IDS, Table};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "match_dismissal",
        title: "暂不推荐的配对",
        export: Rows("dismissed_by = :account", "id:mdis reason until:d created_at:t"),
        leaving: &[Erase("volunteer_id = :volunteer OR need_id IN :listings OR offering_id IN :listings OR dismissed_by = :account")],
    },
    Table {
        name: "match_plan_line",
        title: "撮合方案明细",
        export: Rows(
            "volunteer_id = :volunteer OR need_id IN :listings OR offering_id IN :listings",
            "plan_id:plan position:i starts_at:t ends_at:t reasons state",
        ),
        leaving: &[Blank("volunteer_id = :volunteer OR need_id IN :listings OR offering_id IN :listings", &[("reasons", "'[]'")])],
    },
    Table { name: "match_plan", title: "撮合方案", export: Nothing("figures of a whole community"), leaving: &[Keep(IDS)] },
    Table {
        name: "match_step",
        title: "对接过程",
        export: Rows("match_id IN :matches OR account_id = :account", "id:mst match_id:mat kind happened_at:t note"),
        leaving: &[Blank("match_id IN :matches AND note <> ''", &[("note", "''")])],
    },
    Table {
        name: "match_person",
        title: "对接服务人员",
        export: Rows("volunteer_id = :volunteer", "match_id:mat record_id:rec"),
        leaving: &[Keep(IDS)],
    },
    Table {
        name: "need_match",
        title: "供需对接",
        export: Rows(
            "id IN :matches OR id IN (SELECT match_id FROM match_person WHERE volunteer_id = :volunteer)",
            "id:mat need_id:need state starts_at:t ends_at:t proposed_at:t started_at:t finished_at:t rating:i channel guardian_consent outcome",
        ),
        leaving: &[Blank("id IN :matches", &[("guardian_consent", "")]), Blank("id IN :matches AND reasons IS NOT NULL", &[("reasons", "'[]'")])],
    },
    Table {
        name: "contact_look",
        title: "联系方式查看记录",
        export: Rows("listing_id IN :listings OR account_id = :account", "id:look listing_id:lst account_id:acc standing reason looked_at:t"),
        leaving: &[Blank("listing_id IN :listings AND reason <> ''", &[("reason", "''")])],
    },
    Table {
        name: "listing_party",
        title: "可查看联系方式的人",
        export: Rows("listing_id IN :listings OR account_id = :account", "listing_id:lst account_id:acc admitted_at:t dismissed_at:t"),
        leaving: &[Erase("listing_id IN :listings OR account_id = :account")],
    },
    Table {
        name: "listing_token",
        title: "清单检索词",
        export: Nothing("the words of listings that are given whole"),
        leaving: &[Erase("listing_id IN :listings")],
    },
    Table {
        name: "listing_step",
        title: "清单办理过程",
        export: Rows("listing_id IN :listings OR account_id = :account", "id:lsp listing_id:lst kind happened_at:t note stars:i"),
        leaving: &[Blank("listing_id IN :listings AND note <> ''", &[("note", "''")])],
    },
    Table {
        name: "listing_slot",
        title: "可预约时段",
        export: Rows("listing_id IN :listings", "id:slt listing_id:lst starts_at:t ends_at:t capacity:i taken:i closed_at:t"),
        leaving: &[Keep(IDS)],
    },
    Table { name: "reservation", title: "预留", export: Nothing("what of listings is promised, as the matches say"), leaving: &[Keep(IDS)] },
    Table {
        name: "need_window",
        title: "需求时间",
        export: Rows("need_id IN :listings", "need_id:need starts_at:t ends_at:t"),
        leaving: &[Erase("need_id IN :listings")],
    },
    Table { name: "resource", title: "资源", export: Rows("id IN :listings", "id:res form loan_days_max:i"), leaving: &[Keep(IDS)] },
    Table {
        name: "service_offer",
        title: "服务",
        export: Rows("id IN :listings", "id:svc mode hours"),
        leaving: &[Blank("id IN :listings", &[("hours", "''")])],
    },
    Table {
        name: "task",
        title: "共建任务",
        export: Rows("need_id IN :listings", "id:task need_id:need title description state result"),
        leaving: &[Blank("need_id IN :listings", &[("title", ":left"), ("description", "''"), ("result", ""), ("withdraw_reason", "")])],
    },
    Table {
        name: "need",
        title: "需求",
        export: Rows(
            "id IN :listings",
            "id:need relief_kind urgency minutes:i skills qualifications min_age:i risk_level risk_note insurance_ref consent consent_note consent_at:t",
        ),
        leaving: &[Blank("id IN :listings", &[("risk_note", "''"), ("insurance_ref", ""), ("consent_note", "")])],
    },
    Table {
        name: "listing",
        title: "三张清单条目",
        export: Rows(
            "id IN :listings OR filed_by = :account AND owner_account_id IS NULL AND kind <> 'NEED'",
            "id:lst kind channel title description category colour place latitude:i longitude:i contact_sealed:seal=listing.contact measure quantity:i \
             state valid_from:t valid_until:t filed_at:t",
        ),
        leaving: &[Blank(
            "id IN :listings",
            &[("title", ":left"), ("description", "''"), ("place", "''"), ("latitude", "NULL"), ("longitude", "NULL"), ("contact_sealed", "NULL")],
        )],
    },
    Table {
        name: "review_vote",
        title: "评审意见",
        export: Rows("account_id = :account", "round_id:rvr verdict reason total_bps:i voted_at:t"),
        leaving: &[Blank("round_id IN :rounds AND reason <> ''", &[("reason", "''")])],
    },
    Table {
        name: "review_score",
        title: "评审打分",
        export: Rows("account_id = :account", "round_id:rvr position:i points:i"),
        leaving: &[Keep(IDS)],
    },
    Table {
        name: "review_seat",
        title: "评审席位",
        export: Rows("account_id = :account", "round_id:rvr state tie tie_note seated_at:t settled_at:t"),
        leaving: &[Blank("account_id = :account", &[("tie_note", "")])],
    },
    Table { name: "review_stake", title: "评审利害关系", export: Nothing("who has a stake in what others judge"), leaving: &[Keep(IDS)] },
    Table::of_nobody("review_criterion", "评审标准"),
    Table {
        name: "review_round",
        title: "评审",
        export: Rows("id IN :rounds AND phase = 'PUBLISHED'", "id:rvr subject_kind title opened_at:t verdict mean_bps:i published_at:t"),
        leaving: &[Blank("id IN :rounds", &[("title", ":left"), ("consensus_note", ""), ("cancel_reason", "")])],
    },
    Table {
        name: "evidence_item",
        title: "评审材料",
        export: Rows("pack_id IN :packs", "pack_id:evp position:i name media_type size:i"),
        leaving: &[Blank("pack_id IN :packs", &[("content", ":nothing"), ("sha256", ":nothing")])],
    },
    Table {
        name: "evidence_pack",
        title: "评审材料包",
        export: Rows("id IN :packs", "id:evp subject_kind number:i frozen_at:t"),
        leaving: &[Blank("id IN :packs", &[("sha256", ":nothing")])],
    },
    Table::of_nobody("review_policy", "评审规则"),
    Table {
        name: "project",
        title: "共建项目",
        export: Rows("applicant_id = :account", "id:prj title state created_at:t"),
        leaving: &[Keep("a project is its team's or unit's; the applicant is an id")],
    },
    Table::of_nobody("project_step", "项目过程"),
    Table::of_nobody("project_milestone", "项目节点"),
    Table::of_nobody("project_commitment", "项目承诺"),
    Table::of_nobody("project_listing", "项目清单关联"),
    Table::of_nobody("project_activity", "项目活动关联"),
    Table::of_nobody("gate_override", "阶段放行"),
    Table {
        name: "volunteer_exception",
        title: "特殊日期",
        export: Rows("volunteer_id = :volunteer", "date:d starts:i ends:i available:b"),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table {
        name: "volunteer_hours",
        title: "可服务时段",
        export: Rows("volunteer_id = :volunteer", "weekday:i starts:i ends:i"),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table {
        name: "volunteer_skill",
        title: "特长",
        export: Rows("volunteer_id = :volunteer", "code"),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table {
        name: "volunteer_supply",
        title: "服务意愿",
        export: Rows("volunteer_id = :volunteer", "reach weekly_tasks_max:i weekly_minutes_max:i latitude:i longitude:i paused_until:d updated_at:t"),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    // The account stays as an id, so that what was under way is found once more; the phone does not.
    Table {
        name: "recipient",
        title: "服务对象",
        export: Rows("account_id = :account OR phone_index = :phone", "id:rcp phone_sealed:seal=account.phone created_at:t"),
        leaving: &[Blank("account_id = :account OR phone_index = :phone", &[("phone_sealed", "NULL"), ("phone_index", "NULL")])],
    },
];
