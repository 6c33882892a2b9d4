-- A call for help. It is told to people row by row, so that the caller sees whom it reached and who comes.
CREATE TABLE sos_call (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    patrol_id CHAR(36) REFERENCES patrol (id),
    at TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    silent INT NOT NULL DEFAULT 0,
    test INT NOT NULL DEFAULT 0,
    note VARCHAR(200),
    lon REAL,
    lat REAL,
    accuracy_m REAL,
    position_at TIMESTAMP,
    state VARCHAR(12) NOT NULL DEFAULT 'open'
        CONSTRAINT sos_call_state_known CHECK (state IN ('open', 'acknowledged', 'cancelled', 'closed')),
    duress INT NOT NULL DEFAULT 0,
    widened_at TIMESTAMP,
    ended_at TIMESTAMP,
    ended_by CHAR(36),
    outcome VARCHAR(20)
        CONSTRAINT sos_call_outcome_known CHECK (outcome IN ('safe', 'handed_over', 'false_alarm')),
    outcome_note VARCHAR(200),
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT sos_call_ended_when_over CHECK ((state IN ('cancelled', 'closed')) = (ended_at IS NOT NULL)),
    CONSTRAINT sos_call_place_whole CHECK ((lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (position_at IS NULL))
);
CREATE INDEX sos_call_open ON sos_call (area_id, state);
CREATE INDEX sos_call_user ON sos_call (user_id);

CREATE TABLE sos_told (
    id CHAR(36) NOT NULL PRIMARY KEY,
    call_id CHAR(36) NOT NULL REFERENCES sos_call (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    role VARCHAR(10) NOT NULL CONSTRAINT sos_told_role_known CHECK (role IN ('team', 'nearby', 'station', 'self')),
    told_at TIMESTAMP NOT NULL,
    delivered_at TIMESTAMP,
    acknowledged_at TIMESTAMP,
    CONSTRAINT sos_told_once UNIQUE (call_id, user_id)
);
CREATE INDEX sos_told_user ON sos_told (user_id, told_at);
