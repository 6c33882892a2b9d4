-- Named places of an imported map, for those who look for one. Replaced as a whole with the map they belong to.
CREATE TABLE named_place (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id) ON DELETE CASCADE,
    name VARCHAR(120) NOT NULL,
    name_en VARCHAR(120) NOT NULL DEFAULT '',
    search VARCHAR(250) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    never_a_target BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT named_place_on_earth CHECK (lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90)
);
CREATE INDEX named_place_area ON named_place (area_id);

-- A street file being brought in from a screen. Invariants: what failed says why, what is done has its area, and no
-- more is received than was announced.
CREATE TABLE map_import (
    id UUID NOT NULL PRIMARY KEY,
    path VARCHAR(200) NOT NULL,
    name_zh VARCHAR(60) NOT NULL DEFAULT '',
    name_en VARCHAR(80) NOT NULL DEFAULT '',
    time_zone VARCHAR(40) NOT NULL DEFAULT '',
    relation BIGINT,
    boundary JSONB,
    file_name VARCHAR(120) NOT NULL,
    bytes BIGINT NOT NULL,
    received_bytes BIGINT NOT NULL DEFAULT 0,
    state VARCHAR(10) NOT NULL DEFAULT 'uploading',
    stage VARCHAR(10) NOT NULL DEFAULT '',
    progress DOUBLE PRECISION NOT NULL DEFAULT 0,
    failure JSONB,
    area_id UUID REFERENCES area (id),
    created_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    CONSTRAINT map_import_state_known CHECK (state IN ('uploading', 'building', 'done', 'failed')),
    CONSTRAINT map_import_received CHECK (received_bytes BETWEEN 0 AND bytes),
    CONSTRAINT map_import_whole CHECK (state IN ('uploading', 'failed') OR received_bytes = bytes),
    CONSTRAINT map_import_failure_told CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT map_import_done_has_area CHECK ((state = 'done') = (area_id IS NOT NULL))
);
CREATE INDEX map_import_path ON map_import (path, created_at);
