-- A unit's seat in the community Party alliance (社区大党委), for a term; dates are inclusive. Terms of one unit do not overlap: the row of the unit is
-- locked while one is written. `ended_on` is the first day on which a term that was cut short no longer holds.
CREATE TABLE alliance_member (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  seat TEXT NOT NULL CHECK (seat IN ('SECRETARY','DEPUTY_SECRETARY','PART_TIME_MEMBER','MEMBER')),
  party_organisation TEXT NOT NULL,
  account_id UUID REFERENCES account(id),
  term_from INTEGER NOT NULL,
  term_to INTEGER NOT NULL,
  ended_on INTEGER,
  created_at BIGINT NOT NULL,
  CONSTRAINT alliance_term CHECK (term_to >= term_from)
);
CREATE INDEX alliance_member_community ON alliance_member(community_id, id);
CREATE INDEX alliance_member_unit ON alliance_member(unit_id, term_from);

-- An agreement (共建协议) between the community and one or more units; dates are inclusive.
CREATE TABLE agreement (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  signed_on INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  ended_on INTEGER,
  end_reason TEXT,
  filed_by UUID NOT NULL REFERENCES account(id),
  created_at BIGINT NOT NULL,
  CONSTRAINT agreement_validity CHECK (valid_to >= signed_on),
  CONSTRAINT agreement_end CHECK ((ended_on IS NULL) = (end_reason IS NULL))
);
CREATE INDEX agreement_community ON agreement(community_id, id);
CREATE TABLE agreement_party (
  agreement_id UUID NOT NULL REFERENCES agreement(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  PRIMARY KEY (agreement_id, unit_id)
);
CREATE INDEX agreement_party_unit ON agreement_party(unit_id);

-- A unit that has checked in with the community (单位报到).
CREATE TABLE unit_check_in (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  services TEXT NOT NULL,
  checked_in_by UUID NOT NULL REFERENCES account(id),
  checked_in_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE UNIQUE INDEX unit_check_in_once ON unit_check_in(unit_id) WHERE ended_at IS NULL;
CREATE INDEX unit_check_in_community ON unit_check_in(community_id, id);

-- A member who has checked in where they live (党员报到). That somebody is a Party member is sensitive: the row stands on the consent of that person, is read by
-- the person, the unit's liaison and administrators alone, and goes when the consent is taken back.
CREATE TABLE member_check_in (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_check_in_id UUID NOT NULL REFERENCES unit_check_in(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  region_id UUID NOT NULL REFERENCES region(id),
  consented_at BIGINT NOT NULL,
  CONSTRAINT member_check_in_once UNIQUE (volunteer_id)
);
CREATE INDEX member_check_in_unit ON member_check_in(unit_id, id);

-- What the community tells a unit about a year (年度反馈): figures as they were on the day, and a word; once, and never changed.
CREATE TABLE unit_feedback (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  year INTEGER NOT NULL,
  members BIGINT NOT NULL,
  records BIGINT NOT NULL,
  minutes BIGINT NOT NULL,
  tasks BIGINT NOT NULL,
  comment TEXT NOT NULL,
  given_by UUID NOT NULL REFERENCES account(id),
  given_at BIGINT NOT NULL,
  CONSTRAINT unit_feedback_once UNIQUE (unit_id, year)
);
CREATE INDEX unit_feedback_community ON unit_feedback(community_id, id);

-- A unit paired with a grid, an estate or, by its name, a street or lane in a region (结对共建). 1+1: the unit has this one alone and the target this unit alone.
-- `name` is empty for the region itself, so that the indexes see it.
CREATE TABLE pairing (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  region_id UUID NOT NULL REFERENCES region(id),
  kind TEXT NOT NULL CHECK (kind IN ('GRID','ESTATE','STREET','LANE')),
  name TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('ONE_TO_ONE','MANY_TO_ONE')),
  paired_by UUID NOT NULL REFERENCES account(id),
  paired_at BIGINT NOT NULL,
  ended_at BIGINT,
  end_reason TEXT,
  CONSTRAINT pairing_name CHECK ((kind IN ('STREET','LANE')) = (name <> '')),
  CONSTRAINT pairing_end CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX pairing_once ON pairing(unit_id, region_id, name) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX pairing_one_unit ON pairing(unit_id) WHERE ended_at IS NULL AND mode = 'ONE_TO_ONE';
CREATE UNIQUE INDEX pairing_one_target ON pairing(region_id, name) WHERE ended_at IS NULL AND mode = 'ONE_TO_ONE';
CREATE INDEX pairing_community ON pairing(community_id, id);
CREATE INDEX pairing_region ON pairing(region_id) WHERE ended_at IS NULL;

-- A joint meeting (党建联席会): who was called, what was on the agenda, what was said, and what was decided.
CREATE TABLE joint_meeting (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  title TEXT NOT NULL,
  place TEXT NOT NULL,
  starts_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('CALLED','HELD','CANCELLED')),
  summary TEXT,
  called_by UUID NOT NULL REFERENCES account(id),
  called_at BIGINT NOT NULL,
  settled_at BIGINT,
  CONSTRAINT meeting_settled CHECK ((state = 'CALLED') = (settled_at IS NULL)),
  CONSTRAINT meeting_summary CHECK ((state = 'CALLED') = (summary IS NULL))
);
CREATE INDEX joint_meeting_community ON joint_meeting(community_id, id);
CREATE TABLE joint_meeting_unit (
  meeting_id UUID NOT NULL REFERENCES joint_meeting(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  attended BOOLEAN NOT NULL,
  PRIMARY KEY (meeting_id, unit_id)
);
CREATE TABLE joint_meeting_item (
  meeting_id UUID NOT NULL REFERENCES joint_meeting(id),
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  PRIMARY KEY (meeting_id, position)
);

-- What a joint meeting decided, who sees to it until when, and what came of it.
CREATE TABLE joint_decision (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  meeting_id UUID NOT NULL REFERENCES joint_meeting(id),
  title TEXT NOT NULL,
  unit_id UUID REFERENCES unit(id),
  due_on INTEGER NOT NULL,
  follow_up TEXT,
  followed_up_at BIGINT,
  done_at BIGINT,
  CONSTRAINT decision_follow_up CHECK ((follow_up IS NULL) = (followed_up_at IS NULL) AND (done_at IS NULL OR follow_up IS NOT NULL))
);
CREATE INDEX joint_decision_meeting ON joint_decision(meeting_id, id);
CREATE INDEX joint_decision_community ON joint_decision(community_id, id);

-- A visit between the community and a unit (双向走访).
CREATE TABLE unit_visit (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  direction TEXT NOT NULL CHECK (direction IN ('COMMUNITY_TO_UNIT','UNIT_TO_COMMUNITY')),
  visited_on INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  outcome TEXT NOT NULL,
  people INTEGER NOT NULL CHECK (people BETWEEN 1 AND 10000),
  filed_by UUID NOT NULL REFERENCES account(id),
  filed_at BIGINT NOT NULL
);
CREATE INDEX unit_visit_community ON unit_visit(community_id, id);
CREATE INDEX unit_visit_unit ON unit_visit(unit_id, id);

-- A unit held up as a model of co-building for a year (共建示范单位).
CREATE TABLE model_unit (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  year INTEGER NOT NULL,
  reason TEXT NOT NULL,
  awarded_by UUID NOT NULL REFERENCES account(id),
  awarded_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoke_reason TEXT,
  CONSTRAINT model_unit_revoked CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
);
CREATE UNIQUE INDEX model_unit_once ON model_unit(unit_id, year) WHERE revoked_at IS NULL;
CREATE INDEX model_unit_community ON model_unit(community_id, id);

-- When the monthly task list (月任务清单) is cut off, and how many days before the next cut-off a task turns yellow. A community without a row has no list.
CREATE TABLE task_list_policy (
  community_id UUID NOT NULL REFERENCES community(id),
  version INTEGER NOT NULL,
  effective_from INTEGER NOT NULL,
  cut_off_day INTEGER NOT NULL CHECK (cut_off_day BETWEEN 1 AND 28),
  warn_days INTEGER NOT NULL CHECK (warn_days BETWEEN 0 AND 27),
  published_by UUID NOT NULL REFERENCES account(id),
  published_at BIGINT NOT NULL,
  CONSTRAINT task_list_policy_pkey PRIMARY KEY (community_id, version)
);

-- The task list of a month, drawn on its cut-off day and to be returned by the next.
CREATE TABLE task_list (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  month INTEGER NOT NULL,
  policy_version INTEGER NOT NULL,
  cut_off_on INTEGER NOT NULL,
  due_on INTEGER NOT NULL,
  warn_days INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('DRAFT','ISSUED','CLOSED')),
  drawn_at BIGINT NOT NULL,
  issued_by UUID REFERENCES account(id),
  issued_at BIGINT,
  closed_at BIGINT,
  warned_at BIGINT,
  CONSTRAINT task_list_month UNIQUE (community_id, month),
  CONSTRAINT task_list_dates CHECK (due_on > cut_off_on),
  CONSTRAINT task_list_issued CHECK ((issued_by IS NULL) = (issued_at IS NULL) AND (state <> 'ISSUED' OR issued_at IS NOT NULL)),
  CONSTRAINT task_list_closed CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL))
);
CREATE INDEX task_list_due ON task_list(due_on) WHERE state <> 'CLOSED';

