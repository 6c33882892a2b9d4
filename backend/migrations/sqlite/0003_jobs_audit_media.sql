-- Work to be done after a commit. A row is written in the transaction that needs the work, so either both
-- exist or neither. Invariants: at most one row a key; a running job always has a holder and an end of its lease.
CREATE TABLE job (
    id CHAR(36) NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    payload JSON NOT NULL,
    key VARCHAR(200) UNIQUE,
    state VARCHAR(8) NOT NULL DEFAULT 'todo',
    run_at TIMESTAMP NOT NULL,
    attempts INT NOT NULL DEFAULT 0,
    leased_by CHAR(36),
    leased_until TIMESTAMP,
    last_error VARCHAR(500) NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    keep_until TIMESTAMP NOT NULL,
    CONSTRAINT job_state_known CHECK (state IN ('todo', 'doing', 'done', 'dead')),
    CONSTRAINT job_attempts_not_negative CHECK (attempts >= 0),
    CONSTRAINT job_lease_while_doing CHECK (
        (state = 'doing') = (leased_by IS NOT NULL) AND (state = 'doing') = (leased_until IS NOT NULL)
    ),
    CONSTRAINT job_finished_when_over CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);
CREATE INDEX job_todo ON job (run_at, id) WHERE state = 'todo';
CREATE INDEX job_doing ON job (leased_until) WHERE state = 'doing';
CREATE INDEX job_over ON job (keep_until) WHERE state IN ('done', 'dead');
CREATE INDEX job_dead ON job (finished_at) WHERE state = 'dead';
CREATE INDEX job_name ON job (name, state, finished_at);

-- The last link of each district's audit chain. Whoever appends locks this row first, so a chain cannot fork.
CREATE TABLE audit_head (
    tenant VARCHAR(80) NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT audit_head_position_not_negative CHECK (position >= 0)
);

-- Who did what to which thing. Invariants: rows are only ever added; each follows the one before it in its
-- district and carries that one's hash. The details are text, so that the bytes that were hashed are the bytes kept.
CREATE TABLE audit_entry (
    id CHAR(36) NOT NULL PRIMARY KEY,
    tenant VARCHAR(80) NOT NULL,
    position BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor_id CHAR(36),
    action VARCHAR(80) NOT NULL,
    kind VARCHAR(80) NOT NULL,
    object_id VARCHAR(80) NOT NULL,
    area_id CHAR(36),
    details TEXT NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT audit_entry_position_once UNIQUE (tenant, position),
    CONSTRAINT audit_entry_position_positive CHECK (position >= 1)
);
CREATE INDEX audit_entry_object ON audit_entry (kind, object_id);
CREATE INDEX audit_entry_area ON audit_entry (area_id, position);

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit_entry is append-only: rows are never changed');
END;

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit_entry is append-only: rows are never deleted');
END;

-- INSERT OR REPLACE would delete without the trigger above; this one also refuses a gap and a wrong link.
CREATE TRIGGER audit_entry_follows BEFORE INSERT ON audit_entry
WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
    OR NEW.position <> COALESCE((SELECT MAX(position) FROM audit_entry WHERE tenant = NEW.tenant), 0) + 1
    OR NEW.previous_hash <> COALESCE(
        (SELECT hash FROM audit_entry WHERE tenant = NEW.tenant AND position = NEW.position - 1), '')
BEGIN
    SELECT RAISE(ABORT, 'audit_entry does not follow the last entry of its chain');
END;

-- A photo as it was re-encoded; its bytes lie in the object store under the key.
CREATE TABLE media (
    key VARCHAR(80) NOT NULL PRIMARY KEY,
    content_type VARCHAR(40) NOT NULL,
    width INT NOT NULL,
    height INT NOT NULL,
    bytes INT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT media_size_positive CHECK (width > 0 AND height > 0 AND bytes > 0)
);
