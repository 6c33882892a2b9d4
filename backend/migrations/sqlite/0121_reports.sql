-- What people saw. Its state only moves on: received, triaged, handed over, acted upon, closed with an outcome.
CREATE TABLE report (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    patrol_id CHAR(36) REFERENCES patrol (id),
    category VARCHAR(20) NOT NULL
        CONSTRAINT report_category_known CHECK (category IN ('hazard', 'order', 'charging', 'cards', 'lighting', 'other')),
    text VARCHAR(300) NOT NULL,
    at TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    lon REAL,
    lat REAL,
    accuracy_m REAL,
    state VARCHAR(12) NOT NULL DEFAULT 'received'
        CONSTRAINT report_state_known
        CHECK (state IN ('received', 'triaged', 'handed_over', 'acted', 'closed', 'withdrawn')),
    outcome VARCHAR(12)
        CONSTRAINT report_outcome_known CHECK (outcome IN ('solved', 'not_fixed', 'unfounded', 'duplicate')),
    answer VARCHAR(300),
    handled_by CHAR(36),
    changed_at TIMESTAMP NOT NULL,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT report_closed_with_outcome CHECK ((state = 'closed') = (outcome IS NOT NULL)),
    CONSTRAINT report_place_whole CHECK ((lon IS NULL) = (lat IS NULL))
);
CREATE INDEX report_area ON report (area_id, state, received_at);
CREATE INDEX report_user ON report (user_id, received_at);

CREATE TABLE report_photo (
    id CHAR(36) NOT NULL PRIMARY KEY,
    report_id CHAR(36) NOT NULL REFERENCES report (id),
    photo_key VARCHAR(100) NOT NULL,
    made_at TIMESTAMP NOT NULL
);
CREATE INDEX report_photo_report ON report_photo (report_id);
CREATE INDEX report_photo_made ON report_photo (made_at);
