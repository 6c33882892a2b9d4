-- The tree district > street > community; path is the chain of slugs and is what roles are compared with.
CREATE TABLE area (
    id CHAR(36) NOT NULL PRIMARY KEY,
    parent_id CHAR(36) REFERENCES area (id),
    path VARCHAR(200) NOT NULL UNIQUE,
    slug VARCHAR(60) NOT NULL,
    kind VARCHAR(20) NOT NULL CONSTRAINT area_kind_known CHECK (kind IN ('district', 'street', 'community')),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    geometry JSON NOT NULL,
    west REAL NOT NULL,
    south REAL NOT NULL,
    east REAL NOT NULL,
    north REAL NOT NULL,
    center_lon REAL NOT NULL,
    center_lat REAL NOT NULL,
    time_zone VARCHAR(40) NOT NULL,
    streets_key VARCHAR(120),
    basemap JSON,
    settings JSON NOT NULL DEFAULT '{}',
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT area_parent_by_kind CHECK ((kind = 'district') = (parent_id IS NULL))
);

CREATE TABLE team (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    invite_code VARCHAR(12) NOT NULL UNIQUE,
    demo INT NOT NULL DEFAULT 0
);

-- A phone number belongs to one account.
CREATE TABLE person (
    id CHAR(36) NOT NULL PRIMARY KEY,
    phone VARCHAR(20) NOT NULL UNIQUE,
    name VARCHAR(60) NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    totp_secret VARCHAR(64),
    birth_year INT NOT NULL,
    locale VARCHAR(10) NOT NULL DEFAULT 'zh-CN',
    verified INT NOT NULL DEFAULT 0,
    on_duty INT NOT NULL DEFAULT 0,
    duty_changed_at TIMESTAMP,
    disabled_at TIMESTAMP,
    area_id CHAR(36) REFERENCES area (id),
    team_id CHAR(36) REFERENCES team (id),
    demo INT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX person_area ON person (area_id);
CREATE INDEX person_on_duty ON person (area_id) WHERE on_duty = 1;

-- Consents are history: a withdrawal is a new row.
CREATE TABLE consent (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    kind VARCHAR(20) NOT NULL CONSTRAINT consent_kind_known CHECK (kind IN ('whereabouts', 'photos')),
    version INT NOT NULL,
    granted INT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX consent_user ON consent (user_id, kind, at);
