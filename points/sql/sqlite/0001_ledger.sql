-- The double-entry ledger of points, for SQLite.
--
-- Every invariant is held here, whatever the Python above it does. Times are UTC text as
-- "2026-06-05 12:00:00[.ffffff]+00:00", so that comparing the text compares the times.

-- An account's balance is what came in (credits) less what went out (debits). Pending amounts are
-- set aside until their transfer is posted or voided.
--
-- Invariants:
--   nobody spends what is not there, not even counting what is set aside (points_account_floor);
--   only the account that points are issued from may overdraw (points_account_issuer);
--   no total is ever negative (points_account_totals);
--   people, teams and merchants own their account; the three others belong to an area or to the
--   whole installation (points_account_owner).
CREATE TABLE points_account (
    id CHAR(36) NOT NULL PRIMARY KEY,
    kind VARCHAR(10) NOT NULL,
    owner_id CHAR(36),
    area_id CHAR(36),
    may_overdraw INT NOT NULL DEFAULT 0,
    debits_posted BIGINT NOT NULL DEFAULT 0,
    debits_pending BIGINT NOT NULL DEFAULT 0,
    credits_posted BIGINT NOT NULL DEFAULT 0,
    credits_pending BIGINT NOT NULL DEFAULT 0,
    -- the newest transfer whose amounts are in the totals above
    last_seq BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT points_account_kind
        CHECK (kind IN ('person', 'team', 'merchant', 'issue', 'expiry', 'settlement')),
    CONSTRAINT points_account_owner
        CHECK ((kind IN ('person', 'team', 'merchant')) = (owner_id IS NOT NULL)),
    CONSTRAINT points_account_issuer
        CHECK (may_overdraw IN (0, 1) AND (may_overdraw = 0 OR kind = 'issue')),
    CONSTRAINT points_account_totals
        CHECK (debits_posted >= 0 AND debits_pending >= 0 AND credits_posted >= 0 AND credits_pending >= 0),
    CONSTRAINT points_account_integers
        CHECK (typeof(debits_posted) = 'integer' AND typeof(debits_pending) = 'integer'
            AND typeof(credits_posted) = 'integer' AND typeof(credits_pending) = 'integer'),
    CONSTRAINT points_account_floor
        CHECK (may_overdraw = 1 OR debits_posted + debits_pending <= credits_posted),
    CONSTRAINT points_account_utc
        CHECK (created_at LIKE '____-__-__ __:__:__%+00:00')
);

-- One account a kind and owner; one a kind and area where nobody owns it.
CREATE UNIQUE INDEX points_account_one_per_owner ON points_account (kind, owner_id)
    WHERE owner_id IS NOT NULL;
CREATE UNIQUE INDEX points_account_one_per_area
    ON points_account (kind, coalesce(area_id, '00000000-0000-0000-0000-000000000000'))
    WHERE owner_id IS NULL;

-- The journal. A row is a movement of points from the debited account to the credited one.
--   posted   moves at once
--   pending  sets the amount aside, until timeout_at if one is given
--   post     turns a pending transfer into a movement
--   void     gives a pending amount back
-- A reversal is a posted transfer the other way that names what it reverses and why.
--
-- Invariants:
--   an amount is a whole number of points, at least 1 (points_transfer_amount);
--   nothing moves from an account to itself (points_transfer_two_sides);
--   post and void, and nothing else, name the pending transfer they end (points_transfer_resolves);
--   only a pending transfer can time out (points_transfer_timeout);
--   a reversal is posted and gives its reason, nothing else has one (points_transfer_reversal).
CREATE TABLE points_transfer (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id CHAR(36) NOT NULL,
    debit_account_id CHAR(36) NOT NULL REFERENCES points_account (id),
    credit_account_id CHAR(36) NOT NULL REFERENCES points_account (id),
    amount BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    pending_id CHAR(36) REFERENCES points_transfer (id),
    reverses_id CHAR(36) REFERENCES points_transfer (id),
    code VARCHAR(40) NOT NULL,
    reference_id CHAR(36),
    explanation TEXT NOT NULL,
    reason TEXT,
    timeout_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT points_transfer_amount
        CHECK (typeof(amount) = 'integer' AND amount BETWEEN 1 AND 1000000000),
    CONSTRAINT points_transfer_two_sides CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT points_transfer_kind CHECK (kind IN ('posted', 'pending', 'post', 'void')),
    CONSTRAINT points_transfer_resolves CHECK ((kind IN ('post', 'void')) = (pending_id IS NOT NULL)),
    CONSTRAINT points_transfer_timeout CHECK (timeout_at IS NULL OR kind = 'pending'),
    CONSTRAINT points_transfer_reversal
        CHECK ((reverses_id IS NULL) = (reason IS NULL) AND (reverses_id IS NULL OR kind = 'posted')),
    CONSTRAINT points_transfer_code CHECK (code <> ''),
    CONSTRAINT points_transfer_utc
        CHECK (created_at LIKE '____-__-__ __:__:__%+00:00'
            AND (timeout_at IS NULL OR timeout_at LIKE '____-__-__ __:__:__%+00:00'))
);

