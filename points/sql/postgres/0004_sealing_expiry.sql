-- The journal sealed in hashed blocks, what the audits found, and which points' end was announced, for PostgreSQL.

-- A block seals the transfers from first_seq to last_seq. row_digests has 16 bytes for each of them, in order;
-- hash is the SHA-256 of the hash before it and of row_digests, so that changing, adding or removing a sealed
-- transfer shows, and whoever has noted one hash can check everything before it.
--
-- Invariants:
--   blocks follow each other without a gap, and their transfers in order (points_block_follows);
--   there is one digest for each transfer (points_block_digests).
CREATE TABLE points_block (
    number BIGINT NOT NULL PRIMARY KEY,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    transfers INT NOT NULL,
    row_digests BYTEA NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    sealed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT points_block_digests CHECK (transfers >= 1 AND length(row_digests) = 16 * transfers),
    CONSTRAINT points_block_order CHECK (number >= 1 AND first_seq >= 1 AND last_seq >= first_seq)
);

-- What an audit found; the newest is shown to administrators.
CREATE TABLE points_audit (
    id UUID NOT NULL PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    ok BOOL NOT NULL,
    accounts BIGINT NOT NULL,
    transfers BIGINT NOT NULL,
    vouchers BIGINT NOT NULL,
    blocks BIGINT NOT NULL,
    head_hash VARCHAR(64) NOT NULL,
    wrong_what VARCHAR(20),
    wrong_id VARCHAR(40),
    problem TEXT,
    seconds DOUBLE PRECISION NOT NULL
);
CREATE INDEX points_audit_at ON points_audit (at);

-- Up to when the end of an account's points was announced to its owner, and when that was.
CREATE TABLE points_expiry_notice (
    account_id UUID NOT NULL REFERENCES points_account (id),
    expires_until TIMESTAMPTZ NOT NULL,
    announced_at TIMESTAMPTZ NOT NULL,
    points BIGINT NOT NULL,
    CONSTRAINT points_expiry_notice_once PRIMARY KEY (account_id, expires_until),
    CONSTRAINT points_expiry_notice_points CHECK (points >= 1)
);

CREATE FUNCTION points_block_guard() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'points_block_fixed: blocks are never changed or deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.number <> coalesce((SELECT max(number) FROM points_block), 0) + 1
        OR NEW.first_seq <= coalesce((SELECT max(last_seq) FROM points_block), 0)
        OR NEW.previous_hash <> coalesce((SELECT hash FROM points_block ORDER BY number DESC LIMIT 1), '') THEN
        RAISE EXCEPTION 'points_block_follows: a block follows the one before it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_block_guarded BEFORE INSERT OR UPDATE OR DELETE ON points_block
    FOR EACH ROW EXECUTE FUNCTION points_block_guard();
CREATE TRIGGER points_block_no_truncate BEFORE TRUNCATE ON points_block
    FOR EACH STATEMENT EXECUTE FUNCTION points_block_guard();
