-- A position stays where it was put: it cannot be moved to another patrol, person or time afterwards.
CREATE FUNCTION fix_is_not_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a position is never changed' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER fix_is_not_moved BEFORE UPDATE ON fix FOR EACH ROW EXECUTE FUNCTION fix_is_not_moved();
