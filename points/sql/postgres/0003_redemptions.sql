-- What happens at the till, for PostgreSQL: each redemption is a row of its own, and can be undone for five minutes.

ALTER TABLE points_offer ADD COLUMN hours VARCHAR(60) NOT NULL DEFAULT '';
-- When it is honoured, in the words of the purchase.
ALTER TABLE points_voucher ADD COLUMN hours VARCHAR(60) NOT NULL DEFAULT '';

-- A redemption: which voucher, at which till, by whom, and the transfer that moved its points.
--
-- Invariants:
--   it tells who undid it, when and why, or none of these (points_redemption_undone);
--   a voucher has one redemption that stands (points_redemption_one_stands);
--   its transfer is the one that posted the voucher's points, and belongs to no other redemption.
CREATE TABLE points_redemption (
    id UUID NOT NULL PRIMARY KEY,
    voucher_id UUID NOT NULL REFERENCES points_voucher (id),
    merchant_id UUID NOT NULL,
    branch_id UUID,
    staff_id UUID NOT NULL,
    user_id UUID NOT NULL,
    transfer_id UUID NOT NULL REFERENCES points_transfer (id),
    redeemed_at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ,
    undone_by UUID,
    undo_reason VARCHAR(200),
    CONSTRAINT points_redemption_undone
        CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undo_reason IS NULL))
);
CREATE UNIQUE INDEX points_redemption_one_stands ON points_redemption (voucher_id) WHERE undone_at IS NULL;
CREATE UNIQUE INDEX points_redemption_transfer ON points_redemption (transfer_id);
CREATE INDEX points_redemption_by_merchant ON points_redemption (merchant_id, redeemed_at);
CREATE INDEX points_redemption_by_staff ON points_redemption (staff_id, user_id, redeemed_at);

INSERT INTO points_redemption (id, voucher_id, merchant_id, staff_id, user_id, transfer_id, redeemed_at)
SELECT coalesce(v.redemption_id, v.id), v.id, v.merchant_id, v.redeemed_by, v.user_id, t.id, v.redeemed_at
FROM points_voucher v JOIN points_transfer t ON t.pending_id = v.transfer_id AND t.kind = 'post'
WHERE v.state = 'redeemed';

-- A redemption is born standing, for a voucher that is redeemed by exactly this transfer. It is undone once,
-- within five minutes, after its points were moved back; nothing else about it changes.
CREATE FUNCTION points_redemption_guard() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'points_redemption_fixed: redemptions are never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.undone_at IS NOT NULL THEN
            RAISE EXCEPTION 'points_redemption_born: a redemption begins as one that stands'
                USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM points_voucher v JOIN points_transfer t ON t.pending_id = v.transfer_id
            WHERE v.id = NEW.voucher_id AND v.state = 'redeemed' AND v.merchant_id = NEW.merchant_id
                AND v.user_id = NEW.user_id AND t.id = NEW.transfer_id AND t.kind = 'post'
        ) THEN
            RAISE EXCEPTION 'points_redemption_posted: this transfer did not redeem this voucher'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL
        OR (NEW.id, NEW.voucher_id, NEW.merchant_id, NEW.branch_id, NEW.staff_id, NEW.user_id, NEW.transfer_id,
            NEW.redeemed_at)
        IS DISTINCT FROM
        (OLD.id, OLD.voucher_id, OLD.merchant_id, OLD.branch_id, OLD.staff_id, OLD.user_id, OLD.transfer_id,
            OLD.redeemed_at) THEN
        RAISE EXCEPTION 'points_redemption_fixed: a redemption is only ever undone, once'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.undone_at < OLD.redeemed_at OR NEW.undone_at > OLD.redeemed_at + INTERVAL '301 seconds' THEN
        RAISE EXCEPTION 'points_redemption_late: a redemption can be undone for five minutes'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM points_transfer t WHERE t.reverses_id = OLD.transfer_id) THEN
        RAISE EXCEPTION 'points_redemption_reversed: its points have not been moved back'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_redemption_guarded BEFORE INSERT OR UPDATE OR DELETE ON points_redemption
    FOR EACH ROW EXECUTE FUNCTION points_redemption_guard();
CREATE TRIGGER points_redemption_no_truncate BEFORE TRUNCATE ON points_redemption
    FOR EACH STATEMENT EXECUTE FUNCTION points_redemption_guard();

-- issued -> redeemed | expired | refunded; and redeemed -> issued where its redemption was undone, with its
-- cost set aside anew and another code. Everything else about a voucher stays as it was bought. It cannot be
-- redeemed after its last moment.
CREATE OR REPLACE FUNCTION points_voucher_check_move() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'points_voucher_fixed: vouchers are never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (OLD.state = 'issued' AND NEW.state <> 'issued') AND NOT (OLD.state = 'redeemed' AND NEW.state = 'issued') THEN
        RAISE EXCEPTION 'points_voucher_moves: a voucher moves from issued, and back when its redemption is undone'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'redeemed' AND (
        EXISTS (SELECT 1 FROM points_redemption r WHERE r.voucher_id = OLD.id AND r.undone_at IS NULL)
        OR NOT EXISTS (
            SELECT 1 FROM points_transfer t
            JOIN points_account d ON d.id = t.debit_account_id
            JOIN points_account c ON c.id = t.credit_account_id
            WHERE t.id = NEW.transfer_id AND t.kind = 'pending' AND t.amount = OLD.cost
                AND t.reference_id = OLD.id AND d.kind = 'person' AND d.owner_id = OLD.user_id
                AND c.kind = 'merchant' AND c.owner_id = OLD.merchant_id
                AND NOT EXISTS (SELECT 1 FROM points_transfer e WHERE e.pending_id = t.id))
    ) THEN
        RAISE EXCEPTION 'points_voucher_undone: its redemption stands, or its cost is not set aside anew'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'redeemed' AND NEW.redeemed_at >= OLD.expires_at THEN
        RAISE EXCEPTION 'points_voucher_late: this voucher has expired' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.offer_id, NEW.merchant_id, NEW.user_id, NEW.title_zh, NEW.title_en,
        NEW.terms_zh, NEW.terms_en, NEW.hours, NEW.cost, NEW.issued_at, NEW.expires_at)
        IS DISTINCT FROM
        (OLD.id, OLD.offer_id, OLD.merchant_id, OLD.user_id, OLD.title_zh, OLD.title_en,
        OLD.terms_zh, OLD.terms_en, OLD.hours, OLD.cost, OLD.issued_at, OLD.expires_at)
        OR (NEW.state <> 'issued' AND (NEW.transfer_id, NEW.code) IS DISTINCT FROM (OLD.transfer_id, OLD.code)) THEN
        RAISE EXCEPTION 'points_voucher_fixed: a voucher stays as it was bought'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
