-- The bounds of a walk, exact to the two milliseconds that julianday may lose: a position is kept from one second
-- before the patrol's start until one minute after its end, of its own members only, and stays where it was put.
DROP TRIGGER fix_only_during_patrol;
CREATE TRIGGER fix_only_during_patrol BEFORE INSERT ON fix
WHEN NOT EXISTS (
    SELECT 1 FROM patrol p JOIN patrol_member m ON m.patrol_id = p.id
    WHERE p.id = new.patrol_id AND m.user_id = new.user_id
      AND (julianday(new.at) - julianday(p.started_at)) * 86400 >= -1.002
      AND (coalesce(m.finished_at, p.finished_at) IS NULL
           OR (julianday(new.at) - julianday(coalesce(m.finished_at, p.finished_at))) * 86400 <= 60.002)
)
BEGIN
    SELECT raise(ABORT, 'a position outside of a patrol is not kept');
END;
CREATE TRIGGER fix_is_not_moved BEFORE UPDATE ON fix
BEGIN
    SELECT raise(ABORT, 'a position is never changed');
END;
