-- Budgets: how many points a funder gives a district for a period, for SQLite.

-- What is credited while a budget covers the moment is taken from it, and no more than it holds.
--
-- Invariants:
--   never more is used than was given (points_budget_room);
--   `used` is the sum of its uses, whatever the Python above does (points_budget_used_from_uses);
--   the last `kept_for_posted` points go to posted patrols; the caller sees to that.
CREATE TABLE points_budget (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL,
    funder VARCHAR(60) NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    points BIGINT NOT NULL,
    kept_for_posted BIGINT NOT NULL DEFAULT 0,
    used BIGINT NOT NULL DEFAULT 0,
    -- the newest use that is in `used`
    last_use BIGINT NOT NULL DEFAULT 0,
    note VARCHAR(200) NOT NULL DEFAULT '',
    told_percent INT NOT NULL DEFAULT 0,
    told_end INT NOT NULL DEFAULT 0,
    created_by CHAR(36) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    CONSTRAINT points_budget_period CHECK (ends_at > starts_at),
    CONSTRAINT points_budget_points CHECK (typeof(points) = 'integer' AND points BETWEEN 1 AND 1000000000),
    CONSTRAINT points_budget_kept CHECK (kept_for_posted BETWEEN 0 AND points),
    CONSTRAINT points_budget_room CHECK (typeof(used) = 'integer' AND used BETWEEN 0 AND points),
    CONSTRAINT points_budget_utc
        CHECK (starts_at LIKE '____-__-__ __:__:__%+00:00' AND ends_at LIKE '____-__-__ __:__:__%+00:00')
);
CREATE INDEX points_budget_area ON points_budget (area_id, ends_at);

-- What an earning took from a budget; an earning may take from two when the first runs out.
CREATE TABLE points_budget_use (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    transfer_id CHAR(36) NOT NULL,
    budget_id CHAR(36) NOT NULL REFERENCES points_budget (id),
    points BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    CONSTRAINT points_budget_use_points CHECK (typeof(points) = 'integer' AND points >= 1)
);
CREATE UNIQUE INDEX points_budget_use_once ON points_budget_use (transfer_id, budget_id);
CREATE INDEX points_budget_use_budget ON points_budget_use (budget_id, at);

CREATE TRIGGER points_budget_use_counts AFTER INSERT ON points_budget_use
BEGIN
    UPDATE points_budget SET used = used + NEW.points, last_use = NEW.number WHERE id = NEW.budget_id;
END;

-- INSERT OR REPLACE would remove a row without firing the delete trigger.
CREATE TRIGGER points_budget_use_no_replace BEFORE INSERT ON points_budget_use
WHEN EXISTS (SELECT 1 FROM points_budget_use
    WHERE number = NEW.number OR (transfer_id = NEW.transfer_id AND budget_id = NEW.budget_id))
BEGIN
    SELECT RAISE(ABORT, 'points_budget_use_once: this use is stored already');
END;

CREATE TRIGGER points_budget_use_no_update BEFORE UPDATE ON points_budget_use
BEGIN
    SELECT RAISE(ABORT, 'points_budget_use_fixed: what was used is never changed');
END;

CREATE TRIGGER points_budget_use_no_delete BEFORE DELETE ON points_budget_use
BEGIN
    SELECT RAISE(ABORT, 'points_budget_use_fixed: what was used is never deleted');
END;

CREATE TRIGGER points_budget_starts_unused BEFORE INSERT ON points_budget
BEGIN
    SELECT RAISE(ABORT, 'points_budget_used_from_uses: a budget starts unused')
        WHERE NEW.used <> 0 OR NEW.last_use <> 0;
    SELECT RAISE(ABORT, 'points_budget_fixed: a budget is never replaced')
        WHERE EXISTS (SELECT 1 FROM points_budget WHERE id = NEW.id);
END;

CREATE TRIGGER points_budget_used_from_uses BEFORE UPDATE OF used, last_use ON points_budget
WHEN NEW.last_use <= OLD.last_use OR NOT EXISTS (
    SELECT 1 FROM points_budget_use u
    WHERE u.number = NEW.last_use AND u.budget_id = OLD.id AND u.points = NEW.used - OLD.used)
BEGIN
    SELECT RAISE(ABORT, 'points_budget_used_from_uses: a budget is used by its uses only');
END;

CREATE TRIGGER points_budget_fixed BEFORE UPDATE OF id, area_id, funder, starts_at, ends_at, points, kept_for_posted
ON points_budget
BEGIN
    SELECT RAISE(ABORT, 'points_budget_fixed: a budget is never changed; end it and add another');
END;

CREATE TRIGGER points_budget_no_delete BEFORE DELETE ON points_budget
BEGIN
    SELECT RAISE(ABORT, 'points_budget_fixed: a budget is never deleted; end it');
END;
