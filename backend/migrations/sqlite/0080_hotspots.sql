-- Where and when incidents are to be expected in a district's coming week. Invariants: at most one is being made at a
-- time in a district; a failed one says why, a ready one what came out.
CREATE TABLE outlook (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    state VARCHAR(12) NOT NULL DEFAULT 'making',
    cause VARCHAR(12) NOT NULL,
    asked_by CHAR(36) REFERENCES person (id),
    knows_until TIMESTAMP NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    failure JSON,
    summary JSON,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT outlook_state_known CHECK (state IN ('making', 'ready', 'failed')),
    CONSTRAINT outlook_cause_known CHECK (cause IN ('import', 'night', 'asked')),
    CONSTRAINT outlook_asker_known CHECK ((cause = 'asked') = (asked_by IS NOT NULL)),
    CONSTRAINT outlook_finished_when_over CHECK ((state = 'making') = (finished_at IS NULL)),
    CONSTRAINT outlook_failure_told CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT outlook_result_kept CHECK ((state = 'ready') = (summary IS NOT NULL)),
    CONSTRAINT outlook_progress_share CHECK (progress BETWEEN 0 AND 1)
);
CREATE UNIQUE INDEX outlook_one_making ON outlook (area_id) WHERE state = 'making';
CREATE INDEX outlook_area ON outlook (area_id, created_at);

-- What a ready outlook holds in full, apart because it is large: for other programs, and for the map of the screen.
CREATE TABLE outlook_map (
    outlook_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES outlook (id) ON DELETE CASCADE,
    packed BLOB NOT NULL,
    cells BLOB NOT NULL
);

-- The newest import of a district is found without reading the others.
CREATE INDEX incident_area_imported ON incident (area_id, imported_at);
