//! The light (红黄绿灯) of a task: GREEN, YELLOW or RED, worked out from the dates of its list.
//!
//! A task that was returned in time is green, late it is yellow. One that was not returned is green, yellow from some days before it is due, and red
//! from the day after; one that lapsed is red at once. A withdrawn task has no light.

use entity::task::{self, TaskState};
use entity::task_list;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{ColumnTrait, Condition};

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// In good time.
    Green,
    /// Due soon, or returned late.
    Yellow,
    /// Overdue, or claimed by nobody.
    Red,
}

/// The moment from which a return is late.
#[must_use]
pub fn late_from(list: &task_list::Model) -> UtcMicros {
    list.due_on.plus_days(1).starts_at()
}

/// The light of a task of `list` on a day.
#[must_use]
pub fn of(row: &task::Model, list: &task_list::Model, today: BusinessDate) -> Option<Light> {
    match row.state {
        TaskState::Withdrawn => None,
        TaskState::Lapsed => Some(Light::Red),
        TaskState::Returned if row.returned_at.is_some_and(|at| at >= late_from(list)) => Some(Light::Yellow),
        TaskState::Returned => Some(Light::Green),
        TaskState::Open | TaskState::Claimed => Some(pending(list, today)),
    }
}

/// The light of what is still to be returned.
#[must_use]
pub fn pending(list: &task_list::Model, today: BusinessDate) -> Light {
    if today > list.due_on {
        return Light::Red;
    }
    let warn_days = u32::try_from(list.warn_days).unwrap_or_default();
    if today.plus_days(warn_days) >= list.due_on { Light::Yellow } else { Light::Green }
}

/// The tasks of a list that show a light on a day: the same rule as [`of`], for the database.
#[must_use]
pub fn shown(light: Light, list: &task_list::Model, today: BusinessDate) -> Condition {
    let mut states = Vec::new();
    if pending(list, today) == light {
        states.extend([TaskState::Open, TaskState::Claimed]);
    }
    if light == Light::Red {
        states.push(TaskState::Lapsed);
    }
    let returned = |late: Condition| Condition::all().add(task::Column::State.eq(TaskState::Returned)).add(late);
    let of_state = Condition::any().add(task::Column::State.is_in(states));
    match light {
        Light::Red => of_state,
        Light::Yellow => of_state.add(returned(Condition::all().add(task::Column::ReturnedAt.gte(late_from(list))))),
        Light::Green => of_state.add(returned(Condition::all().add(task::Column::ReturnedAt.lt(late_from(list))))),
    }
}

#[cfg(test)]
mod tests {
    use entity::id::{CommunityId, RegionId, TaskId, TaskListId};
    use entity::task::{self, TaskState};
    use entity::task_list::{self, TaskListState};
    use entity::time::{BusinessDate, UtcMicros};

    use super::{Light, of};

    fn list() -> task_list::Model {
        let now = UtcMicros(1_790_000_000_000_000);
        task_list::Model {
            id: TaskListId::new(now),
            community_id: CommunityId::new(now),
            month: 202_603,
            policy_version: 1,
            cut_off_on: BusinessDate(20_260_325),
            due_on: BusinessDate(20_260_425),
            warn_days: 5,
            state: TaskListState::Issued,
            drawn_at: now,
            issued_by: None,
            issued_at: Some(now),
            closed_at: None,
            warned_at: None,
        }
    }

    fn task(state: TaskState, returned_at: Option<UtcMicros>) -> task::Model {
        let now = UtcMicros(1_790_000_000_000_000);
        task::Model {
            id: TaskId::new(now),
            community_id: CommunityId::new(now),
            task_list_id: TaskListId::new(now),
            need_id: None,
            region_id: RegionId::new(now),
            title: String::new(),
            description: String::new(),
            state,
            unit_id: None,
            claimed_by: None,
            claimed_at: None,
            result: None,
            minutes: None,
            people: None,
            returned_by: None,
            returned_at,
            withdraw_reason: None,
            overdue_told_at: None,
            created_at: now,
        }
    }

    #[test]
    fn lights_change_on_their_days() {
        let list = list();
        let pending = |day| of(&task(TaskState::Claimed, None), &list, BusinessDate(day));
        assert_eq!([20_260_325, 20_260_419].map(pending), [Some(Light::Green); 2]);
        assert_eq!([20_260_420, 20_260_425].map(pending), [Some(Light::Yellow); 2]);
        assert_eq!([20_260_426, 20_270_101].map(pending), [Some(Light::Red); 2]);
        let late = BusinessDate(20_260_426).starts_at();
        let returned = |at| of(&task(TaskState::Returned, Some(at)), &list, BusinessDate(20_270_101));
        assert_eq!((returned(late.plus(-1)), returned(late)), (Some(Light::Green), Some(Light::Yellow)));
        let early = BusinessDate(20_260_326);
        assert_eq!(of(&task(TaskState::Lapsed, None), &list, early), Some(Light::Red));
        assert_eq!(of(&task(TaskState::Withdrawn, None), &list, early), None);
    }
}