-- The units a list was issued to: the members of the alliance on that day.
CREATE TABLE task_list_unit (
  task_list_id UUID NOT NULL REFERENCES task_list(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  PRIMARY KEY (task_list_id, unit_id)
);

-- A task of a list: one unit claims it, by a conditional statement, and returns what came of it.
CREATE TABLE task (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  task_list_id UUID NOT NULL REFERENCES task_list(id),
  need_id UUID REFERENCES need(id),
  region_id UUID NOT NULL REFERENCES region(id),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('OPEN','CLAIMED','RETURNED','LAPSED','WITHDRAWN')),
  unit_id UUID REFERENCES unit(id),
  claimed_by UUID REFERENCES account(id),
  claimed_at BIGINT,
  result TEXT,
  minutes BIGINT CHECK (minutes BETWEEN 0 AND 1000000),
  people BIGINT CHECK (people BETWEEN 1 AND 100000),
  returned_by UUID REFERENCES account(id),
  returned_at BIGINT,
  withdraw_reason TEXT,
  overdue_told_at BIGINT,
  created_at BIGINT NOT NULL,
  CONSTRAINT task_claimed CHECK ((unit_id IS NULL) = (claimed_at IS NULL) AND (unit_id IS NULL) = (claimed_by IS NULL)
    AND (state NOT IN ('CLAIMED','RETURNED') OR unit_id IS NOT NULL) AND (state NOT IN ('OPEN','LAPSED') OR unit_id IS NULL)),
  CONSTRAINT task_returned CHECK ((state = 'RETURNED') = (returned_at IS NOT NULL) AND (returned_at IS NULL) = (result IS NULL)
    AND (returned_at IS NULL) = (minutes IS NULL) AND (returned_at IS NULL) = (people IS NULL) AND (returned_at IS NULL) = (returned_by IS NULL)),
  CONSTRAINT task_withdrawn CHECK ((state = 'WITHDRAWN') = (withdraw_reason IS NOT NULL))
);
CREATE UNIQUE INDEX task_need_once ON task(task_list_id, need_id) WHERE need_id IS NOT NULL;
CREATE INDEX task_task_list ON task(task_list_id, id);
CREATE INDEX task_unit ON task(unit_id, id) WHERE unit_id IS NOT NULL;
CREATE INDEX task_need ON task(need_id) WHERE state IN ('OPEN','CLAIMED');

-- Why a unit will not take a task, or gave it back.
CREATE TABLE task_decline (
  task_id UUID NOT NULL REFERENCES task(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  reason TEXT NOT NULL,
  declined_by UUID NOT NULL REFERENCES account(id),
  declined_at BIGINT NOT NULL,
  PRIMARY KEY (task_id, unit_id)
);
