-- What happens at the till, for SQLite: each redemption is a row of its own, and can be undone for five minutes.

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
    id CHAR(36) NOT NULL PRIMARY KEY,
    voucher_id CHAR(36) NOT NULL REFERENCES points_voucher (id),
    merchant_id CHAR(36) NOT NULL,
    branch_id CHAR(36),
    staff_id CHAR(36) NOT NULL,
    user_id CHAR(36) NOT NULL,
    transfer_id CHAR(36) NOT NULL REFERENCES points_transfer (id),
    redeemed_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP,
    undone_by CHAR(36),
    undo_reason VARCHAR(200),
    CONSTRAINT points_redemption_undone
        CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undo_reason IS NULL)),
    CONSTRAINT points_redemption_utc
        CHECK (redeemed_at LIKE '____-__-__ __:__:__%+00:00'
            AND (undone_at IS NULL OR undone_at LIKE '____-__-__ __:__:__%+00:00'))
);
CREATE UNIQUE INDEX points_redemption_one_stands ON points_redemption (voucher_id) WHERE undone_at IS NULL;
CREATE UNIQUE INDEX points_redemption_transfer ON points_redemption (transfer_id);
CREATE INDEX points_redemption_by_merchant ON points_redemption (merchant_id, redeemed_at);
CREATE INDEX points_redemption_by_staff ON points_redemption (staff_id, user_id, redeemed_at);

INSERT INTO points_redemption (id, voucher_id, merchant_id, staff_id, user_id, transfer_id, redeemed_at)
SELECT coalesce(v.redemption_id, v.id), v.id, v.merchant_id, v.redeemed_by, v.user_id, t.id, v.redeemed_at
FROM points_voucher v JOIN points_transfer t ON t.pending_id = v.transfer_id AND t.kind = 'post'
WHERE v.state = 'redeemed';

-- A redemption is born standing, for a voucher that is redeemed by exactly this transfer. INSERT OR REPLACE
-- would remove a row without firing the delete trigger, so whatever would be replaced is refused before.
CREATE TRIGGER points_redemption_born BEFORE INSERT ON points_redemption
BEGIN
    SELECT RAISE(ABORT, 'points_redemption_id: this redemption is stored already')
        WHERE EXISTS (SELECT 1 FROM points_redemption r WHERE r.id = NEW.id OR r.transfer_id = NEW.transfer_id
            OR (r.voucher_id = NEW.voucher_id AND r.undone_at IS NULL));
    SELECT RAISE(ABORT, 'points_redemption_born: a redemption begins as one that stands')
        WHERE NEW.undone_at IS NOT NULL;
    SELECT RAISE(ABORT, 'points_redemption_posted: this transfer did not redeem this voucher')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_voucher v JOIN points_transfer t ON t.pending_id = v.transfer_id
            WHERE v.id = NEW.voucher_id AND v.state = 'redeemed' AND v.merchant_id = NEW.merchant_id
                AND v.user_id = NEW.user_id AND t.id = NEW.transfer_id AND t.kind = 'post');
END;

-- It is undone once, within five minutes, after its points were moved back; nothing else about it changes.
CREATE TRIGGER points_redemption_moves BEFORE UPDATE ON points_redemption
BEGIN
    SELECT RAISE(ABORT, 'points_redemption_fixed: a redemption is only ever undone, once')
        WHERE OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.id <> OLD.id
            OR NEW.voucher_id <> OLD.voucher_id OR NEW.merchant_id <> OLD.merchant_id
            OR NEW.branch_id IS NOT OLD.branch_id OR NEW.staff_id <> OLD.staff_id OR NEW.user_id <> OLD.user_id
            OR NEW.transfer_id <> OLD.transfer_id OR NEW.redeemed_at <> OLD.redeemed_at;
    SELECT RAISE(ABORT, 'points_redemption_late: a redemption can be undone for five minutes')
        WHERE unixepoch(NEW.undone_at) - unixepoch(OLD.redeemed_at) NOT BETWEEN 0 AND 300;
    SELECT RAISE(ABORT, 'points_redemption_reversed: its points have not been moved back')
        WHERE NOT EXISTS (SELECT 1 FROM points_transfer t WHERE t.reverses_id = OLD.transfer_id);
END;

CREATE TRIGGER points_redemption_no_delete BEFORE DELETE ON points_redemption
BEGIN
    SELECT RAISE(ABORT, 'points_redemption_fixed: redemptions are never deleted');
END;

-- issued -> redeemed | expired | refunded; and redeemed -> issued where its redemption was undone, with its
-- cost set aside anew and another code. Everything else about a voucher stays as it was bought. It cannot be
-- redeemed after its last moment.
DROP TRIGGER points_voucher_moves;
CREATE TRIGGER points_voucher_moves BEFORE UPDATE ON points_voucher
BEGIN
    SELECT RAISE(ABORT, 'points_voucher_moves: a voucher moves from issued, and back when its redemption is undone')
        WHERE NOT (OLD.state = 'issued' AND NEW.state <> 'issued')
            AND NOT (OLD.state = 'redeemed' AND NEW.state = 'issued');
    SELECT RAISE(ABORT, 'points_voucher_undone: its redemption stands, or its cost is not set aside anew')
        WHERE OLD.state = 'redeemed' AND (
            EXISTS (SELECT 1 FROM points_redemption r WHERE r.voucher_id = OLD.id AND r.undone_at IS NULL)
            OR NOT EXISTS (
                SELECT 1 FROM points_transfer t
                JOIN points_account d ON d.id = t.debit_account_id
                JOIN points_account c ON c.id = t.credit_account_id
                WHERE t.id = NEW.transfer_id AND t.kind = 'pending' AND t.amount = OLD.cost
                    AND t.reference_id = OLD.id AND d.kind = 'person' AND d.owner_id = OLD.user_id
                    AND c.kind = 'merchant' AND c.owner_id = OLD.merchant_id
                    AND NOT EXISTS (SELECT 1 FROM points_transfer e WHERE e.pending_id = t.id)));
    SELECT RAISE(ABORT, 'points_voucher_late: this voucher has expired')
        WHERE NEW.state = 'redeemed' AND NEW.redeemed_at >= OLD.expires_at;
    SELECT RAISE(ABORT, 'points_voucher_fixed: a voucher stays as it was bought')
        WHERE NEW.id <> OLD.id OR NEW.offer_id <> OLD.offer_id OR NEW.merchant_id <> OLD.merchant_id
            OR NEW.user_id <> OLD.user_id OR (NEW.transfer_id <> OLD.transfer_id AND NEW.state <> 'issued')
            OR NEW.title_zh <> OLD.title_zh OR NEW.title_en <> OLD.title_en
            OR NEW.terms_zh <> OLD.terms_zh OR NEW.terms_en <> OLD.terms_en OR NEW.hours <> OLD.hours
            OR NEW.cost <> OLD.cost OR (NEW.code <> OLD.code AND NEW.state <> 'issued')
            OR NEW.issued_at <> OLD.issued_at OR NEW.expires_at <> OLD.expires_at;
END;
