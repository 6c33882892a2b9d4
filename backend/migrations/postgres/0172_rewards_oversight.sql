-- What a district decided about its rewards: whether there is a leaderboard, and a security scene while one holds.
CREATE TABLE reward_setting (
    area_id UUID NOT NULL PRIMARY KEY REFERENCES area (id),
    leaderboard BOOL NOT NULL DEFAULT FALSE,
    scene_until TIMESTAMPTZ,
    scene_reason VARCHAR(200),
    scene_declared_at TIMESTAMPTZ,
    scene_declared_by UUID,
    CONSTRAINT reward_setting_scene_whole
        CHECK ((scene_until IS NULL) = (scene_reason IS NULL) AND (scene_until IS NULL) = (scene_declared_at IS NULL)
            AND (scene_until IS NULL) = (scene_declared_by IS NULL))
);

-- Whoever wants to be on the leaderboard says so; no row is no.
CREATE TABLE leaderboard_choice (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES person (id),
    shown_since TIMESTAMPTZ NOT NULL
);

-- Something that somebody should look at. It blocks nothing; it is closed once, by somebody who is not in it.
CREATE TABLE reward_signal (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(20) NOT NULL
        CONSTRAINT reward_signal_kind_known CHECK (kind IN ('same_pair', 'odd_hours', 'velocity', 'reviewer_pair')),
    subject VARCHAR(160) NOT NULL,
    facts TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'open'
        CONSTRAINT reward_signal_state_known CHECK (state IN ('open', 'closed')),
    outcome VARCHAR(10)
        CONSTRAINT reward_signal_outcome_known CHECK (outcome IN ('fine', 'acted')),
    note VARCHAR(300) NOT NULL DEFAULT '',
    closed_at TIMESTAMPTZ,
    closed_by UUID,
    CONSTRAINT reward_signal_closed_whole
        CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
            AND (closed_at IS NULL) = (outcome IS NULL))
);
-- The same thing is looked at once a month.
CREATE UNIQUE INDEX reward_signal_once ON reward_signal (area_id, kind, subject);
CREATE INDEX reward_signal_area ON reward_signal (area_id, state, at);
