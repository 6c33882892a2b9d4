-- What each merchant is owed for a month, for SQLite.

-- A statement is frozen, then confirmed by the merchant or disputed line by line, then paid outside and recorded.
-- What is owed is the sum of its lines, and nothing else.
CREATE TABLE points_settlement (
    id CHAR(36) NOT NULL PRIMARY KEY,
    merchant_id CHAR(36) NOT NULL,
    area_id CHAR(36) NOT NULL,
    period VARCHAR(7) NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'frozen',
    frozen_at TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP,
    confirmed_by CHAR(36),
    paid_at TIMESTAMP,
    paid_by CHAR(36),
    payment_reference VARCHAR(80),
    payment_cents BIGINT,
    CONSTRAINT points_settlement_state CHECK (state IN ('frozen', 'disputed', 'confirmed', 'paid')),
    CONSTRAINT points_settlement_window CHECK (ends_at > starts_at AND frozen_at >= ends_at),
    CONSTRAINT points_settlement_confirmed
        CHECK ((state IN ('confirmed', 'paid')) = (confirmed_at IS NOT NULL)
            AND (confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT points_settlement_paid
        CHECK ((state = 'paid') = (paid_at IS NOT NULL) AND (paid_at IS NULL) = (paid_by IS NULL)
            AND (paid_at IS NULL) = (payment_reference IS NULL)
            AND (payment_cents IS NULL OR (paid_at IS NOT NULL AND payment_cents >= 0)))
);
CREATE UNIQUE INDEX points_settlement_once ON points_settlement (merchant_id, period);
CREATE INDEX points_settlement_area ON points_settlement (area_id, period);

-- One line is one transfer of the merchant's account: points that came in, or went back. Each is in one statement.
CREATE TABLE points_settlement_line (
    transfer_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES points_transfer (id),
    settlement_id CHAR(36) NOT NULL REFERENCES points_settlement (id),
    kind VARCHAR(10) NOT NULL,
    voucher_id CHAR(36),
    points BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    dispute VARCHAR(10),
    dispute_note VARCHAR(200),
    dispute_answer VARCHAR(200),
    CONSTRAINT points_settlement_line_kind
        CHECK (kind IN ('redeemed', 'undone', 'corrected') AND (kind = 'redeemed') = (points > 0)),
    CONSTRAINT points_settlement_line_dispute
        CHECK (dispute IS NULL OR dispute IN ('open', 'stands', 'corrected')),
    CONSTRAINT points_settlement_line_note
        CHECK ((dispute IS NULL) = (dispute_note IS NULL)
            AND (dispute_answer IS NOT NULL) = (dispute IS NOT NULL AND dispute <> 'open'))
);
CREATE INDEX points_settlement_line_settlement ON points_settlement_line (settlement_id, at);

-- A line says of its transfer what the journal says, while its statement is still to be confirmed.
CREATE TRIGGER points_settlement_line_born BEFORE INSERT ON points_settlement_line
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_line_once: this transfer is in a statement already')
        WHERE EXISTS (SELECT 1 FROM points_settlement_line WHERE transfer_id = NEW.transfer_id);
    SELECT RAISE(ABORT, 'points_settlement_line_true: the line differs from its transfer')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_settlement s
            JOIN points_account a ON a.kind = 'merchant' AND a.owner_id = s.merchant_id
            JOIN points_transfer t ON t.id = NEW.transfer_id
            WHERE s.id = NEW.settlement_id AND s.state IN ('frozen', 'disputed')
                AND ((t.credit_account_id = a.id AND t.kind = 'post' AND NEW.points = t.amount)
                    OR (t.debit_account_id = a.id AND t.reverses_id IS NOT NULL AND NEW.points = -t.amount)));
END;

CREATE TRIGGER points_settlement_line_moves BEFORE UPDATE ON points_settlement_line
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_line_fixed: only the dispute about a line changes, until it is confirmed')
        WHERE NEW.transfer_id <> OLD.transfer_id OR NEW.settlement_id <> OLD.settlement_id OR NEW.kind <> OLD.kind
            OR NEW.points <> OLD.points OR NEW.at <> OLD.at OR NEW.voucher_id IS NOT OLD.voucher_id
            OR (SELECT state FROM points_settlement WHERE id = OLD.settlement_id) NOT IN ('frozen', 'disputed');
END;

CREATE TRIGGER points_settlement_line_no_delete BEFORE DELETE ON points_settlement_line
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_line_fixed: lines are never deleted');
END;

-- frozen -> confirmed | disputed; disputed -> confirmed when no dispute is open; confirmed -> paid.
CREATE TRIGGER points_settlement_moves BEFORE UPDATE ON points_settlement
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_moves: this is no step of a statement')
        WHERE (OLD.state || '>' || NEW.state) NOT IN
            ('frozen>disputed', 'disputed>disputed', 'frozen>confirmed', 'disputed>confirmed', 'confirmed>paid')
            OR (NEW.state = 'confirmed' AND EXISTS (
                SELECT 1 FROM points_settlement_line l WHERE l.settlement_id = OLD.id AND l.dispute = 'open'));
    SELECT RAISE(ABORT, 'points_settlement_fixed: a statement keeps its merchant and its month')
        WHERE NEW.id <> OLD.id OR NEW.merchant_id <> OLD.merchant_id OR NEW.area_id <> OLD.area_id
            OR NEW.period <> OLD.period OR NEW.starts_at <> OLD.starts_at OR NEW.ends_at <> OLD.ends_at
            OR NEW.frozen_at <> OLD.frozen_at;
END;

CREATE TRIGGER points_settlement_no_delete BEFORE DELETE ON points_settlement
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_fixed: statements are never deleted');
END;
