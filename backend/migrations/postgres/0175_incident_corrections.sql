-- What an import changed: rows that correct what the district had under the same number are counted beside the added ones.
ALTER TABLE incident_import ADD COLUMN corrected INT NOT NULL DEFAULT 0
    CONSTRAINT incident_import_corrected CHECK (corrected >= 0);
-- A district may declare an odd kind private: then nothing learns from it and no volunteer is told of it.
ALTER TABLE incident_kind ADD COLUMN private BOOL NOT NULL DEFAULT FALSE;
-- When a district was last given incidents, even where it had every one of them already: how old its data are.
CREATE TABLE incident_arrival (
    area_id UUID NOT NULL PRIMARY KEY REFERENCES area (id),
    at TIMESTAMPTZ NOT NULL
);
