-- Past incidents of a district. Invariant: external_id names an incident once in its district, so importing the
-- same file twice adds nothing.
CREATE TABLE incident (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    external_id VARCHAR(120) NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    clock_known INT NOT NULL DEFAULT 1,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    kind VARCHAR(80) NOT NULL,
    weight REAL NOT NULL DEFAULT 1,
    source VARCHAR(10) NOT NULL DEFAULT 'report',
    batch VARCHAR(80) NOT NULL DEFAULT '',
    demo INT NOT NULL DEFAULT 0,
    imported_at TIMESTAMP NOT NULL,
    CONSTRAINT incident_once UNIQUE (area_id, external_id),
    CONSTRAINT incident_source_known CHECK (source IN ('report', 'patrol')),
    CONSTRAINT incident_weight_not_negative CHECK (weight >= 0),
    CONSTRAINT incident_on_earth CHECK (lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90)
);
CREATE INDEX incident_area_time ON incident (area_id, occurred_at);

-- One evening's plan of a district or a part of it. Invariant: a failed plan says why.
CREATE TABLE plan (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    state VARCHAR(12) NOT NULL DEFAULT 'solving',
    window_starts_at TIMESTAMP NOT NULL,
    window_ends_at TIMESTAMP NOT NULL,
    team_count INT NOT NULL,
    minutes INT NOT NULL,
    dwell_min INT NOT NULL,
    start_lon REAL NOT NULL,
    start_lat REAL NOT NULL,
    seed BIGINT NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    failure JSON,
    summary JSON,
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT plan_state_known CHECK (state IN ('solving', 'ready', 'failed', 'published', 'discarded')),
    CONSTRAINT plan_failure_told CHECK (state <> 'failed' OR failure IS NOT NULL),
    CONSTRAINT plan_result_kept CHECK (state NOT IN ('ready', 'published') OR summary IS NOT NULL),
    CONSTRAINT plan_window_forward CHECK (window_ends_at > window_starts_at),
    CONSTRAINT plan_progress_share CHECK (progress BETWEEN 0 AND 1)
);
CREATE INDEX plan_area ON plan (area_id, created_at);
CREATE INDEX plan_solving ON plan (created_at) WHERE state = 'solving';
