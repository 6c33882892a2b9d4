-- The double-entry ledger of points, for PostgreSQL.
--
-- Every invariant is held here, whatever the Python above it does.

-- An account's balance is what came in (credits) less what went out (debits). Pending amounts are
-- set aside until their transfer is posted or voided.
--
-- Invariants:
--   nobody spends what is not there, not even counting what is set aside (points_account_floor);
--   only the account that points are issued from may overdraw (points_account_issuer);
--   no total is ever negative (points_account_totals);
--   people, teams and merchants own their account; the three others belong to an area or to the
--   whole installation (points_account_owner).
--
-- Half of each page stays free, so that the many updates of a busy account stay on their page.
CREATE TABLE points_account (
    id UUID NOT NULL PRIMARY KEY,
    kind VARCHAR(10) NOT NULL,
    owner_id UUID,
    area_id UUID,
    may_overdraw BOOL NOT NULL DEFAULT FALSE,
    debits_posted BIGINT NOT NULL DEFAULT 0,
    debits_pending BIGINT NOT NULL DEFAULT 0,
    credits_posted BIGINT NOT NULL DEFAULT 0,
    credits_pending BIGINT NOT NULL DEFAULT 0,
    -- the newest transfer whose amounts are in the totals above
    last_seq BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT points_account_kind
        CHECK (kind IN ('person', 'team', 'merchant', 'issue', 'expiry', 'settlement')),
    CONSTRAINT points_account_owner
        CHECK ((kind IN ('person', 'team', 'merchant')) = (owner_id IS NOT NULL)),
    CONSTRAINT points_account_issuer CHECK (NOT may_overdraw OR kind = 'issue'),
    CONSTRAINT points_account_totals
        CHECK (debits_posted >= 0 AND debits_pending >= 0 AND credits_posted >= 0 AND credits_pending >= 0),
    CONSTRAINT points_account_floor
        CHECK (may_overdraw OR debits_posted + debits_pending <= credits_posted)
) WITH (fillfactor = 50);

-- One account a kind and owner; one a kind and area where nobody owns it.
CREATE UNIQUE INDEX points_account_one_per_owner ON points_account (kind, owner_id)
    WHERE owner_id IS NOT NULL;
CREATE UNIQUE INDEX points_account_one_per_area
    ON points_account (kind, coalesce(area_id, '00000000-0000-0000-0000-000000000000'::UUID))
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
    seq BIGSERIAL NOT NULL PRIMARY KEY,
    id UUID NOT NULL,
    debit_account_id UUID NOT NULL REFERENCES points_account (id),
    credit_account_id UUID NOT NULL REFERENCES points_account (id),
    amount BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    pending_id UUID,
    reverses_id UUID,
    code VARCHAR(40) NOT NULL,
    reference_id UUID,
    explanation TEXT NOT NULL,
    reason TEXT,
    timeout_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT points_transfer_amount CHECK (amount BETWEEN 1 AND 1000000000),
    CONSTRAINT points_transfer_two_sides CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT points_transfer_kind CHECK (kind IN ('posted', 'pending', 'post', 'void')),
    CONSTRAINT points_transfer_resolves CHECK ((kind IN ('post', 'void')) = (pending_id IS NOT NULL)),
    CONSTRAINT points_transfer_timeout CHECK (timeout_at IS NULL OR kind = 'pending'),
    CONSTRAINT points_transfer_reversal
        CHECK ((reverses_id IS NULL) = (reason IS NULL) AND (reverses_id IS NULL OR kind = 'posted')),
    CONSTRAINT points_transfer_code CHECK (code <> '')
);

-- A transfer sent twice is stored once.
CREATE UNIQUE INDEX points_transfer_id ON points_transfer (id);
ALTER TABLE points_transfer
    ADD CONSTRAINT points_transfer_pending_known FOREIGN KEY (pending_id) REFERENCES points_transfer (id),
    ADD CONSTRAINT points_transfer_reverses_known FOREIGN KEY (reverses_id) REFERENCES points_transfer (id);
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

-- The journal only grows.
CREATE FUNCTION points_transfer_insert_only() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'points_transfer_insert_only: transfers are never changed or deleted; reverse them'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER points_transfer_no_change BEFORE UPDATE OR DELETE ON points_transfer
    FOR EACH ROW EXECUTE FUNCTION points_transfer_insert_only();
