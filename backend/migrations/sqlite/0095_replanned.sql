-- All open routes may be sought anew in one edit. Invariant as before: each version of a plan was made by one edit.
CREATE TABLE plan_edit_new (
    id CHAR(36) NOT NULL PRIMARY KEY,
    plan_id CHAR(36) NOT NULL REFERENCES plan (id),
    version INT NOT NULL,
    edited_by CHAR(36) NOT NULL REFERENCES person (id),
    edited_at TIMESTAMP NOT NULL,
    kind VARCHAR(12) NOT NULL,
    told JSON NOT NULL,
    before JSON NOT NULL,
    undoes CHAR(36) REFERENCES plan_edit_new (id),
    CONSTRAINT plan_edit_version_once UNIQUE (plan_id, version),
    CONSTRAINT plan_edit_undone_once UNIQUE (undoes),
    CONSTRAINT plan_edit_kind_known CHECK (
        kind IN ('move', 'add', 'remove', 'lock', 'unlock', 'choose', 'replan', 'accept', 'undo')),
    CONSTRAINT plan_edit_undo_told CHECK ((kind = 'undo') = (undoes IS NOT NULL))
);
INSERT INTO plan_edit_new (id, plan_id, version, edited_by, edited_at, kind, told, before, undoes)
SELECT id, plan_id, version, edited_by, edited_at, kind, told, before, undoes FROM plan_edit ORDER BY version;
DROP TABLE plan_edit;
ALTER TABLE plan_edit_new RENAME TO plan_edit;
