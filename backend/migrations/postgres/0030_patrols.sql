-- A patrol is one team's walk, of a task or free. Nobody reviews a patrol that they started.
CREATE TABLE patrol (
    id UUID NOT NULL PRIMARY KEY,
    task_id UUID REFERENCES task (id),
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'active'
        CONSTRAINT patrol_state_known CHECK (state IN ('active', 'awaiting_review', 'accepted', 'partial', 'rejected')),
    night BOOL NOT NULL DEFAULT FALSE,
    started_by UUID NOT NULL REFERENCES person (id),
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    length_m INT NOT NULL DEFAULT 0,
    minutes INT NOT NULL DEFAULT 0,
    stops_dwelt INT NOT NULL DEFAULT 0,
    stops_total INT NOT NULL DEFAULT 0,
    note VARCHAR(500),
    review_note VARCHAR(500),
    reviewed_by UUID,
    reviewed_at TIMESTAMPTZ,
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT patrol_finished_when_over CHECK ((state = 'active') = (finished_at IS NULL)),
    CONSTRAINT patrol_reviewed_by_other CHECK (reviewed_by IS NULL OR reviewed_by <> started_by)
);
CREATE INDEX patrol_area_state ON patrol (area_id, state, started_at);
-- A task is walked by one patrol at a time.
CREATE UNIQUE INDEX patrol_one_active_a_task ON patrol (task_id) WHERE state = 'active';

CREATE TABLE patrol_member (
    id UUID NOT NULL PRIMARY KEY,
    patrol_id UUID NOT NULL REFERENCES patrol (id),
    user_id UUID NOT NULL REFERENCES person (id),
    assignment_id UUID,
    leader BOOL NOT NULL DEFAULT FALSE,
    state VARCHAR(20) NOT NULL DEFAULT 'walking'
        CONSTRAINT patrol_member_state_known CHECK (state IN ('walking', 'finished')),
    joined_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    points_awarded INT,
    CONSTRAINT patrol_member_once UNIQUE (patrol_id, user_id)
);
-- Nobody walks two patrols at once.
CREATE UNIQUE INDEX patrol_member_walks_one ON patrol_member (user_id) WHERE state = 'walking';

-- A position of one member during one patrol; the phone makes the id, so that sending twice changes nothing.
CREATE TABLE fix (
    id UUID NOT NULL PRIMARY KEY,
    patrol_id UUID NOT NULL REFERENCES patrol (id),
    user_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    lon DOUBLE PRECISION NOT NULL CONSTRAINT fix_lon_range CHECK (lon BETWEEN -180 AND 180),
    lat DOUBLE PRECISION NOT NULL CONSTRAINT fix_lat_range CHECK (lat BETWEEN -90 AND 90),
    accuracy_m DOUBLE PRECISION NOT NULL,
    speed_m_s DOUBLE PRECISION,
    heading_deg DOUBLE PRECISION,
    received_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX fix_patrol_at ON fix (patrol_id, at);
-- No position is kept from outside a patrol: not of somebody who does not walk it, not from before its start,
-- and not from later than a minute after its end.
CREATE FUNCTION fix_only_during_patrol() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM patrol p JOIN patrol_member m ON m.patrol_id = p.id
        WHERE p.id = new.patrol_id AND m.user_id = new.user_id
          AND new.at >= p.started_at - interval '1 second'
          AND new.at <= coalesce(coalesce(m.finished_at, p.finished_at) + interval '60 seconds', new.at)
    ) THEN
        RAISE EXCEPTION 'a position outside of a patrol is not kept' USING ERRCODE = '23514';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER fix_only_during_patrol BEFORE INSERT ON fix FOR EACH ROW EXECUTE FUNCTION fix_only_during_patrol();

-- Where each walking member was last; the row goes with the patrol.
CREATE TABLE live_position (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES person (id),
    patrol_id UUID NOT NULL REFERENCES patrol (id),
    area_path VARCHAR(200) NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    accuracy_m DOUBLE PRECISION NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX live_position_place ON live_position (lat, lon);
CREATE INDEX live_position_patrol ON live_position (patrol_id);
