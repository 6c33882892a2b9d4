-- A shop that honours points. Its staff are people with the role merchant that names it.
CREATE TABLE merchant (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    address_zh VARCHAR(120) NOT NULL,
    address_en VARCHAR(120) NOT NULL,
    hours VARCHAR(60) NOT NULL DEFAULT '',
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'open'
        CONSTRAINT merchant_state_known CHECK (state IN ('open', 'suspended', 'closed')),
    demo INT NOT NULL DEFAULT 0
);
CREATE INDEX merchant_area ON merchant (area_id);
