-- The versions of a district's rules, and the facts each earning was computed from, for PostgreSQL.

-- A version is drafted, looked at, and switched on once; its figures never change. The one switched on last holds.
CREATE TABLE points_rules (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL,
    version INT NOT NULL,
    figures TEXT NOT NULL,
    note VARCHAR(200) NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    switched_on_at TIMESTAMPTZ,
    switched_on_by UUID,
    CONSTRAINT points_rules_switched CHECK ((switched_on_at IS NULL) = (switched_on_by IS NULL)),
    CONSTRAINT points_rules_version CHECK (version >= 1)
);
CREATE UNIQUE INDEX points_rules_once ON points_rules (area_id, version);

-- What a person did, as it was judged, and what it earned by which version; so that other figures can be tried on it.
CREATE TABLE points_earning (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    reference_id UUID NOT NULL,
    user_id UUID NOT NULL,
    reviewer_id UUID NOT NULL,
    facts TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    rules_version INT NOT NULL,
    points BIGINT NOT NULL,
    CONSTRAINT points_earning_kind CHECK (kind IN ('patrol', 'handled_matter', 'mediation', 'talk')),
    CONSTRAINT points_earning_points CHECK (points >= 0),
    CONSTRAINT points_earning_other_reviews CHECK (reviewer_id <> user_id)
);
CREATE UNIQUE INDEX points_earning_once ON points_earning (reference_id, user_id);
CREATE INDEX points_earning_area ON points_earning (area_id, at);
CREATE INDEX points_earning_pair ON points_earning (user_id, reviewer_id, at);

CREATE FUNCTION points_rules_guard() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.switched_on_at IS NOT NULL
        OR (NEW.id, NEW.area_id, NEW.version, NEW.figures, NEW.created_by)
        IS DISTINCT FROM (OLD.id, OLD.area_id, OLD.version, OLD.figures, OLD.created_by) THEN
        RAISE EXCEPTION 'points_rules_fixed: a version is switched on once, and never changed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_rules_guarded BEFORE UPDATE OR DELETE ON points_rules
    FOR EACH ROW EXECUTE FUNCTION points_rules_guard();

CREATE FUNCTION points_earning_guard() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'points_earning_fixed: what was earned is never changed; reverse its transfer'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER points_earning_guarded BEFORE UPDATE OR DELETE ON points_earning
    FOR EACH ROW EXECUTE FUNCTION points_earning_guard();
