-- Budgets: how many points a funder gives a district for a period, for PostgreSQL.

-- What is credited while a budget covers the moment is taken from it, and no more than it holds.
--
-- Invariants:
--   never more is used than was given (points_budget_room);
--   `used` is the sum of its uses, whatever the Python above does (points_budget_used_from_uses);
--   the last `kept_for_posted` points go to posted patrols; the caller sees to that.
CREATE TABLE points_budget (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL,
    funder VARCHAR(60) NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    points BIGINT NOT NULL,
    kept_for_posted BIGINT NOT NULL DEFAULT 0,
    used BIGINT NOT NULL DEFAULT 0,
    note VARCHAR(200) NOT NULL DEFAULT '',
    told_percent INT NOT NULL DEFAULT 0,
    told_end BOOL NOT NULL DEFAULT FALSE,
    created_by UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    CONSTRAINT points_budget_period CHECK (ends_at > starts_at),
    CONSTRAINT points_budget_points CHECK (points BETWEEN 1 AND 1000000000),
    CONSTRAINT points_budget_kept CHECK (kept_for_posted BETWEEN 0 AND points),
    CONSTRAINT points_budget_room CHECK (used BETWEEN 0 AND points)
);
CREATE INDEX points_budget_area ON points_budget (area_id, ends_at);

-- What an earning took from a budget; an earning may take from two when the first runs out.
CREATE TABLE points_budget_use (
    transfer_id UUID NOT NULL,
    budget_id UUID NOT NULL REFERENCES points_budget (id),
    points BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT points_budget_use_points CHECK (points >= 1),
    PRIMARY KEY (transfer_id, budget_id)
);
CREATE INDEX points_budget_use_budget ON points_budget_use (budget_id, at);

CREATE FUNCTION points_budget_use_count() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE points_budget SET used = used + NEW.points WHERE id = NEW.budget_id;
    RETURN NULL;
END $$;
CREATE TRIGGER points_budget_use_counts AFTER INSERT ON points_budget_use
    FOR EACH ROW EXECUTE FUNCTION points_budget_use_count();

CREATE FUNCTION points_budget_use_guard() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'points_budget_use_fixed: what was used is never changed or deleted'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER points_budget_use_guarded BEFORE UPDATE OR DELETE ON points_budget_use
    FOR EACH ROW EXECUTE FUNCTION points_budget_use_guard();
CREATE TRIGGER points_budget_use_no_truncate BEFORE TRUNCATE ON points_budget_use
    FOR EACH STATEMENT EXECUTE FUNCTION points_budget_use_guard();

CREATE FUNCTION points_budget_guard() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.used <> 0 THEN
            RAISE EXCEPTION 'points_budget_used_from_uses: a budget starts unused' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP <> 'UPDATE' OR (NEW.id, NEW.area_id, NEW.funder, NEW.starts_at, NEW.ends_at, NEW.points,
            NEW.kept_for_posted)
        IS DISTINCT FROM (OLD.id, OLD.area_id, OLD.funder, OLD.starts_at, OLD.ends_at, OLD.points,
            OLD.kept_for_posted) THEN
        RAISE EXCEPTION 'points_budget_fixed: a budget is never changed or deleted; end it and add another'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.used <> OLD.used AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'points_budget_used_from_uses: a budget is used by its uses only'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_budget_guarded BEFORE INSERT OR UPDATE OR DELETE ON points_budget
    FOR EACH ROW EXECUTE FUNCTION points_budget_guard();
CREATE TRIGGER points_budget_no_truncate BEFORE TRUNCATE ON points_budget
    FOR EACH STATEMENT EXECUTE FUNCTION points_budget_guard();
