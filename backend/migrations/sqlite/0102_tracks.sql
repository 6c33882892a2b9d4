-- What the walk amounts to on the streets, what is odd about it, and which stops are done.
ALTER TABLE patrol ADD COLUMN stops_done JSON NOT NULL DEFAULT '[]';
ALTER TABLE patrol ADD COLUMN measured JSON;
ALTER TABLE patrol ADD COLUMN findings JSON NOT NULL DEFAULT '[]';
ALTER TABLE patrol ADD COLUMN doubt INT NOT NULL DEFAULT 0;
ALTER TABLE patrol ADD COLUMN accepted_part JSON;
ALTER TABLE patrol ADD COLUMN forgotten_at TIMESTAMP;

-- The way of one person: as matched on the streets while the positions are kept, coarse for a year after.
CREATE TABLE patrol_line (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    precision VARCHAR(10) NOT NULL CONSTRAINT patrol_line_precision_known CHECK (precision IN ('matched', 'coarse')),
    lines JSON NOT NULL,
    made_at TIMESTAMP NOT NULL,
    CONSTRAINT patrol_line_once UNIQUE (patrol_id, user_id, precision)
);
CREATE INDEX patrol_line_made ON patrol_line (precision, made_at);

-- Who looked at where a patrol was: live, or at its track afterwards. Shown to those who walked it.
CREATE TABLE patrol_view (
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    viewer_id CHAR(36) NOT NULL REFERENCES person (id),
    live INT NOT NULL,
    first_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL,
    times INT NOT NULL DEFAULT 1,
    PRIMARY KEY (patrol_id, viewer_id, live)
);

-- A walker asks somebody else than the reviewer to look again, once a patrol.
CREATE TABLE patrol_appeal (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL CONSTRAINT patrol_appeal_once UNIQUE REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    reason VARCHAR(500) NOT NULL,
    made_at TIMESTAMP NOT NULL,
    reviewed_by CHAR(36) NOT NULL,
    decided_by CHAR(36),
    decided_at TIMESTAMP,
    decision VARCHAR(10) CONSTRAINT patrol_appeal_decision_known CHECK (decision IN ('upheld', 'corrected')),
    note VARCHAR(500),
    CONSTRAINT patrol_appeal_other_person CHECK (decided_by IS NULL OR (decided_by <> reviewed_by AND decided_by <> user_id)),
    CONSTRAINT patrol_appeal_decided_whole CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL))
);

-- A tracker's address is signed with this number; 0 and below mean that none is open.
ALTER TABLE patrol_member ADD COLUMN tracker_serial INT NOT NULL DEFAULT 0;
ALTER TABLE patrol_member ADD COLUMN tracker_seen_at TIMESTAMP;
