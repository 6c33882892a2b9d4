-- A call for help to those on duty nearby. Invariants, whoever writes: nobody approves what they composed; nothing is
-- live without an approval; nothing lasts longer than 24 h; what was purged has no photo.
CREATE TABLE alert (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'draft'
        CONSTRAINT alert_state_known CHECK (state IN ('draft', 'submitted', 'approved', 'live', 'closed', 'recalled', 'purged')),
    headline_zh VARCHAR(60) NOT NULL,
    headline_en VARCHAR(120) NOT NULL,
    clothing_zh VARCHAR(200) NOT NULL,
    behaviour_zh VARCHAR(200) NOT NULL,
    direction_zh VARCHAR(80) NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    last_seen_place VARCHAR(80) NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    radius_m INT NOT NULL CONSTRAINT alert_radius_sensible CHECK (radius_m BETWEEN 50 AND 5000),
    contact_phone VARCHAR(20) NOT NULL,
    photo_key VARCHAR(80),
    composed_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    submitted_at TIMESTAMPTZ,
    approved_by UUID REFERENCES person (id),
    approved_at TIMESTAMPTZ,
    live_at TIMESTAMPTZ,
    closed_by UUID REFERENCES person (id),
    closed_at TIMESTAMPTZ,
    outcome VARCHAR(12) CONSTRAINT alert_outcome_known CHECK (outcome IN ('found', 'cleared', 'withdrawn', 'expired')),
    close_note VARCHAR(200) NOT NULL DEFAULT '',
    recalled_at TIMESTAMPTZ,
    purged_at TIMESTAMPTZ,
    version INT NOT NULL DEFAULT 1,
    CONSTRAINT alert_two_people CHECK (approved_by <> composed_by),
    CONSTRAINT alert_approved_before_live CHECK ((state IN ('draft', 'submitted')) = (approved_by IS NULL)),
    CONSTRAINT alert_approved_at_a_time CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CONSTRAINT alert_live_at_a_time CHECK ((state IN ('draft', 'submitted', 'approved')) = (live_at IS NULL)),
    CONSTRAINT alert_a_day_at_most CHECK (expires_at > created_at AND expires_at <= created_at + INTERVAL '24 hours 1 second'),
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
    id UUID NOT NULL PRIMARY KEY,
    alert_id UUID NOT NULL REFERENCES alert (id),
    text_zh VARCHAR(300) NOT NULL,
    made_by UUID NOT NULL REFERENCES person (id),
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX alert_update_alert ON alert_update (alert_id, at);

-- Who was sent the alert, by which way. Invariant: a person is sent it once by each way; the recall goes to exactly
-- the people in here.
CREATE TABLE delivery (
    id UUID NOT NULL PRIMARY KEY,
    alert_id UUID NOT NULL REFERENCES alert (id),
    user_id UUID NOT NULL REFERENCES person (id),
    channel VARCHAR(10) NOT NULL CONSTRAINT delivery_channel_known CHECK (channel IN ('in_app', 'web_push')),
    distance_m INT,
    sent_at TIMESTAMPTZ,
    delivered_at TIMESTAMPTZ,
    opened_at TIMESTAMPTZ,
    acknowledged_at TIMESTAMPTZ,
    purged_at TIMESTAMPTZ,
    CONSTRAINT delivery_once_by_each_way UNIQUE (alert_id, user_id, channel)
);
CREATE INDEX delivery_user ON delivery (user_id, alert_id);

-- What a recipient saw; readable by the police of the area only.
CREATE TABLE sighting (
    id UUID NOT NULL PRIMARY KEY,
    alert_id UUID NOT NULL REFERENCES alert (id),
    user_id UUID NOT NULL REFERENCES person (id),
    at TIMESTAMPTZ NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    behaviour_zh VARCHAR(300) NOT NULL,
    direction VARCHAR(80) NOT NULL,
    certainty VARCHAR(10) NOT NULL CONSTRAINT sighting_certainty_known CHECK (certainty IN ('sure', 'likely', 'unsure')),
    received_at TIMESTAMPTZ NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'received' CONSTRAINT sighting_state_known CHECK (state IN ('received', 'read'))
);
CREATE INDEX sighting_alert ON sighting (alert_id, received_at);

-- Every time someone was shown the photo, written before the first byte leaves.
CREATE TABLE photo_view (
    id UUID NOT NULL PRIMARY KEY,
    alert_id UUID NOT NULL REFERENCES alert (id),
    user_id UUID NOT NULL REFERENCES person (id),
    session_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX photo_view_alert ON photo_view (alert_id, at);
