-- A call for help to those on duty nearby. Invariants, whoever writes: nobody approves what they composed; nothing is
-- live without an approval; nothing lasts longer than 24 h; what was purged has no photo.
CREATE TABLE alert (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'draft'
        CONSTRAINT alert_state_known CHECK (state IN ('draft', 'submitted', 'approved', 'live', 'closed', 'recalled', 'purged')),
    headline_zh VARCHAR(60) NOT NULL,
    headline_en VARCHAR(120) NOT NULL,
    clothing_zh VARCHAR(200) NOT NULL,
    behaviour_zh VARCHAR(200) NOT NULL,
    direction_zh VARCHAR(80) NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    last_seen_place VARCHAR(80) NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    radius_m INT NOT NULL CONSTRAINT alert_radius_sensible CHECK (radius_m BETWEEN 50 AND 5000),
    contact_phone VARCHAR(20) NOT NULL,
    photo_key VARCHAR(80),
    composed_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    submitted_at TIMESTAMP,
    approved_by CHAR(36) REFERENCES person (id),
    approved_at TIMESTAMP,
    live_at TIMESTAMP,
    closed_by CHAR(36) REFERENCES person (id),
    closed_at TIMESTAMP,
    outcome VARCHAR(12) CONSTRAINT alert_outcome_known CHECK (outcome IN ('found', 'cleared', 'withdrawn', 'expired')),
    close_note VARCHAR(200) NOT NULL DEFAULT '',
    recalled_at TIMESTAMP,
    purged_at TIMESTAMP,
    version INT NOT NULL DEFAULT 1,
    CONSTRAINT alert_two_people CHECK (approved_by <> composed_by),
    CONSTRAINT alert_approved_before_live CHECK ((state IN ('draft', 'submitted')) = (approved_by IS NULL)),
    CONSTRAINT alert_approved_at_a_time CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CONSTRAINT alert_live_at_a_time CHECK ((state IN ('draft', 'submitted', 'approved')) = (live_at IS NULL)),
    CONSTRAINT alert_a_day_at_most CHECK (julianday(expires_at) > julianday(created_at) AND julianday(expires_at) <= julianday(created_at) + 1.00001),
    CONSTRAINT alert_closed_with_outcome CHECK ((state IN ('closed', 'recalled', 'purged')) = (closed_at IS NOT NULL)
        AND (closed_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT alert_recalled_at_a_time CHECK ((state IN ('recalled', 'purged')) = (recalled_at IS NOT NULL)),
    CONSTRAINT alert_purged_without_photo CHECK ((state = 'purged') = (purged_at IS NOT NULL)
        AND (state <> 'purged' OR photo_key IS NULL))
);
CREATE INDEX alert_area ON alert (area_id, created_at);
CREATE INDEX alert_live ON alert (expires_at) WHERE state = 'live';
CREATE INDEX alert_recalled ON alert (recalled_at) WHERE state = 'recalled';

-- What was added while the alert was live.
CREATE TABLE alert_update (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    text_zh VARCHAR(300) NOT NULL,
    made_by CHAR(36) NOT NULL REFERENCES person (id),
    at TIMESTAMP NOT NULL
);
CREATE INDEX alert_update_alert ON alert_update (alert_id, at);

-- Who was sent the alert, by which way. Invariant: a person is sent it once by each way; the recall goes to exactly
-- the people in here.
CREATE TABLE delivery (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    channel VARCHAR(10) NOT NULL CONSTRAINT delivery_channel_known CHECK (channel IN ('in_app', 'web_push')),
    distance_m INT,
    sent_at TIMESTAMP,
    delivered_at TIMESTAMP,
    opened_at TIMESTAMP,
    acknowledged_at TIMESTAMP,
    purged_at TIMESTAMP,
    CONSTRAINT delivery_once_by_each_way UNIQUE (alert_id, user_id, channel)
);
CREATE INDEX delivery_user ON delivery (user_id, alert_id);

-- What a recipient saw; readable by the police of the area only.
CREATE TABLE sighting (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    at TIMESTAMP NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    behaviour_zh VARCHAR(300) NOT NULL,
    direction VARCHAR(80) NOT NULL,
    certainty VARCHAR(10) NOT NULL CONSTRAINT sighting_certainty_known CHECK (certainty IN ('sure', 'likely', 'unsure')),
    received_at TIMESTAMP NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'received' CONSTRAINT sighting_state_known CHECK (state IN ('received', 'read'))
);
CREATE INDEX sighting_alert ON sighting (alert_id, received_at);

-- Every time someone was shown the photo, written before the first byte leaves.
CREATE TABLE photo_view (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    session_id CHAR(36) NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX photo_view_alert ON photo_view (alert_id, at);
