-- What a patrol notes on its way, where it proved to be, and how it counts.
ALTER TABLE patrol ADD COLUMN person_minutes INT NOT NULL DEFAULT 0;
ALTER TABLE patrol ADD COLUMN asked_at TIMESTAMP;
ALTER TABLE patrol ADD COLUMN continue_until TIMESTAMP;
ALTER TABLE fix ADD COLUMN mocked INT NOT NULL DEFAULT 0;
ALTER TABLE fix ADD COLUMN source VARCHAR(12) NOT NULL DEFAULT 'app';

-- One matter met on the way, counted by kind; what was tapped by mistake stays, marked as undone.
CREATE TABLE patrol_log (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    kind VARCHAR(12)
        CONSTRAINT patrol_log_kind_known CHECK (kind IN ('persuade', 'publicity', 'help', 'hazard', 'dispute', 'other')),
    at TIMESTAMP NOT NULL,
    lon REAL,
    lat REAL,
    note VARCHAR(200),
    undone_at TIMESTAMP,
    received_at TIMESTAMP NOT NULL,
    -- An undo may overtake its log: then the row has no kind yet.
    CONSTRAINT patrol_log_kind_or_undone CHECK (kind IS NOT NULL OR undone_at IS NOT NULL)
);
CREATE INDEX patrol_log_patrol ON patrol_log (patrol_id);

-- A place with a code to scan. Raising the serial makes all codes given out before worthless.
CREATE TABLE checkpoint (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    lon REAL NOT NULL CONSTRAINT checkpoint_lon_range CHECK (lon BETWEEN -180 AND 180),
    lat REAL NOT NULL CONSTRAINT checkpoint_lat_range CHECK (lat BETWEEN -90 AND 90),
    qr INT NOT NULL DEFAULT 1,
    nfc INT NOT NULL DEFAULT 0,
    screen INT NOT NULL DEFAULT 0,
    serial INT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    disabled_at TIMESTAMP,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT checkpoint_has_a_code CHECK (qr + nfc + screen > 0)
);
CREATE INDEX checkpoint_area ON checkpoint (area_id);
CREATE INDEX checkpoint_place ON checkpoint (lat, lon);

-- That a member was at a checkpoint or stop: how it was shown, and how sure it is. Nobody attests their own presence.
CREATE TABLE visit (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    at TIMESTAMP NOT NULL,
    method VARCHAR(10) NOT NULL
        CONSTRAINT visit_method_known CHECK (method IN ('qr', 'nfc', 'screen', 'photo', 'attested')),
    checkpoint_id CHAR(36) REFERENCES checkpoint (id),
    stop_order INT,
    attested_by CHAR(36),
    lon REAL,
    lat REAL,
    accuracy_m REAL,
    sureness VARCHAR(6) NOT NULL CONSTRAINT visit_sureness_known CHECK (sureness IN ('high', 'medium', 'low')),
    why JSON NOT NULL,
    photo_key VARCHAR(100),
    received_at TIMESTAMP NOT NULL,
    CONSTRAINT visit_attested_by_another CHECK ((method = 'attested') = (attested_by IS NOT NULL) AND (attested_by IS NULL OR attested_by <> user_id)),
    CONSTRAINT visit_somewhere CHECK (checkpoint_id IS NOT NULL OR stop_order IS NOT NULL OR lon IS NOT NULL)
);
CREATE INDEX visit_patrol ON visit (patrol_id);
