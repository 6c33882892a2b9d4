-- Words of thanks to a team, said by somebody who is not of it; they stay as they were said.
CREATE TABLE team_thanks (
    id UUID NOT NULL PRIMARY KEY,
    team_id UUID NOT NULL REFERENCES team (id),
    said_by UUID NOT NULL REFERENCES person (id),
    said VARCHAR(300) NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX team_thanks_team ON team_thanks (team_id, at);

-- A day of a district on which it rained, as somebody noted who was there.
CREATE TABLE rain_day (
    area_id UUID NOT NULL REFERENCES area (id),
    day DATE NOT NULL,
    noted_by UUID NOT NULL REFERENCES person (id),
    noted_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT rain_day_once PRIMARY KEY (area_id, day)
);