-- A transfer sent twice is stored once.
CREATE UNIQUE INDEX points_transfer_id ON points_transfer (id);
-- A pending transfer ends once, and a transfer is reversed once.
CREATE UNIQUE INDEX points_transfer_one_resolution ON points_transfer (pending_id)
    WHERE pending_id IS NOT NULL;
CREATE UNIQUE INDEX points_transfer_one_reversal ON points_transfer (reverses_id)
    WHERE reverses_id IS NOT NULL;
CREATE INDEX points_transfer_debits ON points_transfer (debit_account_id, seq);
CREATE INDEX points_transfer_credits ON points_transfer (credit_account_id, seq);
CREATE INDEX points_transfer_reference ON points_transfer (reference_id)
    WHERE reference_id IS NOT NULL;
CREATE INDEX points_transfer_timeouts ON points_transfer (timeout_at)
    WHERE timeout_at IS NOT NULL;

-- The journal only grows. INSERT OR REPLACE would remove a row without firing the delete trigger, so
-- whatever would be replaced is refused before.
CREATE TRIGGER points_transfer_no_replace BEFORE INSERT ON points_transfer
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_id: a transfer with this id is stored already')
        WHERE EXISTS (SELECT 1 FROM points_transfer WHERE id = NEW.id OR seq = NEW.seq);
    SELECT RAISE(ABORT, 'points_transfer_one_resolution: this pending transfer has ended already')
        WHERE EXISTS (SELECT 1 FROM points_transfer WHERE pending_id = NEW.pending_id);
    SELECT RAISE(ABORT, 'points_transfer_one_reversal: this transfer is reversed already')
        WHERE EXISTS (SELECT 1 FROM points_transfer WHERE reverses_id = NEW.reverses_id);
END;

CREATE TRIGGER points_transfer_no_update BEFORE UPDATE ON points_transfer
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_insert_only: transfers are never changed; reverse them');
END;

CREATE TRIGGER points_transfer_no_delete BEFORE DELETE ON points_transfer
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_insert_only: transfers are never deleted; reverse them');
END;

-- post and void repeat the accounts and the amount of the pending transfer they end, and a post comes
-- before the time-out. A reversal swaps the accounts of a transfer that moved, for the same amount.
CREATE TRIGGER points_transfer_matches BEFORE INSERT ON points_transfer
WHEN NEW.pending_id IS NOT NULL OR NEW.reverses_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_pending_match: no such pending transfer, or it has timed out')
        WHERE NEW.pending_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM points_transfer p
            WHERE p.id = NEW.pending_id AND p.kind = 'pending' AND p.amount = NEW.amount
                AND p.debit_account_id = NEW.debit_account_id
                AND p.credit_account_id = NEW.credit_account_id
                AND (NEW.kind = 'void' OR p.timeout_at IS NULL OR NEW.created_at < p.timeout_at));
    SELECT RAISE(ABORT, 'points_transfer_reversal_match: no such transfer to reverse')
        WHERE NEW.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM points_transfer r
            WHERE r.id = NEW.reverses_id AND r.kind IN ('posted', 'post') AND r.amount = NEW.amount
                AND r.debit_account_id = NEW.credit_account_id
                AND r.credit_account_id = NEW.debit_account_id);
