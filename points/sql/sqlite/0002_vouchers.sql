-- What merchants offer for points, and the vouchers people hold, for SQLite.

-- Invariants:
--   stock never goes below nothing (points_offer_stock);
--   an offer costs at least one point, and a cap allows at least one (points_offer_cost, points_offer_cap);
--   an offer ends after it starts (points_offer_window).
CREATE TABLE points_offer (
    id CHAR(36) NOT NULL PRIMARY KEY,
    merchant_id CHAR(36) NOT NULL,
    area_id CHAR(36),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    terms_zh TEXT NOT NULL,
    terms_en TEXT NOT NULL,
    cost BIGINT NOT NULL,
    stock BIGINT NOT NULL,
    per_person_cap INT,
    voucher_days INT NOT NULL DEFAULT 30,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP,
    state VARCHAR(8) NOT NULL DEFAULT 'open',
    image_key VARCHAR(120),
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT points_offer_cost CHECK (typeof(cost) = 'integer' AND cost BETWEEN 1 AND 1000000000),
    CONSTRAINT points_offer_stock CHECK (typeof(stock) = 'integer' AND stock >= 0),
    CONSTRAINT points_offer_cap
        CHECK (per_person_cap IS NULL OR (typeof(per_person_cap) = 'integer' AND per_person_cap >= 1)),
    CONSTRAINT points_offer_voucher_days
        CHECK (typeof(voucher_days) = 'integer' AND voucher_days BETWEEN 1 AND 3650),
    CONSTRAINT points_offer_state CHECK (state IN ('open', 'paused', 'closed')),
    CONSTRAINT points_offer_window CHECK (ends_at IS NULL OR ends_at > starts_at),
    CONSTRAINT points_offer_title CHECK (title_zh <> '' AND title_en <> ''),
    CONSTRAINT points_offer_utc
        CHECK (created_at LIKE '____-__-__ __:__:__%+00:00' AND starts_at LIKE '____-__-__ __:__:__%+00:00'
            AND (ends_at IS NULL OR ends_at LIKE '____-__-__ __:__:__%+00:00'))
);

CREATE INDEX points_offer_by_merchant ON points_offer (merchant_id);
CREATE INDEX points_offer_open ON points_offer (cost) WHERE state = 'open';

