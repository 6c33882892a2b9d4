-- A shop that honours points. Its staff are people with the role merchant that names it.
CREATE TABLE merchant (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    address_zh VARCHAR(120) NOT NULL,
    address_en VARCHAR(120) NOT NULL,
    hours VARCHAR(60) NOT NULL DEFAULT '',
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'open'
        CONSTRAINT merchant_state_known CHECK (state IN ('open', 'suspended', 'closed')),
    demo BOOL NOT NULL DEFAULT FALSE
);
CREATE INDEX merchant_area ON merchant (area_id);
