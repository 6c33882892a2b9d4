-- What merchants offer for points, and the vouchers people hold, for PostgreSQL.

-- Invariants:
--   stock never goes below nothing (points_offer_stock);
--   an offer costs at least one point, and a cap allows at least one (points_offer_cost, points_offer_cap);
--   an offer ends after it starts (points_offer_window).
CREATE TABLE points_offer (
    id UUID NOT NULL PRIMARY KEY,
    merchant_id UUID NOT NULL,
    area_id UUID,
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    terms_zh TEXT NOT NULL,
    terms_en TEXT NOT NULL,
    cost BIGINT NOT NULL,
    stock BIGINT NOT NULL,
    per_person_cap INT,
    voucher_days INT NOT NULL DEFAULT 30,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ,
    state VARCHAR(8) NOT NULL DEFAULT 'open',
    image_key VARCHAR(120),
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT points_offer_cost CHECK (cost BETWEEN 1 AND 1000000000),
    CONSTRAINT points_offer_stock CHECK (stock >= 0),
    CONSTRAINT points_offer_cap CHECK (per_person_cap IS NULL OR per_person_cap >= 1),
    CONSTRAINT points_offer_voucher_days CHECK (voucher_days BETWEEN 1 AND 3650),
    CONSTRAINT points_offer_state CHECK (state IN ('open', 'paused', 'closed')),
    CONSTRAINT points_offer_window CHECK (ends_at IS NULL OR ends_at > starts_at),
    CONSTRAINT points_offer_title CHECK (title_zh <> '' AND title_en <> '')
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
    id UUID NOT NULL PRIMARY KEY,
    offer_id UUID NOT NULL REFERENCES points_offer (id),
    merchant_id UUID NOT NULL,
    user_id UUID NOT NULL,
    transfer_id UUID NOT NULL REFERENCES points_transfer (id),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    terms_zh TEXT NOT NULL,
    terms_en TEXT NOT NULL,
    cost BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL DEFAULT 'issued',
    code VARCHAR(8) NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    redeemed_at TIMESTAMPTZ,
    redeemed_by UUID,
    redemption_id UUID,
    returned_at TIMESTAMPTZ,
    return_reason VARCHAR(200),
    CONSTRAINT points_voucher_cost CHECK (cost >= 1),
    CONSTRAINT points_voucher_state CHECK (state IN ('issued', 'redeemed', 'expired', 'refunded')),
    CONSTRAINT points_voucher_code CHECK (code ~ '^[0-9]{8}$'),
    CONSTRAINT points_voucher_redeemed
        CHECK ((state = 'redeemed') = (redeemed_at IS NOT NULL)
            AND (redeemed_at IS NULL) = (redeemed_by IS NULL)
            AND (redemption_id IS NULL OR redeemed_at IS NOT NULL)),
    CONSTRAINT points_voucher_returned
        CHECK ((state IN ('expired', 'refunded')) = (returned_at IS NOT NULL)
            AND (returned_at IS NULL) = (return_reason IS NULL)),
    CONSTRAINT points_voucher_term CHECK (expires_at > issued_at)
);

CREATE UNIQUE INDEX points_voucher_transfer ON points_voucher (transfer_id);
CREATE UNIQUE INDEX points_voucher_usable_code ON points_voucher (code) WHERE state = 'issued';
CREATE INDEX points_voucher_by_user ON points_voucher (user_id, issued_at);
CREATE INDEX points_voucher_by_offer ON points_voucher (offer_id, user_id);
CREATE INDEX points_voucher_by_merchant ON points_voucher (merchant_id, redeemed_at);
CREATE INDEX points_voucher_due ON points_voucher (expires_at) WHERE state = 'issued';

-- A voucher is born issued, of an offer of the same merchant, with exactly its cost set aside for it by its
-- holder for that merchant; and nobody holds more of one offer than its cap allows. The offer stays locked
-- until the transaction ends, so that two vouchers for one person are counted one after the other.
CREATE FUNCTION points_voucher_check_born() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    cap INT;
BEGIN
    IF NEW.state <> 'issued' THEN
        RAISE EXCEPTION 'points_voucher_born: a voucher starts as issued' USING ERRCODE = 'check_violation';
    END IF;
    SELECT per_person_cap INTO cap FROM points_offer
        WHERE id = NEW.offer_id AND merchant_id = NEW.merchant_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'points_voucher_offer: the offer belongs to another merchant'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM points_transfer t
        JOIN points_account d ON d.id = t.debit_account_id
        JOIN points_account c ON c.id = t.credit_account_id
        WHERE t.id = NEW.transfer_id AND t.kind = 'pending' AND t.amount = NEW.cost
            AND t.reference_id = NEW.id
            AND d.kind = 'person' AND d.owner_id = NEW.user_id
            AND c.kind = 'merchant' AND c.owner_id = NEW.merchant_id
    ) THEN
        RAISE EXCEPTION 'points_voucher_paid: the cost of this voucher is not set aside for it'
            USING ERRCODE = 'check_violation';
    END IF;
    IF cap IS NOT NULL AND cap <= (
        SELECT count(*) FROM points_voucher v
        WHERE v.offer_id = NEW.offer_id AND v.user_id = NEW.user_id AND v.state IN ('issued', 'redeemed')
    ) THEN
        RAISE EXCEPTION 'points_voucher_cap: this person holds as many of this offer as one may'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_voucher_born BEFORE INSERT ON points_voucher
    FOR EACH ROW EXECUTE FUNCTION points_voucher_check_born();

-- issued -> redeemed | expired | refunded, once; everything else about a voucher stays as it was bought.
-- It cannot be redeemed after its last moment.
CREATE FUNCTION points_voucher_check_move() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'points_voucher_fixed: vouchers are never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'issued' OR NEW.state = 'issued' THEN
        RAISE EXCEPTION 'points_voucher_moves: a voucher moves once, from issued'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'redeemed' AND NEW.redeemed_at >= OLD.expires_at THEN
        RAISE EXCEPTION 'points_voucher_late: this voucher has expired' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.offer_id, NEW.merchant_id, NEW.user_id, NEW.transfer_id, NEW.title_zh, NEW.title_en,
        NEW.terms_zh, NEW.terms_en, NEW.cost, NEW.code, NEW.issued_at, NEW.expires_at)
        IS DISTINCT FROM
        (OLD.id, OLD.offer_id, OLD.merchant_id, OLD.user_id, OLD.transfer_id, OLD.title_zh, OLD.title_en,
        OLD.terms_zh, OLD.terms_en, OLD.cost, OLD.code, OLD.issued_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'points_voucher_fixed: a voucher stays as it was bought'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_voucher_moves BEFORE UPDATE OR DELETE ON points_voucher
    FOR EACH ROW EXECUTE FUNCTION points_voucher_check_move();
CREATE TRIGGER points_voucher_no_truncate BEFORE TRUNCATE ON points_voucher
    FOR EACH STATEMENT EXECUTE FUNCTION points_voucher_check_move();
