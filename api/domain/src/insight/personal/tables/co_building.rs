//! The community and its units.

use super::Export::{Nothing, Rows};
use super::Leave::{Blank, Erase};
use super::Table;

pub(super) const TABLES: &[Table] = &[
    Table::of_nobody("region", "地域"),
    Table::of_nobody("community", "社区"),
    Table::of_nobody("region_level", "层级名称"),
    Table::of_nobody("taxonomy_term", "分类词"),
    Table::of_nobody("unit", "单位"),
    Table {
        name: "alliance_member",
        title: "大党委席位",
        export: Rows("account_id = :account", "id:aly unit_id:unit seat party_organisation term_from:d term_to:d"),
        leaving: &[Blank("account_id = :account", &[("account_id", "NULL")])],
    },
    Table::of_nobody("agreement", "共建协议"),
    Table::of_nobody("agreement_party", "协议单位"),
    Table::of_nobody("unit_check_in", "单位报到"),
    Table {
        name: "member_check_in",
        title: "党员报到",
        export: Rows("subject_index = :checked_in", "id:mci unit_id:unit consented_at:t"),
        leaving: &[Erase("subject_index = :checked_in")],
    },
    Table {
        name: "member_check_in_clear",
        title: "党员报到(旧表)",
        export: Nothing("rows of an older version, sealed and gone as soon as the program starts"),
        leaving: &[Erase("volunteer_id = :volunteer")],
    },
    Table::of_nobody("unit_feedback", "年度反馈"),
    Table::of_nobody("pairing", "结对"),
    Table::of_nobody("joint_meeting", "联席会"),
    Table::of_nobody("joint_meeting_unit", "参会单位"),
    Table::of_nobody("joint_meeting_item", "会议议题"),
    Table::of_nobody("joint_decision", "会议决议"),
    Table::of_nobody("unit_visit", "走访"),
    Table::of_nobody("model_unit", "示范单位"),
    Table::of_nobody("task_list_policy", "月任务清单规则"),
    Table::of_nobody("task_list", "月任务清单"),
    Table::of_nobody("task_list_unit", "清单下达单位"),
    Table {
        name: "task_decline",
        title: "任务未认领说明",
        export: Nothing("what units say in office of tasks"),
        leaving: &[Blank("task_id IN (SELECT id FROM task WHERE need_id IN :listings) AND reason <> ''", &[("reason", "''")])],
    },
    Table::of_nobody("retention_policy", "保存期限"),
];
