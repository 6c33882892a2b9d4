-- A certificate of a year's service hours, as it was issued; its code lets anybody check it.
CREATE TABLE certificate (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES person (id),
    year INT NOT NULL,
    code VARCHAR(14) NOT NULL,
    name VARCHAR(60) NOT NULL,
    area_name_zh VARCHAR(60) NOT NULL,
    area_name_en VARCHAR(80) NOT NULL,
    minutes INT NOT NULL,
    patrols INT NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT certificate_figures CHECK (minutes >= 0 AND patrols >= 1)
);
CREATE UNIQUE INDEX certificate_code ON certificate (code);
-- The same figures of the same year are certified once.
CREATE UNIQUE INDEX certificate_once ON certificate (user_id, year, minutes, patrols, name);
