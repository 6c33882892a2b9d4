-- How many accepted patrols crossed a square of 250 m on a day; nothing says whose they were. Deleted after thirty days.
-- The day is text (2026-06-05), the same on both engines.
CREATE TABLE walked_cell (
    district_id CHAR(36) NOT NULL REFERENCES area (id),
    day CHAR(10) NOT NULL,
    east INT NOT NULL,
    north INT NOT NULL,
    patrols INT NOT NULL,
    PRIMARY KEY (district_id, day, east, north),
    CONSTRAINT walked_cell_walked CHECK (patrols > 0)
);
