-- All open routes may be sought anew in one edit. Invariant as before: each version of a plan was made by one edit.
ALTER TABLE plan_edit DROP CONSTRAINT plan_edit_kind_known;
ALTER TABLE plan_edit ADD CONSTRAINT plan_edit_kind_known CHECK (
    kind IN ('move', 'add', 'remove', 'lock', 'unlock', 'choose', 'replan', 'accept', 'undo'));
