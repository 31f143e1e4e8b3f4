//! What news of co-building say to their reader: headline, text, and the key that names the fact.

use crate::event::{CoBuilding, TaskChange};
use entity::time::BusinessDate;

/// The headline.
#[must_use]
pub const fn title(news: &CoBuilding) -> &'static str {
    match news {
        CoBuilding::TaskListDrawn { .. } => "月任务清单已生成",
        CoBuilding::TaskListIssued { .. } => "月任务清单已下达",
        CoBuilding::TaskChanged { .. } => "共建任务有新进展",
        CoBuilding::TaskDue { overdue: false, .. } => "共建任务即将到期",
        CoBuilding::TaskDue { overdue: true, .. } => "共建任务已逾期",
    }
}

/// The text below it.
#[must_use]
pub fn body(news: &CoBuilding) -> String {
    match news {
        CoBuilding::TaskListDrawn { month, tasks, due_on, .. } => {
            format!("{} 的月任务清单已汇总 {tasks} 项,请核对后下达,{} 前反馈。", month_text(*month), day(*due_on))
        }
        CoBuilding::TaskListIssued { month, tasks, due_on, .. } => {
            format!("{} 的月任务清单共 {tasks} 项,请认领或说明理由,并于 {} 前反馈。", month_text(*month), day(*due_on))
        }
        CoBuilding::TaskChanged { title, unit, change, .. } => {
            let outcome = match change {
                TaskChange::Claimed => "已认领",
                TaskChange::Declined => "未认领或已退回",
                TaskChange::Returned => "已反馈",
                TaskChange::Withdrawn => "认领的任务已撤下",
            };
            format!("「{title}」:{unit}{outcome}。")
        }
        CoBuilding::TaskDue { title, due_on, overdue: false, .. } => format!("「{title}」请于 {} 前反馈。", day(*due_on)),
        CoBuilding::TaskDue { title, due_on, overdue: true, .. } => format!("「{title}」应于 {} 前反馈,现已亮红灯,请尽快反馈。", day(*due_on)),
    }
}

/// The fact, so that it is told once.
#[must_use]
pub fn key(news: &CoBuilding) -> String {
    match news {
        CoBuilding::TaskListDrawn { task_list_id, .. } => format!("task-list:{task_list_id}:drawn"),
        CoBuilding::TaskListIssued { task_list_id, .. } => format!("task-list:{task_list_id}:issued"),
        CoBuilding::TaskChanged { task_id, change, at, .. } => format!("task:{task_id}:{change:?}:{}", at.0),
        CoBuilding::TaskDue { task_id, overdue, .. } => format!("task:{task_id}:{}", if *overdue { "overdue" } else { "due" }),
    }
}

fn month_text(month: i32) -> String {
    format!("{}年{}月", month / 100, month % 100)
}

fn day(date: BusinessDate) -> String {
    date.naive().format("%m月%d日").to_string()
}