CREATE TRIGGER points_transfer_no_truncate BEFORE TRUNCATE ON points_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION points_transfer_insert_only();

-- post and void repeat the accounts and the amount of the pending transfer they end, and a post comes
-- before the time-out. A reversal swaps the accounts of a transfer that moved, for the same amount.
CREATE FUNCTION points_transfer_check_match() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.pending_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM points_transfer p
        WHERE p.id = NEW.pending_id AND p.kind = 'pending' AND p.amount = NEW.amount
            AND p.debit_account_id = NEW.debit_account_id
            AND p.credit_account_id = NEW.credit_account_id
            AND (NEW.kind = 'void' OR p.timeout_at IS NULL OR NEW.created_at < p.timeout_at)
    ) THEN
        RAISE EXCEPTION 'points_transfer_pending_match: no such pending transfer, or it has timed out'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM points_transfer r
        WHERE r.id = NEW.reverses_id AND r.kind IN ('posted', 'post') AND r.amount = NEW.amount
            AND r.debit_account_id = NEW.credit_account_id
            AND r.credit_account_id = NEW.debit_account_id
    ) THEN
        RAISE EXCEPTION 'points_transfer_reversal_match: no such transfer to reverse'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_transfer_matches BEFORE INSERT ON points_transfer
    FOR EACH ROW WHEN (NEW.pending_id IS NOT NULL OR NEW.reverses_id IS NOT NULL)
    EXECUTE FUNCTION points_transfer_check_match();

-- A stored transfer is in the totals of both accounts, from the same statement on. The account with the
-- smaller id is always changed first, so that two opposite transfers cannot wait for each other.
CREATE FUNCTION points_transfer_apply_amounts() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    posted BIGINT := CASE WHEN NEW.kind IN ('posted', 'post') THEN NEW.amount ELSE 0 END;
    pending BIGINT := CASE NEW.kind WHEN 'pending' THEN NEW.amount WHEN 'posted' THEN 0 ELSE -NEW.amount END;
    account UUID;
BEGIN
    FOREACH account IN ARRAY ARRAY[
        least(NEW.debit_account_id, NEW.credit_account_id), greatest(NEW.debit_account_id, NEW.credit_account_id)
    ] LOOP
        IF account = NEW.debit_account_id THEN
            UPDATE points_account SET debits_posted = debits_posted + posted,
                debits_pending = debits_pending + pending, last_seq = greatest(last_seq, NEW.seq)
                WHERE id = account;
        ELSE
            UPDATE points_account SET credits_posted = credits_posted + posted,
                credits_pending = credits_pending + pending, last_seq = greatest(last_seq, NEW.seq)
                WHERE id = account;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER points_transfer_apply AFTER INSERT ON points_transfer
    FOR EACH ROW EXECUTE FUNCTION points_transfer_apply_amounts();

-- An account starts empty; its totals change only from within the trigger above, so that no statement can
-- make a balance without a row in the journal; whose it is and whether it may overdraw never changes.
CREATE FUNCTION points_account_guard() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'points_account_identity: accounts are never deleted'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.debits_posted, NEW.debits_pending, NEW.credits_posted, NEW.credits_pending, NEW.last_seq)
            <> (0, 0, 0, 0, 0) THEN
            RAISE EXCEPTION 'points_account_starts_empty: an account starts with nothing in it'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.kind, NEW.owner_id, NEW.may_overdraw, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.owner_id, OLD.may_overdraw, OLD.created_at) THEN
        RAISE EXCEPTION 'points_account_identity: an account keeps its owner and its kind'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.debits_posted, NEW.debits_pending, NEW.credits_posted, NEW.credits_pending, NEW.last_seq)
        IS DISTINCT FROM
        (OLD.debits_posted, OLD.debits_pending, OLD.credits_posted, OLD.credits_pending, OLD.last_seq)
        AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'points_account_totals_from_transfers: balances change through transfers only'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_account_guarded BEFORE INSERT OR UPDATE OR DELETE ON points_account
    FOR EACH ROW EXECUTE FUNCTION points_account_guard();
CREATE TRIGGER points_account_no_truncate BEFORE TRUNCATE ON points_account
    FOR EACH STATEMENT EXECUTE FUNCTION points_account_guard();
