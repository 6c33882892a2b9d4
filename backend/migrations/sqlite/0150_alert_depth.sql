-- More kinds of alert, and what happens around one. Invariants: nothing is live without an approval, but for one signature
-- at a time of its own, which a second person reviews by a time of its own; a returned draft says why and by whom.
ALTER TABLE alert ADD COLUMN subject VARCHAR(10)
    CONSTRAINT alert_subject_known CHECK (subject IN ('child', 'elder', 'adult'));
ALTER TABLE alert ADD COLUMN exercise INT NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN guardian_consent INT NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN audience_area_id CHAR(36) REFERENCES area (id);
ALTER TABLE alert ADD COLUMN signed_alone_at TIMESTAMP;
ALTER TABLE alert ADD COLUMN signed_alone_why VARCHAR(200) NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN review_due_at TIMESTAMP
    CONSTRAINT alert_review_due CHECK ((review_due_at IS NULL) = (signed_alone_at IS NULL));
ALTER TABLE alert ADD COLUMN review_reminded_at TIMESTAMP;
ALTER TABLE alert ADD COLUMN returned_at TIMESTAMP;
ALTER TABLE alert ADD COLUMN returned_by CHAR(36) REFERENCES person (id);
ALTER TABLE alert ADD COLUMN return_note VARCHAR(300) NOT NULL DEFAULT ''
    CONSTRAINT alert_returned_with_reason CHECK (returned_at IS NULL OR (returned_by IS NOT NULL AND return_note <> ''));
ALTER TABLE alert ADD COLUMN stood_down_at TIMESTAMP;

-- SQLite changes a constraint in the table's own text (https://sqlite.org/lang_altertable.html, "making other kinds").
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK ((state IN (''draft'', ''submitted'')) = (approved_by IS NULL))',
    'CHECK (state IN (''draft'', ''submitted'') AND approved_by IS NULL OR state NOT IN (''draft'', ''submitted'') AND (approved_by IS NOT NULL OR signed_alone_at IS NOT NULL))')
    WHERE type = 'table' AND name = 'alert';
PRAGMA writable_schema = RESET;
CREATE INDEX alert_review_due ON alert (review_due_at) WHERE state = 'live' AND approved_by IS NULL;

-- A sighting may have a photo taken from a distance, and may turn out to be the same as another.
ALTER TABLE sighting ADD COLUMN photo_key VARCHAR(80);
ALTER TABLE sighting ADD COLUMN merged_into CHAR(36) REFERENCES sighting (id)
    CONSTRAINT sighting_not_into_itself CHECK (merged_into <> id);
ALTER TABLE photo_view ADD COLUMN sighting_id CHAR(36) REFERENCES sighting (id);

-- What the police did about a sighting, and when: the clocks of warning, instruction and feedback. Only added to.
-- Invariant: each step is taken once, by one person; an outcome says what came of it.
CREATE TABLE sighting_step (
    id CHAR(36) NOT NULL PRIMARY KEY,
    sighting_id CHAR(36) NOT NULL REFERENCES sighting (id),
    step VARCHAR(12) NOT NULL
        CONSTRAINT sighting_step_known CHECK (step IN ('read', 'instructed', 'acknowledged', 'arrived', 'outcome')),
    at TIMESTAMP NOT NULL,
    made_by CHAR(36) NOT NULL REFERENCES person (id),
    text_zh VARCHAR(200) NOT NULL DEFAULT '',
    outcome VARCHAR(12)
        CONSTRAINT sighting_outcome_known CHECK (outcome IN ('found', 'mistaken', 'gone', 'duplicate')),
    CONSTRAINT sighting_step_once UNIQUE (sighting_id, step),
    CONSTRAINT sighting_outcome_at_the_end CHECK ((step = 'outcome') = (outcome IS NOT NULL))
);
