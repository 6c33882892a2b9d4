-- Something to do at a place and time, with seats. Invariants: never more seats taken than there are, whoever
-- writes; a cancelled or closed task says how it ended.
CREATE TABLE task (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'draft',
    outcome VARCHAR(20),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL DEFAULT '',
    brief_zh TEXT NOT NULL DEFAULT '',
    brief_en TEXT NOT NULL DEFAULT '',
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    night BOOL NOT NULL DEFAULT FALSE,
    seats INT NOT NULL,
    seats_taken INT NOT NULL DEFAULT 0,
    points INT NOT NULL DEFAULT 0,
    place_name VARCHAR(80),
    start_lon DOUBLE PRECISION,
    start_lat DOUBLE PRECISION,
    route JSONB,
    stops JSONB NOT NULL DEFAULT '[]',
    plan_id UUID REFERENCES plan (id),
    plan_team INT,
    version INT NOT NULL DEFAULT 1,
    posted_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    published_at TIMESTAMPTZ,
    over_at TIMESTAMPTZ,
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT task_state_known CHECK (
        state IN ('draft', 'in_review', 'published', 'active', 'awaiting_review', 'closed', 'cancelled')),
    CONSTRAINT task_outcome_told CHECK (
        (state = 'closed' AND outcome IN ('completed', 'partial', 'void'))
        OR (state = 'cancelled' AND outcome IN ('weather', 'police', 'poster', 'expired'))
        OR (state NOT IN ('closed', 'cancelled') AND outcome IS NULL)),
    CONSTRAINT task_seats_some CHECK (seats >= 1),
    CONSTRAINT task_seats_bounded CHECK (seats_taken BETWEEN 0 AND seats),
    CONSTRAINT task_points_not_negative CHECK (points >= 0),
    CONSTRAINT task_window_forward CHECK (ends_at > starts_at),
    CONSTRAINT task_start_whole CHECK ((start_lon IS NULL) = (start_lat IS NULL))
);
CREATE INDEX task_area ON task (area_id, starts_at);
CREATE INDEX task_open ON task (starts_at, area_id) WHERE state = 'published';
CREATE INDEX task_unfinished ON task (ends_at) WHERE state IN ('draft', 'in_review', 'published', 'active');
-- One draft a route of a plan, however often the plan's job runs.
CREATE UNIQUE INDEX task_plan_team ON task (plan_id, plan_team) WHERE plan_id IS NOT NULL;

-- One person's seat in a task; the phone makes the id, so a repeated request finds its own row. Invariants: a person
-- has one open seat in a task; a task has one leader among its open seats; a released seat says why.
CREATE TABLE assignment (
    id UUID NOT NULL PRIMARY KEY,
    task_id UUID NOT NULL REFERENCES task (id),
    user_id UUID NOT NULL REFERENCES person (id),
    state VARCHAR(12) NOT NULL DEFAULT 'held',
    leader BOOL NOT NULL DEFAULT FALSE,
    grabbed_at TIMESTAMPTZ NOT NULL,
    hold_until TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    settled_at TIMESTAMPTZ,
    released_at TIMESTAMPTZ,
    release_reason VARCHAR(20),
    release_note VARCHAR(200),
    patrol_id UUID,
    points_awarded INT,
    review_note VARCHAR(500),
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT assignment_state_known CHECK (
        state IN ('held', 'started', 'paused', 'finished', 'accepted', 'partial', 'rejected',
                  'appealed', 'upheld', 'corrected', 'released', 'no_show')),
    CONSTRAINT assignment_release_told CHECK (
        (state = 'released') = (release_reason IS NOT NULL AND release_reason IN ('self', 'timeout', 'admin'))),
    CONSTRAINT assignment_points_not_negative CHECK (points_awarded IS NULL OR points_awarded >= 0)
);
CREATE UNIQUE INDEX assignment_open_once ON assignment (task_id, user_id)
    WHERE state IN ('held', 'started', 'paused', 'finished');
CREATE UNIQUE INDEX assignment_one_leader ON assignment (task_id)
    WHERE leader AND state IN ('held', 'started', 'paused', 'finished');
CREATE INDEX assignment_user ON assignment (user_id, state);
CREATE INDEX assignment_task ON assignment (task_id);
CREATE INDEX assignment_held ON assignment (hold_until) WHERE state = 'held';
