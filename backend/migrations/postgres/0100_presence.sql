-- What a patrol notes on its way, where it proved to be, and how it counts.
ALTER TABLE patrol ADD COLUMN person_minutes INT NOT NULL DEFAULT 0;
ALTER TABLE patrol ADD COLUMN asked_at TIMESTAMPTZ;
ALTER TABLE patrol ADD COLUMN continue_until TIMESTAMPTZ;
ALTER TABLE fix ADD COLUMN mocked BOOL NOT NULL DEFAULT FALSE;
ALTER TABLE fix ADD COLUMN source VARCHAR(12) NOT NULL DEFAULT 'app';

-- One matter met on the way, counted by kind; what was tapped by mistake stays, marked as undone.
CREATE TABLE patrol_log (
    id UUID NOT NULL PRIMARY KEY,
    patrol_id UUID NOT NULL REFERENCES patrol (id),
    user_id UUID NOT NULL REFERENCES person (id),
    kind VARCHAR(12)
        CONSTRAINT patrol_log_kind_known CHECK (kind IN ('persuade', 'publicity', 'help', 'hazard', 'dispute', 'other')),
    at TIMESTAMPTZ NOT NULL,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    note VARCHAR(200),
    undone_at TIMESTAMPTZ,
    received_at TIMESTAMPTZ NOT NULL,
    -- An undo may overtake its log: then the row has no kind yet.
    CONSTRAINT patrol_log_kind_or_undone CHECK (kind IS NOT NULL OR undone_at IS NOT NULL)
);
CREATE INDEX patrol_log_patrol ON patrol_log (patrol_id);

-- A place with a code to scan. Raising the serial makes all codes given out before worthless.
CREATE TABLE checkpoint (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    lon DOUBLE PRECISION NOT NULL CONSTRAINT checkpoint_lon_range CHECK (lon BETWEEN -180 AND 180),
    lat DOUBLE PRECISION NOT NULL CONSTRAINT checkpoint_lat_range CHECK (lat BETWEEN -90 AND 90),
    qr BOOL NOT NULL DEFAULT TRUE,
    nfc BOOL NOT NULL DEFAULT FALSE,
    screen BOOL NOT NULL DEFAULT FALSE,
    serial INT NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ,
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT checkpoint_has_a_code CHECK (qr OR nfc OR screen)
);
CREATE INDEX checkpoint_area ON checkpoint (area_id);
CREATE INDEX checkpoint_place ON checkpoint (lat, lon);

-- That a member was at a checkpoint or stop: how it was shown, and how sure it is. Nobody attests their own presence.
CREATE TABLE visit (
    id UUID NOT NULL PRIMARY KEY,
    patrol_id UUID NOT NULL REFERENCES patrol (id),
    user_id UUID NOT NULL REFERENCES person (id),
    at TIMESTAMPTZ NOT NULL,
    method VARCHAR(10) NOT NULL
        CONSTRAINT visit_method_known CHECK (method IN ('qr', 'nfc', 'screen', 'photo', 'attested')),
    checkpoint_id UUID REFERENCES checkpoint (id),
    stop_order INT,
    attested_by UUID,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    accuracy_m DOUBLE PRECISION,
    sureness VARCHAR(6) NOT NULL CONSTRAINT visit_sureness_known CHECK (sureness IN ('high', 'medium', 'low')),
    why JSONB NOT NULL,
    photo_key VARCHAR(100),
    received_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT visit_attested_by_another CHECK ((method = 'attested') = (attested_by IS NOT NULL) AND (attested_by IS NULL OR attested_by <> user_id)),
    CONSTRAINT visit_somewhere CHECK (checkpoint_id IS NOT NULL OR stop_order IS NOT NULL OR lon IS NOT NULL)
);
CREATE INDEX visit_patrol ON visit (patrol_id);
