-- A call for help. It is told to people row by row, so that the caller sees whom it reached and who comes.
CREATE TABLE sos_call (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES person (id),
    area_id UUID NOT NULL REFERENCES area (id),
    patrol_id UUID REFERENCES patrol (id),
    at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    silent BOOL NOT NULL DEFAULT FALSE,
    test BOOL NOT NULL DEFAULT FALSE,
    note VARCHAR(200),
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    accuracy_m DOUBLE PRECISION,
    position_at TIMESTAMPTZ,
    state VARCHAR(12) NOT NULL DEFAULT 'open'
        CONSTRAINT sos_call_state_known CHECK (state IN ('open', 'acknowledged', 'cancelled', 'closed')),
    duress BOOL NOT NULL DEFAULT FALSE,
    widened_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    ended_by UUID,
    outcome VARCHAR(20)
        CONSTRAINT sos_call_outcome_known CHECK (outcome IN ('safe', 'handed_over', 'false_alarm')),
    outcome_note VARCHAR(200),
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT sos_call_ended_when_over CHECK ((state IN ('cancelled', 'closed')) = (ended_at IS NOT NULL)),
    CONSTRAINT sos_call_place_whole CHECK ((lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (position_at IS NULL))
);
CREATE INDEX sos_call_open ON sos_call (area_id, state);
CREATE INDEX sos_call_user ON sos_call (user_id);

CREATE TABLE sos_told (
    id UUID NOT NULL PRIMARY KEY,
    call_id UUID NOT NULL REFERENCES sos_call (id),
    user_id UUID NOT NULL REFERENCES person (id),
    role VARCHAR(10) NOT NULL CONSTRAINT sos_told_role_known CHECK (role IN ('team', 'nearby', 'station', 'self')),
    told_at TIMESTAMPTZ NOT NULL,
    delivered_at TIMESTAMPTZ,
    acknowledged_at TIMESTAMPTZ,
    CONSTRAINT sos_told_once UNIQUE (call_id, user_id)
);
CREATE INDEX sos_told_user ON sos_told (user_id, told_at);