END;

-- A stored transfer is in the totals of both accounts, from the same statement on.
CREATE TRIGGER points_transfer_apply AFTER INSERT ON points_transfer
BEGIN
    UPDATE points_account SET
        debits_posted = debits_posted + iif(NEW.kind IN ('posted', 'post'), NEW.amount, 0),
        debits_pending = debits_pending
            + CASE NEW.kind WHEN 'pending' THEN NEW.amount WHEN 'posted' THEN 0 ELSE -NEW.amount END,
        last_seq = NEW.seq
        WHERE id = NEW.debit_account_id;
    UPDATE points_account SET
        credits_posted = credits_posted + iif(NEW.kind IN ('posted', 'post'), NEW.amount, 0),
        credits_pending = credits_pending
            + CASE NEW.kind WHEN 'pending' THEN NEW.amount WHEN 'posted' THEN 0 ELSE -NEW.amount END,
        last_seq = NEW.seq
        WHERE id = NEW.credit_account_id;
END;

-- An account starts empty, and is never replaced.
CREATE TRIGGER points_account_starts_empty BEFORE INSERT ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_starts_empty: an account starts with nothing in it')
        WHERE NEW.debits_posted <> 0 OR NEW.debits_pending <> 0 OR NEW.credits_posted <> 0
            OR NEW.credits_pending <> 0 OR NEW.last_seq <> 0;
    SELECT RAISE(ABORT, 'points_account_id: this account exists already')
        WHERE EXISTS (SELECT 1 FROM points_account WHERE id = NEW.id
            OR (kind = NEW.kind AND owner_id = NEW.owner_id)
            OR (kind = NEW.kind AND owner_id IS NULL AND NEW.owner_id IS NULL AND area_id IS NEW.area_id));
END;

-- Totals change by exactly what one stored transfer says, each transfer once: no statement can make a
-- balance without a row in the journal.
CREATE TRIGGER points_account_totals_from_transfers
BEFORE UPDATE OF debits_posted, debits_pending, credits_posted, credits_pending, last_seq ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_totals_from_transfers: balances change through transfers only')
        WHERE NEW.last_seq <= OLD.last_seq OR NOT EXISTS (
            SELECT 1 FROM points_transfer t
            WHERE t.seq = NEW.last_seq
                AND NEW.debits_posted - OLD.debits_posted
                    = iif(t.debit_account_id = OLD.id AND t.kind IN ('posted', 'post'), t.amount, 0)
                AND NEW.credits_posted - OLD.credits_posted
                    = iif(t.credit_account_id = OLD.id AND t.kind IN ('posted', 'post'), t.amount, 0)
                AND NEW.debits_pending - OLD.debits_pending = iif(t.debit_account_id = OLD.id,
                    CASE t.kind WHEN 'pending' THEN t.amount WHEN 'posted' THEN 0 ELSE -t.amount END, 0)
                AND NEW.credits_pending - OLD.credits_pending = iif(t.credit_account_id = OLD.id,
                    CASE t.kind WHEN 'pending' THEN t.amount WHEN 'posted' THEN 0 ELSE -t.amount END, 0));
END;

-- Whose account it is never changes, nor whether it may overdraw.
CREATE TRIGGER points_account_identity
BEFORE UPDATE OF id, kind, owner_id, may_overdraw, created_at ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_identity: an account keeps its owner and its kind')
        WHERE NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.owner_id IS NOT OLD.owner_id
            OR NEW.may_overdraw <> OLD.may_overdraw OR NEW.created_at <> OLD.created_at;
END;

CREATE TRIGGER points_account_no_delete BEFORE DELETE ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_identity: accounts are never deleted');
END;
