-- What people saw. Its state only moves on: received, triaged, handed over, acted upon, closed with an outcome.
CREATE TABLE report (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES person (id),
    area_id UUID NOT NULL REFERENCES area (id),
    patrol_id UUID REFERENCES patrol (id),
    category VARCHAR(20) NOT NULL
        CONSTRAINT report_category_known CHECK (category IN ('hazard', 'order', 'charging', 'cards', 'lighting', 'other')),
    text VARCHAR(300) NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    accuracy_m DOUBLE PRECISION,
    state VARCHAR(12) NOT NULL DEFAULT 'received'
        CONSTRAINT report_state_known
        CHECK (state IN ('received', 'triaged', 'handed_over', 'acted', 'closed', 'withdrawn')),
    outcome VARCHAR(12)
        CONSTRAINT report_outcome_known CHECK (outcome IN ('solved', 'not_fixed', 'unfounded', 'duplicate')),
    answer VARCHAR(300),
    handled_by UUID,
    changed_at TIMESTAMPTZ NOT NULL,
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT report_closed_with_outcome CHECK ((state = 'closed') = (outcome IS NOT NULL)),
    CONSTRAINT report_place_whole CHECK ((lon IS NULL) = (lat IS NULL))
);
CREATE INDEX report_area ON report (area_id, state, received_at);
CREATE INDEX report_user ON report (user_id, received_at);

CREATE TABLE report_photo (
    id UUID NOT NULL PRIMARY KEY,
    report_id UUID NOT NULL REFERENCES report (id),
    photo_key VARCHAR(100) NOT NULL,
    made_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX report_photo_report ON report_photo (report_id);
CREATE INDEX report_photo_made ON report_photo (made_at);
