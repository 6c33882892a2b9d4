-- What a desk thanked people for apart from a patrol, once for an id; what each was given is in points_earning.
CREATE TABLE reward_deed (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(20) NOT NULL
        CONSTRAINT reward_deed_kind_known CHECK (kind IN ('handled_matter', 'mediation', 'talk')),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    judged_by UUID NOT NULL REFERENCES person (id),
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX reward_deed_area ON reward_deed (area_id, at);
