-- The tree district > street > community; path is the chain of slugs and is what roles are compared with.
CREATE TABLE area (
    id UUID NOT NULL PRIMARY KEY,
    parent_id UUID REFERENCES area (id),
    path VARCHAR(200) NOT NULL UNIQUE,
    slug VARCHAR(60) NOT NULL,
    kind VARCHAR(20) NOT NULL CONSTRAINT area_kind_known CHECK (kind IN ('district', 'street', 'community')),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    geometry JSONB NOT NULL,
    west DOUBLE PRECISION NOT NULL,
    south DOUBLE PRECISION NOT NULL,
    east DOUBLE PRECISION NOT NULL,
    north DOUBLE PRECISION NOT NULL,
    center_lon DOUBLE PRECISION NOT NULL,
    center_lat DOUBLE PRECISION NOT NULL,
    time_zone VARCHAR(40) NOT NULL,
    streets_key VARCHAR(120),
    basemap JSONB,
    settings JSONB NOT NULL DEFAULT '{}',
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT area_parent_by_kind CHECK ((kind = 'district') = (parent_id IS NULL))
);

CREATE TABLE team (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    invite_code VARCHAR(12) NOT NULL UNIQUE,
    demo BOOL NOT NULL DEFAULT FALSE
);

-- A phone number belongs to one account.
CREATE TABLE person (
    id UUID NOT NULL PRIMARY KEY,
    phone VARCHAR(20) NOT NULL UNIQUE,
    name VARCHAR(60) NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    totp_secret VARCHAR(64),
    birth_year INT NOT NULL,
    locale VARCHAR(10) NOT NULL DEFAULT 'zh-CN',
    verified BOOL NOT NULL DEFAULT FALSE,
    on_duty BOOL NOT NULL DEFAULT FALSE,
    duty_changed_at TIMESTAMPTZ,
    disabled_at TIMESTAMPTZ,
    area_id UUID REFERENCES area (id),
    team_id UUID REFERENCES team (id),
    demo BOOL NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX person_area ON person (area_id);
CREATE INDEX person_on_duty ON person (area_id) WHERE on_duty;

-- Consents are history: a withdrawal is a new row.
CREATE TABLE consent (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES person (id),
    kind VARCHAR(20) NOT NULL CONSTRAINT consent_kind_known CHECK (kind IN ('whereabouts', 'photos')),
    version INT NOT NULL,
    granted BOOL NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX consent_user ON consent (user_id, kind, at);