-- A voucher keeps the words and the cost it was bought for, whatever happens to its offer.
--
-- Invariants:
--   it is used by somebody at a time exactly when it is redeemed (points_voucher_redeemed);
--   it is given back for a reason exactly when it expired or was refunded (points_voucher_returned);
--   its code is eight digits (points_voucher_code), and no two usable vouchers share one;
--   its points are set aside by one transfer that belongs to no other voucher.
CREATE TABLE points_voucher (
    id CHAR(36) NOT NULL PRIMARY KEY,
    offer_id CHAR(36) NOT NULL REFERENCES points_offer (id),
    merchant_id CHAR(36) NOT NULL,
    user_id CHAR(36) NOT NULL,
    transfer_id CHAR(36) NOT NULL REFERENCES points_transfer (id),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    terms_zh TEXT NOT NULL,
    terms_en TEXT NOT NULL,
    cost BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL DEFAULT 'issued',
    code VARCHAR(8) NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    redeemed_at TIMESTAMP,
    redeemed_by CHAR(36),
    redemption_id CHAR(36),
    returned_at TIMESTAMP,
    return_reason VARCHAR(200),
    CONSTRAINT points_voucher_cost CHECK (typeof(cost) = 'integer' AND cost >= 1),
    CONSTRAINT points_voucher_state CHECK (state IN ('issued', 'redeemed', 'expired', 'refunded')),
    CONSTRAINT points_voucher_code CHECK (code GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'),
    CONSTRAINT points_voucher_redeemed
        CHECK ((state = 'redeemed') = (redeemed_at IS NOT NULL)
            AND (redeemed_at IS NULL) = (redeemed_by IS NULL)
            AND (redemption_id IS NULL OR redeemed_at IS NOT NULL)),
    CONSTRAINT points_voucher_returned
        CHECK ((state IN ('expired', 'refunded')) = (returned_at IS NOT NULL)
            AND (returned_at IS NULL) = (return_reason IS NULL)),
    CONSTRAINT points_voucher_term CHECK (expires_at > issued_at),
    CONSTRAINT points_voucher_utc
        CHECK (issued_at LIKE '____-__-__ __:__:__%+00:00' AND expires_at LIKE '____-__-__ __:__:__%+00:00'
            AND (redeemed_at IS NULL OR redeemed_at LIKE '____-__-__ __:__:__%+00:00')
            AND (returned_at IS NULL OR returned_at LIKE '____-__-__ __:__:__%+00:00'))
);

CREATE UNIQUE INDEX points_voucher_transfer ON points_voucher (transfer_id);
CREATE UNIQUE INDEX points_voucher_usable_code ON points_voucher (code) WHERE state = 'issued';
CREATE INDEX points_voucher_by_user ON points_voucher (user_id, issued_at);
CREATE INDEX points_voucher_by_offer ON points_voucher (offer_id, user_id);
CREATE INDEX points_voucher_by_merchant ON points_voucher (merchant_id, redeemed_at);
CREATE INDEX points_voucher_due ON points_voucher (expires_at) WHERE state = 'issued';

-- A voucher is born issued, of an offer of the same merchant, with exactly its cost set aside for it by its
-- holder for that merchant; and nobody holds more of one offer than its cap allows. INSERT OR REPLACE would
-- remove a row without firing the delete trigger, so whatever would be replaced is refused before.
CREATE TRIGGER points_voucher_born BEFORE INSERT ON points_voucher
BEGIN
    SELECT RAISE(ABORT, 'points_voucher_id: this voucher is stored already')
        WHERE EXISTS (SELECT 1 FROM points_voucher WHERE id = NEW.id OR transfer_id = NEW.transfer_id);
    SELECT RAISE(ABORT, 'points_voucher_born: a voucher starts as issued')
        WHERE NEW.state <> 'issued';
    SELECT RAISE(ABORT, 'points_voucher_offer: the offer belongs to another merchant')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_offer o WHERE o.id = NEW.offer_id AND o.merchant_id = NEW.merchant_id);
    SELECT RAISE(ABORT, 'points_voucher_paid: the cost of this voucher is not set aside for it')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_transfer t
            JOIN points_account d ON d.id = t.debit_account_id
            JOIN points_account c ON c.id = t.credit_account_id
            WHERE t.id = NEW.transfer_id AND t.kind = 'pending' AND t.amount = NEW.cost
                AND t.reference_id = NEW.id
                AND d.kind = 'person' AND d.owner_id = NEW.user_id
                AND c.kind = 'merchant' AND c.owner_id = NEW.merchant_id);
    SELECT RAISE(ABORT, 'points_voucher_cap: this person holds as many of this offer as one may')
        WHERE EXISTS (
            SELECT 1 FROM points_offer o
            WHERE o.id = NEW.offer_id AND o.per_person_cap IS NOT NULL AND o.per_person_cap <= (
                SELECT count(*) FROM points_voucher v
                WHERE v.offer_id = NEW.offer_id AND v.user_id = NEW.user_id
                    AND v.state IN ('issued', 'redeemed')));
END;

-- issued -> redeemed | expired | refunded, once; everything else about a voucher stays as it was bought.
-- It cannot be redeemed after its last moment.
CREATE TRIGGER points_voucher_moves BEFORE UPDATE ON points_voucher
BEGIN
    SELECT RAISE(ABORT, 'points_voucher_moves: a voucher moves once, from issued')
        WHERE OLD.state <> 'issued' OR NEW.state = 'issued';
    SELECT RAISE(ABORT, 'points_voucher_late: this voucher has expired')
        WHERE NEW.state = 'redeemed' AND NEW.redeemed_at >= OLD.expires_at;
    SELECT RAISE(ABORT, 'points_voucher_fixed: a voucher stays as it was bought')
        WHERE NEW.id <> OLD.id OR NEW.offer_id <> OLD.offer_id OR NEW.merchant_id <> OLD.merchant_id
            OR NEW.user_id <> OLD.user_id OR NEW.transfer_id <> OLD.transfer_id
            OR NEW.title_zh <> OLD.title_zh OR NEW.title_en <> OLD.title_en
            OR NEW.terms_zh <> OLD.terms_zh OR NEW.terms_en <> OLD.terms_en
            OR NEW.cost <> OLD.cost OR NEW.code <> OLD.code
            OR NEW.issued_at <> OLD.issued_at OR NEW.expires_at <> OLD.expires_at;
END;

CREATE TRIGGER points_voucher_no_delete BEFORE DELETE ON points_voucher
BEGIN
    SELECT RAISE(ABORT, 'points_voucher_fixed: vouchers are never deleted');
END;
