-- A file of incidents on its way into a district: looked at, checked, imported. Invariants: a failed import says why, a
-- checked one has its report, an imported one its time; what was read last (run) is what was reported.
CREATE TABLE incident_import (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    state VARCHAR(10) NOT NULL,
    file_name VARCHAR(200) NOT NULL,
    file_bytes BIGINT NOT NULL,
    file_sha256 CHAR(64) NOT NULL,
    file_gone INT NOT NULL DEFAULT 0,
    datum VARCHAR(5),
    columns JSON NOT NULL,
    run INT NOT NULL DEFAULT 1,
    progress REAL NOT NULL DEFAULT 0,
    preview JSON,
    report JSON,
    failure JSON,
    done_rows INT NOT NULL DEFAULT 0,
    added INT NOT NULL DEFAULT 0,
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    imported_at TIMESTAMP,
    CONSTRAINT incident_import_state_known CHECK (
        state IN ('looking', 'ready', 'checking', 'checked', 'importing', 'imported', 'failed', 'discarded')
    ),
    CONSTRAINT incident_import_datum_known CHECK (datum IN ('wgs84', 'gcj02', 'bd09')),
    CONSTRAINT incident_import_failure_told CHECK (state <> 'failed' OR failure IS NOT NULL),
    CONSTRAINT incident_import_looked_at CHECK (state <> 'ready' OR preview IS NOT NULL),
    CONSTRAINT incident_import_reported CHECK (
        state NOT IN ('checked', 'importing', 'imported') OR (report IS NOT NULL AND datum IS NOT NULL)
    ),
    CONSTRAINT incident_import_timed CHECK (state <> 'imported' OR imported_at IS NOT NULL),
    CONSTRAINT incident_import_counts CHECK (added >= 0 AND added <= done_rows),
    CONSTRAINT incident_import_progress_share CHECK (progress BETWEEN 0 AND 1)
);
CREATE INDEX incident_import_area ON incident_import (area_id, id);
CREATE INDEX incident_import_same_file ON incident_import (file_sha256);
