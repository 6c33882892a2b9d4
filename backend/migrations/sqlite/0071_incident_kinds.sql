-- What a district decided about a kind of incident: its harm, whether forecasts learn from it, whether volunteers may be
-- told of it. A kind without a row has the usual rule of its name. Invariant: harm is capped, so that no rare offence can
-- own a place; version counts the changes.
CREATE TABLE incident_kind (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(80) NOT NULL,
    weight REAL NOT NULL,
    counted INT NOT NULL,
    shown INT NOT NULL,
    version INT NOT NULL,
    changed_by CHAR(36) NOT NULL REFERENCES person (id),
    changed_at TIMESTAMP NOT NULL,
    CONSTRAINT incident_kind_once UNIQUE (area_id, kind),
    CONSTRAINT incident_kind_weight_capped CHECK (weight BETWEEN 0 AND 5),
    CONSTRAINT incident_kind_version CHECK (version >= 1)
);
-- Which kinds a district has, and how many of each, is read from this index alone.
CREATE INDEX incident_area_kind ON incident (area_id, kind);
