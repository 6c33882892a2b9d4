-- The versions of a district's rules, and the facts each earning was computed from, for SQLite.

-- A version is drafted, looked at, and switched on once; its figures never change. The one switched on last holds.
CREATE TABLE points_rules (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL,
    version INT NOT NULL,
    figures TEXT NOT NULL,
    note VARCHAR(200) NOT NULL,
    created_by CHAR(36) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    switched_on_at TIMESTAMP,
    switched_on_by CHAR(36),
    CONSTRAINT points_rules_switched CHECK ((switched_on_at IS NULL) = (switched_on_by IS NULL)),
    CONSTRAINT points_rules_version CHECK (version >= 1)
);
CREATE UNIQUE INDEX points_rules_once ON points_rules (area_id, version);

-- What a person did, as it was judged, and what it earned by which version; so that other figures can be tried on it.
CREATE TABLE points_earning (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    reference_id CHAR(36) NOT NULL,
    user_id CHAR(36) NOT NULL,
    reviewer_id CHAR(36) NOT NULL,
    facts TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    rules_version INT NOT NULL,
    points BIGINT NOT NULL,
    CONSTRAINT points_earning_kind CHECK (kind IN ('patrol', 'handled_matter', 'mediation', 'talk')),
    CONSTRAINT points_earning_points CHECK (points >= 0),
    CONSTRAINT points_earning_other_reviews CHECK (reviewer_id <> user_id)
);
CREATE UNIQUE INDEX points_earning_once ON points_earning (reference_id, user_id);
CREATE INDEX points_earning_area ON points_earning (area_id, at);
CREATE INDEX points_earning_pair ON points_earning (user_id, reviewer_id, at);

CREATE TRIGGER points_rules_moves BEFORE UPDATE ON points_rules
BEGIN
    SELECT RAISE(ABORT, 'points_rules_fixed: a version is switched on once, and never changed')
        WHERE OLD.switched_on_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.area_id <> OLD.area_id
            OR NEW.version <> OLD.version OR NEW.figures <> OLD.figures OR NEW.created_by <> OLD.created_by;
END;

CREATE TRIGGER points_rules_no_delete BEFORE DELETE ON points_rules
BEGIN
    SELECT RAISE(ABORT, 'points_rules_fixed: versions are never deleted');
END;

CREATE TRIGGER points_earning_no_update BEFORE UPDATE ON points_earning
BEGIN
    SELECT RAISE(ABORT, 'points_earning_fixed: what was earned is never changed; reverse its transfer');
END;

CREATE TRIGGER points_earning_no_delete BEFORE DELETE ON points_earning
BEGIN
    SELECT RAISE(ABORT, 'points_earning_fixed: what was earned is never deleted; reverse its transfer');
END;
