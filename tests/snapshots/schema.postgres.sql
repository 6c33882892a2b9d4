CREATE FUNCTION public.audit_entry_check_follows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.position <> COALESCE((SELECT MAX(position) FROM audit_entry WHERE tenant = NEW.tenant), 0) + 1
        OR NEW.previous_hash <> COALESCE(
            (SELECT hash FROM audit_entry WHERE tenant = NEW.tenant AND position = NEW.position - 1), '')
    THEN
        RAISE EXCEPTION 'audit_entry does not follow the last entry of its chain' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.audit_entry_refuse() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'audit_entry is append-only: rows are never changed or deleted' USING ERRCODE = 'check_violation';
END
$$;

CREATE FUNCTION public.fix_is_not_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'a position is never changed' USING ERRCODE = '23514';
END $$;

CREATE FUNCTION public.fix_only_during_patrol() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM (
            SELECT patrol_id, user_id, min(at) AS first_at, max(at) AS last_at
            FROM added GROUP BY patrol_id, user_id
        ) f
        WHERE NOT EXISTS (
            SELECT 1 FROM patrol p JOIN patrol_member m ON m.patrol_id = p.id
            WHERE p.id = f.patrol_id AND m.user_id = f.user_id
              AND f.first_at >= p.started_at - interval '1 second'
              AND f.last_at <= coalesce(coalesce(m.finished_at, p.finished_at) + interval '60 seconds', f.last_at)
        )
    ) THEN
        RAISE EXCEPTION 'a position outside of a patrol is not kept' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.message_number_at_commit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7263511);
    UPDATE message SET seq = nextval('message_seq_seq') WHERE id = NEW.id;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.points_account_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.points_block_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.points_budget_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.used <> 0 THEN
            RAISE EXCEPTION 'points_budget_used_from_uses: a budget starts unused' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP <> 'UPDATE' OR (NEW.id, NEW.area_id, NEW.funder, NEW.starts_at, NEW.ends_at, NEW.points,
            NEW.kept_for_posted)
        IS DISTINCT FROM (OLD.id, OLD.area_id, OLD.funder, OLD.starts_at, OLD.ends_at, OLD.points,
            OLD.kept_for_posted) THEN
        RAISE EXCEPTION 'points_budget_fixed: a budget is never changed or deleted; end it and add another'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.used <> OLD.used AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'points_budget_used_from_uses: a budget is used by its uses only'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.points_budget_use_count() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE points_budget SET used = used + NEW.points WHERE id = NEW.budget_id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.points_budget_use_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'points_budget_use_fixed: what was used is never changed or deleted'
        USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION public.points_earning_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'points_earning_fixed: what was earned is never changed; reverse its transfer'
        USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION public.points_redemption_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.points_rules_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.switched_on_at IS NOT NULL
        OR (NEW.id, NEW.area_id, NEW.version, NEW.figures, NEW.created_by)
        IS DISTINCT FROM (OLD.id, OLD.area_id, OLD.version, OLD.figures, OLD.created_by) THEN
        RAISE EXCEPTION 'points_rules_fixed: a version is switched on once, and never changed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.points_settlement_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'points_settlement_fixed: statements are never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.state || '>' || NEW.state) NOT IN
        ('frozen>disputed', 'disputed>disputed', 'frozen>confirmed', 'disputed>confirmed', 'confirmed>paid')
        OR (NEW.state = 'confirmed' AND EXISTS (
            SELECT 1 FROM points_settlement_line l WHERE l.settlement_id = OLD.id AND l.dispute = 'open')) THEN
        RAISE EXCEPTION 'points_settlement_moves: this is no step of a statement' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.merchant_id, NEW.area_id, NEW.period, NEW.starts_at, NEW.ends_at, NEW.frozen_at)
        IS DISTINCT FROM
        (OLD.id, OLD.merchant_id, OLD.area_id, OLD.period, OLD.starts_at, OLD.ends_at, OLD.frozen_at) THEN
        RAISE EXCEPTION 'points_settlement_fixed: a statement keeps its merchant and its month'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.points_settlement_line_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'points_settlement_line_fixed: lines are never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.transfer_id, NEW.settlement_id, NEW.kind, NEW.points, NEW.at, NEW.voucher_id) IS DISTINCT FROM
            (OLD.transfer_id, OLD.settlement_id, OLD.kind, OLD.points, OLD.at, OLD.voucher_id)
            OR (SELECT state FROM points_settlement WHERE id = OLD.settlement_id) NOT IN ('frozen', 'disputed') THEN
            RAISE EXCEPTION 'points_settlement_line_fixed: only the dispute about a line changes, until it is confirmed'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM points_settlement s
        JOIN points_account a ON a.kind = 'merchant' AND a.owner_id = s.merchant_id
        JOIN points_transfer t ON t.id = NEW.transfer_id
        WHERE s.id = NEW.settlement_id AND s.state IN ('frozen', 'disputed')
            AND ((t.credit_account_id = a.id AND t.kind = 'post' AND NEW.points = t.amount)
                OR (t.debit_account_id = a.id AND t.reverses_id IS NOT NULL AND NEW.points = -t.amount))
    ) THEN
        RAISE EXCEPTION 'points_settlement_line_true: the line differs from its transfer'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.points_transfer_apply_amounts() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.points_transfer_check_match() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.points_transfer_insert_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'points_transfer_insert_only: transfers are never changed or deleted; reverse them'
        USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION public.points_voucher_check_born() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.points_voucher_check_move() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE TABLE public.alert (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(30) NOT NULL,
    state character varying(12) DEFAULT 'draft'::character varying NOT NULL,
    headline_zh character varying(60) NOT NULL,
    headline_en character varying(120) NOT NULL,
    clothing_zh character varying(200) NOT NULL,
    behaviour_zh character varying(200) NOT NULL,
    direction_zh character varying(80) NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    last_seen_place character varying(80) NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    radius_m integer NOT NULL,
    contact_phone character varying(20) NOT NULL,
    photo_key character varying(80),
    composed_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone,
    approved_by uuid,
    approved_at timestamp with time zone,
    live_at timestamp with time zone,
    closed_by uuid,
    closed_at timestamp with time zone,
    outcome character varying(12),
    close_note character varying(200) DEFAULT ''::character varying NOT NULL,
    recalled_at timestamp with time zone,
    purged_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    subject character varying(10),
    exercise boolean DEFAULT false NOT NULL,
    guardian_consent boolean DEFAULT false NOT NULL,
    audience_area_id uuid,
    signed_alone_at timestamp with time zone,
    signed_alone_why character varying(200) DEFAULT ''::character varying NOT NULL,
    review_due_at timestamp with time zone,
    review_reminded_at timestamp with time zone,
    returned_at timestamp with time zone,
    returned_by uuid,
    return_note character varying(300) DEFAULT ''::character varying NOT NULL,
    stood_down_at timestamp with time zone,
    groups_told_at timestamp with time zone,
    CONSTRAINT alert_a_day_at_most CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '24:00:01'::interval)))),
    CONSTRAINT alert_approved_at_a_time CHECK (((approved_by IS NULL) = (approved_at IS NULL))),
    CONSTRAINT alert_approved_before_live CHECK (((((state)::text = ANY ((ARRAY['draft'::character varying, 'submitted'::character varying])::text[])) AND (approved_by IS NULL)) OR (((state)::text <> ALL ((ARRAY['draft'::character varying, 'submitted'::character varying])::text[])) AND ((approved_by IS NOT NULL) OR (signed_alone_at IS NOT NULL))))),
    CONSTRAINT alert_closed_with_outcome CHECK (((((state)::text = ANY ((ARRAY['closed'::character varying, 'recalled'::character varying, 'purged'::character varying])::text[])) = (closed_at IS NOT NULL)) AND ((closed_at IS NULL) = (outcome IS NULL)))),
    CONSTRAINT alert_live_at_a_time CHECK ((((state)::text = ANY ((ARRAY['draft'::character varying, 'submitted'::character varying, 'approved'::character varying])::text[])) = (live_at IS NULL))),
    CONSTRAINT alert_outcome_known CHECK (((outcome)::text = ANY ((ARRAY['found'::character varying, 'cleared'::character varying, 'withdrawn'::character varying, 'expired'::character varying])::text[]))),
    CONSTRAINT alert_purged_without_photo CHECK (((((state)::text = 'purged'::text) = (purged_at IS NOT NULL)) AND (((state)::text <> 'purged'::text) OR (photo_key IS NULL)))),
    CONSTRAINT alert_radius_sensible CHECK (((radius_m >= 50) AND (radius_m <= 5000))),
    CONSTRAINT alert_recalled_at_a_time CHECK ((((state)::text = ANY ((ARRAY['recalled'::character varying, 'purged'::character varying])::text[])) = (recalled_at IS NOT NULL))),
    CONSTRAINT alert_returned_with_reason CHECK (((returned_at IS NULL) OR ((returned_by IS NOT NULL) AND ((return_note)::text <> ''::text)))),
    CONSTRAINT alert_review_due CHECK (((review_due_at IS NULL) = (signed_alone_at IS NULL))),
    CONSTRAINT alert_state_known CHECK (((state)::text = ANY ((ARRAY['draft'::character varying, 'submitted'::character varying, 'approved'::character varying, 'live'::character varying, 'closed'::character varying, 'recalled'::character varying, 'purged'::character varying])::text[]))),
    CONSTRAINT alert_subject_known CHECK (((subject)::text = ANY ((ARRAY['child'::character varying, 'elder'::character varying, 'adult'::character varying])::text[]))),
    CONSTRAINT alert_two_people CHECK ((approved_by <> composed_by))
);

CREATE TABLE public.alert_proposal (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    key_id uuid NOT NULL,
    sender character varying(200) NOT NULL,
    identifier character varying(200) NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    exercise boolean NOT NULL,
    event character varying(120) NOT NULL,
    headline character varying(200) NOT NULL,
    description character varying(2000) NOT NULL,
    place character varying(120) NOT NULL,
    contact character varying(80) NOT NULL,
    severity character varying(10) NOT NULL,
    expires_at timestamp with time zone,
    lon double precision,
    lat double precision,
    radius_m integer,
    state character varying(10) DEFAULT 'waiting'::character varying NOT NULL,
    received_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    alert_id uuid,
    audience_area_id uuid,
    CONSTRAINT alert_proposal_decided_by_someone CHECK ((((state)::text <> ALL ((ARRAY['used'::character varying, 'dismissed'::character varying])::text[])) OR ((decided_by IS NOT NULL) AND (decided_at IS NOT NULL)))),
    CONSTRAINT alert_proposal_state_known CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'used'::character varying, 'dismissed'::character varying, 'replaced'::character varying, 'cancelled'::character varying])::text[]))),
    CONSTRAINT alert_proposal_used_for_an_alert CHECK ((((state)::text = 'used'::text) = (alert_id IS NOT NULL)))
);

CREATE TABLE public.alert_update (
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    text_zh character varying(300) NOT NULL,
    made_by uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.area (
    id uuid NOT NULL,
    parent_id uuid,
    path character varying(200) NOT NULL,
    slug character varying(60) NOT NULL,
    kind character varying(20) NOT NULL,
    name_zh character varying(60) NOT NULL,
    name_en character varying(80) NOT NULL,
    geometry jsonb NOT NULL,
    west double precision NOT NULL,
    south double precision NOT NULL,
    east double precision NOT NULL,
    north double precision NOT NULL,
    center_lon double precision NOT NULL,
    center_lat double precision NOT NULL,
    time_zone character varying(40) NOT NULL,
    streets_key character varying(120),
    basemap jsonb,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT area_kind_known CHECK (((kind)::text = ANY ((ARRAY['district'::character varying, 'street'::character varying, 'community'::character varying])::text[]))),
    CONSTRAINT area_parent_by_kind CHECK ((((kind)::text = 'district'::text) = (parent_id IS NULL)))
);

CREATE TABLE public.assignment (
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    user_id uuid NOT NULL,
    state character varying(12) DEFAULT 'held'::character varying NOT NULL,
    leader boolean DEFAULT false NOT NULL,
    grabbed_at timestamp with time zone NOT NULL,
    hold_until timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    settled_at timestamp with time zone,
    released_at timestamp with time zone,
    release_reason character varying(20),
    release_note character varying(200),
    patrol_id uuid,
    points_awarded integer,
    review_note character varying(500),
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT assignment_points_not_negative CHECK (((points_awarded IS NULL) OR (points_awarded >= 0))),
    CONSTRAINT assignment_release_told CHECK ((((state)::text = 'released'::text) = ((release_reason IS NOT NULL) AND ((release_reason)::text = ANY ((ARRAY['self'::character varying, 'timeout'::character varying, 'admin'::character varying])::text[]))))),
    CONSTRAINT assignment_state_known CHECK (((state)::text = ANY ((ARRAY['held'::character varying, 'started'::character varying, 'paused'::character varying, 'finished'::character varying, 'accepted'::character varying, 'partial'::character varying, 'rejected'::character varying, 'appealed'::character varying, 'upheld'::character varying, 'corrected'::character varying, 'released'::character varying, 'no_show'::character varying])::text[])))
);

CREATE TABLE public.audit_entry (
    id uuid NOT NULL,
    tenant character varying(80) NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id uuid,
    action character varying(80) NOT NULL,
    kind character varying(80) NOT NULL,
    object_id character varying(80) NOT NULL,
    area_id uuid,
    details text NOT NULL,
    previous_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL,
    CONSTRAINT audit_entry_position_positive CHECK (("position" >= 1))
);

CREATE TABLE public.audit_head (
    tenant character varying(80) NOT NULL,
    "position" bigint NOT NULL,
    hash character varying(64) NOT NULL,
    CONSTRAINT audit_head_position_not_negative CHECK (("position" >= 0))
);

CREATE TABLE public.certificate (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    year integer NOT NULL,
    code character varying(14) NOT NULL,
    name character varying(60) NOT NULL,
    area_name_zh character varying(60) NOT NULL,
    area_name_en character varying(80) NOT NULL,
    minutes integer NOT NULL,
    patrols integer NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    CONSTRAINT certificate_figures CHECK (((minutes >= 0) AND (patrols >= 1)))
);

CREATE TABLE public.checkpoint (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    name_zh character varying(60) NOT NULL,
    name_en character varying(80) NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    qr boolean DEFAULT true NOT NULL,
    nfc boolean DEFAULT false NOT NULL,
    screen boolean DEFAULT false NOT NULL,
    serial integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT checkpoint_has_a_code CHECK ((qr OR nfc OR screen)),
    CONSTRAINT checkpoint_lat_range CHECK (((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision))),
    CONSTRAINT checkpoint_lon_range CHECK (((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision)))
);

CREATE TABLE public.consent (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    version integer NOT NULL,
    granted boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT consent_kind_known CHECK (((kind)::text = ANY ((ARRAY['whereabouts'::character varying, 'photos'::character varying])::text[])))
);

CREATE TABLE public.delivery (
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    user_id uuid NOT NULL,
    channel character varying(10) NOT NULL,
    distance_m integer,
    sent_at timestamp with time zone,
    delivered_at timestamp with time zone,
    opened_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    purged_at timestamp with time zone,
    declined_at timestamp with time zone,
    CONSTRAINT delivery_channel_known CHECK (((channel)::text = ANY ((ARRAY['in_app'::character varying, 'web_push'::character varying, 'sms'::character varying])::text[])))
);

CREATE TABLE public.feedback (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    text character varying(500) NOT NULL,
    screen character varying(120) DEFAULT ''::character varying NOT NULL,
    state character varying(8) DEFAULT 'received'::character varying NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    answer character varying(500),
    answered_by uuid,
    answered_at timestamp with time zone,
    closed_at timestamp with time zone,
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT feedback_answered_whole CHECK (((((state)::text = 'received'::text) = (answer IS NULL)) AND ((answer IS NULL) = (answered_by IS NULL)) AND ((answer IS NULL) = (answered_at IS NULL)))),
    CONSTRAINT feedback_closed_whole CHECK ((((state)::text = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT feedback_kind_known CHECK (((kind)::text = ANY ((ARRAY['suggestion'::character varying, 'complaint'::character varying])::text[]))),
    CONSTRAINT feedback_not_by_oneself CHECK (((answered_by IS NULL) OR (answered_by <> user_id))),
    CONSTRAINT feedback_state_known CHECK (((state)::text = ANY ((ARRAY['received'::character varying, 'answered'::character varying, 'closed'::character varying])::text[])))
);

CREATE TABLE public.fix (
    id uuid NOT NULL,
    patrol_id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    accuracy_m double precision NOT NULL,
    speed_m_s double precision,
    heading_deg double precision,
    received_at timestamp with time zone NOT NULL,
    mocked boolean DEFAULT false NOT NULL,
    source character varying(12) DEFAULT 'app'::character varying NOT NULL,
    CONSTRAINT fix_lat_range CHECK (((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision))),
    CONSTRAINT fix_lon_range CHECK (((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision)))
);

CREATE TABLE public.group_message (
    id uuid NOT NULL,
    robot_id uuid NOT NULL,
    ref_kind character varying(20) NOT NULL,
    ref_id uuid NOT NULL,
    text_zh character varying(700) NOT NULL,
    state character varying(10) DEFAULT 'waiting'::character varying NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    error character varying(200) DEFAULT ''::character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT group_message_ended_at_a_time CHECK ((((state)::text = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT group_message_state_known CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'sent'::character varying, 'failed'::character varying])::text[])))
);

CREATE TABLE public.group_robot (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    name character varying(60) NOT NULL,
    address character varying(500) NOT NULL,
    secret character varying(100) DEFAULT ''::character varying NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT group_robot_forgets_its_address CHECK (((removed_at IS NULL) = ((address)::text <> ''::text))),
    CONSTRAINT group_robot_kind_known CHECK (((kind)::text = ANY ((ARRAY['wecom'::character varying, 'dingtalk'::character varying, 'feishu'::character varying])::text[])))
);

CREATE TABLE public.hazard_note (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    note character varying(200) NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT hazard_note_kind_known CHECK (((kind)::text = ANY ((ARRAY['water'::character varying, 'railway'::character varying, 'unlit'::character varying, 'other'::character varying])::text[]))),
    CONSTRAINT hazard_note_on_earth CHECK ((((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision)) AND ((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision))))
);

CREATE TABLE public.incident (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    external_id character varying(120) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    clock_known boolean DEFAULT true NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    kind character varying(80) NOT NULL,
    weight double precision DEFAULT 1 NOT NULL,
    source character varying(10) DEFAULT 'report'::character varying NOT NULL,
    batch character varying(80) DEFAULT ''::character varying NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    imported_at timestamp with time zone NOT NULL,
    CONSTRAINT incident_on_earth CHECK ((((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision)) AND ((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision)))),
    CONSTRAINT incident_source_known CHECK (((source)::text = ANY ((ARRAY['report'::character varying, 'patrol'::character varying])::text[]))),
    CONSTRAINT incident_weight_not_negative CHECK ((weight >= (0)::double precision))
);

CREATE TABLE public.incident_arrival (
    area_id uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.incident_import (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    state character varying(10) NOT NULL,
    file_name character varying(200) NOT NULL,
    file_bytes bigint NOT NULL,
    file_sha256 character(64) NOT NULL,
    file_gone boolean DEFAULT false NOT NULL,
    datum character varying(5),
    columns jsonb NOT NULL,
    run integer DEFAULT 1 NOT NULL,
    progress double precision DEFAULT 0 NOT NULL,
    preview jsonb,
    report jsonb,
    failure jsonb,
    done_rows integer DEFAULT 0 NOT NULL,
    added integer DEFAULT 0 NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    imported_at timestamp with time zone,
    corrected integer DEFAULT 0 NOT NULL,
    CONSTRAINT incident_import_corrected CHECK ((corrected >= 0)),
    CONSTRAINT incident_import_counts CHECK (((added >= 0) AND (added <= done_rows))),
    CONSTRAINT incident_import_datum_known CHECK (((datum)::text = ANY ((ARRAY['wgs84'::character varying, 'gcj02'::character varying, 'bd09'::character varying])::text[]))),
    CONSTRAINT incident_import_failure_told CHECK ((((state)::text <> 'failed'::text) OR (failure IS NOT NULL))),
    CONSTRAINT incident_import_looked_at CHECK ((((state)::text <> 'ready'::text) OR (preview IS NOT NULL))),
    CONSTRAINT incident_import_progress_share CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT incident_import_reported CHECK ((((state)::text <> ALL ((ARRAY['checked'::character varying, 'importing'::character varying, 'imported'::character varying])::text[])) OR ((report IS NOT NULL) AND (datum IS NOT NULL)))),
    CONSTRAINT incident_import_state_known CHECK (((state)::text = ANY ((ARRAY['looking'::character varying, 'ready'::character varying, 'checking'::character varying, 'checked'::character varying, 'importing'::character varying, 'imported'::character varying, 'failed'::character varying, 'discarded'::character varying])::text[]))),
    CONSTRAINT incident_import_timed CHECK ((((state)::text <> 'imported'::text) OR (imported_at IS NOT NULL)))
);

CREATE TABLE public.incident_kind (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(80) NOT NULL,
    weight double precision NOT NULL,
    counted boolean NOT NULL,
    shown boolean NOT NULL,
    version integer NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    private boolean DEFAULT false NOT NULL,
    CONSTRAINT incident_kind_version CHECK ((version >= 1)),
    CONSTRAINT incident_kind_weight_capped CHECK (((weight >= (0)::double precision) AND (weight <= (5)::double precision)))
);

CREATE TABLE public.integration_key (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    name character varying(60) NOT NULL,
    token_hash character varying(64) NOT NULL,
    scopes jsonb NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);

CREATE TABLE public.job (
    id uuid NOT NULL,
    name character varying(80) NOT NULL,
    payload jsonb NOT NULL,
    key character varying(200),
    state character varying(8) DEFAULT 'todo'::character varying NOT NULL,
    run_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    leased_by uuid,
    leased_until timestamp with time zone,
    last_error character varying(500) DEFAULT ''::character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    keep_until timestamp with time zone NOT NULL,
    CONSTRAINT job_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT job_finished_when_over CHECK ((((state)::text = ANY ((ARRAY['done'::character varying, 'dead'::character varying])::text[])) = (finished_at IS NOT NULL))),
    CONSTRAINT job_lease_while_doing CHECK (((((state)::text = 'doing'::text) = (leased_by IS NOT NULL)) AND (((state)::text = 'doing'::text) = (leased_until IS NOT NULL)))),
    CONSTRAINT job_state_known CHECK (((state)::text = ANY ((ARRAY['todo'::character varying, 'doing'::character varying, 'done'::character varying, 'dead'::character varying])::text[])))
);

CREATE TABLE public.leaderboard_choice (
    user_id uuid NOT NULL,
    shown_since timestamp with time zone NOT NULL
);

CREATE TABLE public.live_position (
    user_id uuid NOT NULL,
    patrol_id uuid NOT NULL,
    area_path character varying(200) NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    accuracy_m double precision NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.map_import (
    id uuid NOT NULL,
    path character varying(200) NOT NULL,
    name_zh character varying(60) DEFAULT ''::character varying NOT NULL,
    name_en character varying(80) DEFAULT ''::character varying NOT NULL,
    time_zone character varying(40) DEFAULT ''::character varying NOT NULL,
    relation bigint,
    boundary jsonb,
    file_name character varying(120) NOT NULL,
    bytes bigint NOT NULL,
    received_bytes bigint DEFAULT 0 NOT NULL,
    state character varying(10) DEFAULT 'uploading'::character varying NOT NULL,
    stage character varying(10) DEFAULT ''::character varying NOT NULL,
    progress double precision DEFAULT 0 NOT NULL,
    failure jsonb,
    area_id uuid,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT map_import_done_has_area CHECK ((((state)::text = 'done'::text) = (area_id IS NOT NULL))),
    CONSTRAINT map_import_failure_told CHECK ((((state)::text = 'failed'::text) = (failure IS NOT NULL))),
    CONSTRAINT map_import_received CHECK (((received_bytes >= 0) AND (received_bytes <= bytes))),
    CONSTRAINT map_import_state_known CHECK (((state)::text = ANY ((ARRAY['uploading'::character varying, 'building'::character varying, 'done'::character varying, 'failed'::character varying])::text[]))),
    CONSTRAINT map_import_whole CHECK ((((state)::text = ANY ((ARRAY['uploading'::character varying, 'failed'::character varying])::text[])) OR (received_bytes = bytes)))
);

CREATE TABLE public.media (
    key character varying(80) NOT NULL,
    content_type character varying(40) NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT media_size_positive CHECK (((width > 0) AND (height > 0) AND (bytes > 0)))
);

CREATE TABLE public.merchant (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(30) NOT NULL,
    name_zh character varying(60) NOT NULL,
    name_en character varying(80) NOT NULL,
    address_zh character varying(120) NOT NULL,
    address_en character varying(120) NOT NULL,
    hours character varying(60) DEFAULT ''::character varying NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    state character varying(20) DEFAULT 'open'::character varying NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    licence_no character varying(40),
    contact_name character varying(60) DEFAULT ''::character varying NOT NULL,
    contact_phone character varying(20) DEFAULT ''::character varying NOT NULL,
    state_reason character varying(200),
    CONSTRAINT merchant_state_known CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'suspended'::character varying, 'closed'::character varying])::text[])))
);

CREATE TABLE public.merchant_application (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    licence_no character varying(40) NOT NULL,
    kind character varying(30) NOT NULL,
    name_zh character varying(60) NOT NULL,
    name_en character varying(80) NOT NULL,
    address_zh character varying(120) NOT NULL,
    address_en character varying(120) NOT NULL,
    hours character varying(60) NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    contact_name character varying(60) NOT NULL,
    contact_phone character varying(20) NOT NULL,
    state character varying(10) DEFAULT 'applied'::character varying NOT NULL,
    state_reason character varying(200),
    applied_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by uuid,
    CONSTRAINT merchant_application_decided CHECK (((((state)::text = 'applied'::text) = (decided_at IS NULL)) AND ((decided_at IS NULL) = (decided_by IS NULL)))),
    CONSTRAINT merchant_application_other_decides CHECK (((decided_by IS NULL) OR (decided_by <> applicant_id))),
    CONSTRAINT merchant_application_state_known CHECK (((state)::text = ANY ((ARRAY['applied'::character varying, 'approved'::character varying, 'refused'::character varying])::text[])))
);

CREATE TABLE public.merchant_branch (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    name_zh character varying(60) NOT NULL,
    name_en character varying(80) NOT NULL,
    address_zh character varying(120) NOT NULL,
    address_en character varying(120) NOT NULL,
    hours character varying(60) DEFAULT ''::character varying NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    is_open boolean DEFAULT true NOT NULL
);

CREATE TABLE public.merchant_staff (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    branch_id uuid,
    owner boolean DEFAULT false NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone
);

CREATE TABLE public.message (
    seq bigint NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    ref_kind character varying(20) NOT NULL,
    ref_id uuid NOT NULL,
    title_zh character varying(120) NOT NULL,
    title_en character varying(240) NOT NULL,
    body_zh character varying(600) NOT NULL,
    body_en character varying(1200) NOT NULL,
    at timestamp with time zone NOT NULL,
    duty_only boolean DEFAULT false NOT NULL,
    recalled_at timestamp with time zone,
    read_at timestamp with time zone
);

CREATE SEQUENCE public.message_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.message_seq_seq OWNED BY public.message.seq;

CREATE TABLE public.named_place (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    name character varying(120) NOT NULL,
    name_en character varying(120) DEFAULT ''::character varying NOT NULL,
    search character varying(250) NOT NULL,
    kind character varying(20) NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    never_a_target boolean DEFAULT false NOT NULL,
    CONSTRAINT named_place_on_earth CHECK ((((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision)) AND ((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision))))
);

CREATE TABLE public.outlook (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    state character varying(12) DEFAULT 'making'::character varying NOT NULL,
    cause character varying(12) NOT NULL,
    asked_by uuid,
    knows_until timestamp with time zone NOT NULL,
    progress double precision DEFAULT 0 NOT NULL,
    failure jsonb,
    summary jsonb,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT outlook_asker_known CHECK ((((cause)::text = 'asked'::text) = (asked_by IS NOT NULL))),
    CONSTRAINT outlook_cause_known CHECK (((cause)::text = ANY ((ARRAY['import'::character varying, 'night'::character varying, 'asked'::character varying])::text[]))),
    CONSTRAINT outlook_failure_told CHECK ((((state)::text = 'failed'::text) = (failure IS NOT NULL))),
    CONSTRAINT outlook_finished_when_over CHECK ((((state)::text = 'making'::text) = (finished_at IS NULL))),
    CONSTRAINT outlook_progress_share CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT outlook_result_kept CHECK ((((state)::text = 'ready'::text) = (summary IS NOT NULL))),
    CONSTRAINT outlook_state_known CHECK (((state)::text = ANY ((ARRAY['making'::character varying, 'ready'::character varying, 'failed'::character varying])::text[])))
);

CREATE TABLE public.outlook_map (
    outlook_id uuid NOT NULL,
    packed bytea NOT NULL,
    cells bytea NOT NULL
);

CREATE TABLE public.patrol (
    id uuid NOT NULL,
    task_id uuid,
    area_id uuid NOT NULL,
    kind character varying(30) NOT NULL,
    state character varying(20) DEFAULT 'active'::character varying NOT NULL,
    night boolean DEFAULT false NOT NULL,
    started_by uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    length_m integer DEFAULT 0 NOT NULL,
    minutes integer DEFAULT 0 NOT NULL,
    stops_dwelt integer DEFAULT 0 NOT NULL,
    stops_total integer DEFAULT 0 NOT NULL,
    note character varying(500),
    review_note character varying(500),
    reviewed_by uuid,
    reviewed_at timestamp with time zone,
    demo boolean DEFAULT false NOT NULL,
    person_minutes integer DEFAULT 0 NOT NULL,
    asked_at timestamp with time zone,
    continue_until timestamp with time zone,
    stops_done jsonb DEFAULT '[]'::jsonb NOT NULL,
    measured jsonb,
    findings jsonb DEFAULT '[]'::jsonb NOT NULL,
    doubt integer DEFAULT 0 NOT NULL,
    accepted_part jsonb,
    forgotten_at timestamp with time zone,
    CONSTRAINT patrol_finished_when_over CHECK ((((state)::text = 'active'::text) = (finished_at IS NULL))),
    CONSTRAINT patrol_reviewed_by_other CHECK (((reviewed_by IS NULL) OR (reviewed_by <> started_by))),
    CONSTRAINT patrol_state_known CHECK (((state)::text = ANY ((ARRAY['active'::character varying, 'awaiting_review'::character varying, 'accepted'::character varying, 'partial'::character varying, 'rejected'::character varying])::text[])))
);

CREATE TABLE public.patrol_appeal (
    id uuid NOT NULL,
    patrol_id uuid NOT NULL,
    user_id uuid NOT NULL,
    reason character varying(500) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    reviewed_by uuid NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    decision character varying(10),
    note character varying(500),
    CONSTRAINT patrol_appeal_decided_whole CHECK ((((decision IS NULL) = (decided_by IS NULL)) AND ((decision IS NULL) = (decided_at IS NULL)))),
    CONSTRAINT patrol_appeal_decision_known CHECK (((decision)::text = ANY ((ARRAY['upheld'::character varying, 'corrected'::character varying])::text[]))),
    CONSTRAINT patrol_appeal_other_person CHECK (((decided_by IS NULL) OR ((decided_by <> reviewed_by) AND (decided_by <> user_id))))
);

CREATE TABLE public.patrol_line (
    id uuid NOT NULL,
    patrol_id uuid NOT NULL,
    user_id uuid NOT NULL,
    "precision" character varying(10) NOT NULL,
    lines jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT patrol_line_precision_known CHECK ((("precision")::text = ANY ((ARRAY['matched'::character varying, 'coarse'::character varying])::text[])))
);

CREATE TABLE public.patrol_log (
    id uuid NOT NULL,
    patrol_id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind character varying(12),
    at timestamp with time zone NOT NULL,
    lon double precision,
    lat double precision,
    note character varying(200),
    undone_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT patrol_log_kind_known CHECK (((kind)::text = ANY ((ARRAY['persuade'::character varying, 'publicity'::character varying, 'help'::character varying, 'hazard'::character varying, 'dispute'::character varying, 'other'::character varying])::text[]))),
    CONSTRAINT patrol_log_kind_or_undone CHECK (((kind IS NOT NULL) OR (undone_at IS NOT NULL)))
);

CREATE TABLE public.patrol_member (
    id uuid NOT NULL,
    patrol_id uuid NOT NULL,
    user_id uuid NOT NULL,
    assignment_id uuid,
    leader boolean DEFAULT false NOT NULL,
    state character varying(20) DEFAULT 'walking'::character varying NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    points_awarded integer,
    tracker_serial integer DEFAULT 0 NOT NULL,
    tracker_seen_at timestamp with time zone,
    CONSTRAINT patrol_member_state_known CHECK (((state)::text = ANY ((ARRAY['walking'::character varying, 'finished'::character varying])::text[])))
);

CREATE TABLE public.patrol_view (
    patrol_id uuid NOT NULL,
    viewer_id uuid NOT NULL,
    live boolean NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    times integer DEFAULT 1 NOT NULL
);

CREATE TABLE public.person (
    id uuid NOT NULL,
    phone character varying(20) NOT NULL,
    name character varying(60) NOT NULL,
    password_hash character varying(200) NOT NULL,
    totp_secret character varying(64),
    birth_year integer NOT NULL,
    locale character varying(10) DEFAULT 'zh-CN'::character varying NOT NULL,
    verified boolean DEFAULT false NOT NULL,
    on_duty boolean DEFAULT false NOT NULL,
    duty_changed_at timestamp with time zone,
    disabled_at timestamp with time zone,
    area_id uuid,
    team_id uuid,
    demo boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    totp_step_used bigint
);

CREATE TABLE public.photo_view (
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    sighting_id uuid
);

CREATE TABLE public.plan (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    state character varying(12) DEFAULT 'solving'::character varying NOT NULL,
    window_starts_at timestamp with time zone NOT NULL,
    window_ends_at timestamp with time zone NOT NULL,
    team_count integer NOT NULL,
    minutes integer NOT NULL,
    dwell_min integer NOT NULL,
    start_lon double precision NOT NULL,
    start_lat double precision NOT NULL,
    seed bigint NOT NULL,
    progress double precision DEFAULT 0 NOT NULL,
    failure jsonb,
    summary jsonb,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    teams jsonb DEFAULT '[]'::jsonb NOT NULL,
    fairness character varying(8) DEFAULT 'some'::character varying NOT NULL,
    variety character varying(8) DEFAULT 'some'::character varying NOT NULL,
    best jsonb,
    enough boolean DEFAULT false NOT NULL,
    CONSTRAINT plan_failure_told CHECK ((((state)::text <> 'failed'::text) OR (failure IS NOT NULL))),
    CONSTRAINT plan_progress_share CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT plan_result_kept CHECK ((((state)::text <> ALL ((ARRAY['ready'::character varying, 'published'::character varying])::text[])) OR (summary IS NOT NULL))),
    CONSTRAINT plan_state_known CHECK (((state)::text = ANY ((ARRAY['solving'::character varying, 'ready'::character varying, 'failed'::character varying, 'published'::character varying, 'discarded'::character varying])::text[]))),
    CONSTRAINT plan_window_forward CHECK ((window_ends_at > window_starts_at))
);

CREATE TABLE public.plan_default (
    area_id uuid NOT NULL,
    asked jsonb NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.plan_edit (
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    version integer NOT NULL,
    edited_by uuid NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    kind character varying(12) NOT NULL,
    told jsonb NOT NULL,
    before jsonb NOT NULL,
    undoes uuid,
    CONSTRAINT plan_edit_kind_known CHECK (((kind)::text = ANY ((ARRAY['move'::character varying, 'add'::character varying, 'remove'::character varying, 'lock'::character varying, 'unlock'::character varying, 'choose'::character varying, 'replan'::character varying, 'accept'::character varying, 'undo'::character varying])::text[]))),
    CONSTRAINT plan_edit_undo_told CHECK ((((kind)::text = 'undo'::text) = (undoes IS NOT NULL)))
);

CREATE TABLE public.plan_proposal (
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    state character varying(12) DEFAULT 'open'::character varying NOT NULL,
    plan_version integer NOT NULL,
    cause jsonb NOT NULL,
    routes jsonb NOT NULL,
    figures jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    CONSTRAINT plan_proposal_decided CHECK (((((state)::text = ANY ((ARRAY['accepted'::character varying, 'dismissed'::character varying])::text[])) = (decided_by IS NOT NULL)) AND (((state)::text = 'open'::text) = (decided_at IS NULL)))),
    CONSTRAINT plan_proposal_state_known CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'accepted'::character varying, 'dismissed'::character varying, 'overtaken'::character varying])::text[])))
);

CREATE TABLE public.points_account (
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    owner_id uuid,
    area_id uuid,
    may_overdraw boolean DEFAULT false NOT NULL,
    debits_posted bigint DEFAULT 0 NOT NULL,
    debits_pending bigint DEFAULT 0 NOT NULL,
    credits_posted bigint DEFAULT 0 NOT NULL,
    credits_pending bigint DEFAULT 0 NOT NULL,
    last_seq bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT points_account_floor CHECK ((may_overdraw OR ((debits_posted + debits_pending) <= credits_posted))),
    CONSTRAINT points_account_issuer CHECK (((NOT may_overdraw) OR ((kind)::text = 'issue'::text))),
    CONSTRAINT points_account_kind CHECK (((kind)::text = ANY ((ARRAY['person'::character varying, 'team'::character varying, 'merchant'::character varying, 'issue'::character varying, 'expiry'::character varying, 'settlement'::character varying])::text[]))),
    CONSTRAINT points_account_owner CHECK ((((kind)::text = ANY ((ARRAY['person'::character varying, 'team'::character varying, 'merchant'::character varying])::text[])) = (owner_id IS NOT NULL))),
    CONSTRAINT points_account_totals CHECK (((debits_posted >= 0) AND (debits_pending >= 0) AND (credits_posted >= 0) AND (credits_pending >= 0)))
)
WITH (fillfactor='50');

CREATE TABLE public.points_audit (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    ok boolean NOT NULL,
    accounts bigint NOT NULL,
    transfers bigint NOT NULL,
    vouchers bigint NOT NULL,
    blocks bigint NOT NULL,
    head_hash character varying(64) NOT NULL,
    wrong_what character varying(20),
    wrong_id character varying(40),
    problem text,
    seconds double precision NOT NULL
);

CREATE TABLE public.points_block (
    number bigint NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    transfers integer NOT NULL,
    row_digests bytea NOT NULL,
    previous_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    CONSTRAINT points_block_digests CHECK (((transfers >= 1) AND (length(row_digests) = (16 * transfers)))),
    CONSTRAINT points_block_order CHECK (((number >= 1) AND (first_seq >= 1) AND (last_seq >= first_seq)))
);

CREATE TABLE public.points_budget (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    funder character varying(60) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    points bigint NOT NULL,
    kept_for_posted bigint DEFAULT 0 NOT NULL,
    used bigint DEFAULT 0 NOT NULL,
    note character varying(200) DEFAULT ''::character varying NOT NULL,
    told_percent integer DEFAULT 0 NOT NULL,
    told_end boolean DEFAULT false NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT points_budget_kept CHECK (((kept_for_posted >= 0) AND (kept_for_posted <= points))),
    CONSTRAINT points_budget_period CHECK ((ends_at > starts_at)),
    CONSTRAINT points_budget_points CHECK (((points >= 1) AND (points <= 1000000000))),
    CONSTRAINT points_budget_room CHECK (((used >= 0) AND (used <= points)))
);

CREATE TABLE public.points_budget_use (
    transfer_id uuid NOT NULL,
    budget_id uuid NOT NULL,
    points bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT points_budget_use_points CHECK ((points >= 1))
);

CREATE TABLE public.points_earning (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    reference_id uuid NOT NULL,
    user_id uuid NOT NULL,
    reviewer_id uuid NOT NULL,
    facts text NOT NULL,
    at timestamp with time zone NOT NULL,
    rules_version integer NOT NULL,
    points bigint NOT NULL,
    CONSTRAINT points_earning_kind CHECK (((kind)::text = ANY ((ARRAY['patrol'::character varying, 'handled_matter'::character varying, 'mediation'::character varying, 'talk'::character varying])::text[]))),
    CONSTRAINT points_earning_other_reviews CHECK ((reviewer_id <> user_id)),
    CONSTRAINT points_earning_points CHECK ((points >= 0))
);

CREATE TABLE public.points_expiry_notice (
    account_id uuid NOT NULL,
    expires_until timestamp with time zone NOT NULL,
    announced_at timestamp with time zone NOT NULL,
    points bigint NOT NULL,
    lasts_days integer DEFAULT 730 NOT NULL,
    CONSTRAINT points_expiry_notice_points CHECK ((points >= 1))
);

CREATE TABLE public.points_offer (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    area_id uuid,
    title_zh character varying(80) NOT NULL,
    title_en character varying(120) NOT NULL,
    terms_zh text NOT NULL,
    terms_en text NOT NULL,
    cost bigint NOT NULL,
    stock bigint NOT NULL,
    per_person_cap integer,
    voucher_days integer DEFAULT 30 NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    state character varying(8) DEFAULT 'open'::character varying NOT NULL,
    image_key character varying(120),
    created_at timestamp with time zone NOT NULL,
    hours character varying(60) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT points_offer_cap CHECK (((per_person_cap IS NULL) OR (per_person_cap >= 1))),
    CONSTRAINT points_offer_cost CHECK (((cost >= 1) AND (cost <= 1000000000))),
    CONSTRAINT points_offer_state CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'paused'::character varying, 'closed'::character varying])::text[]))),
    CONSTRAINT points_offer_stock CHECK ((stock >= 0)),
    CONSTRAINT points_offer_title CHECK ((((title_zh)::text <> ''::text) AND ((title_en)::text <> ''::text))),
    CONSTRAINT points_offer_voucher_days CHECK (((voucher_days >= 1) AND (voucher_days <= 3650))),
    CONSTRAINT points_offer_window CHECK (((ends_at IS NULL) OR (ends_at > starts_at)))
);

CREATE TABLE public.points_redemption (
    id uuid NOT NULL,
    voucher_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    branch_id uuid,
    staff_id uuid NOT NULL,
    user_id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    redeemed_at timestamp with time zone NOT NULL,
    undone_at timestamp with time zone,
    undone_by uuid,
    undo_reason character varying(200),
    CONSTRAINT points_redemption_undone CHECK ((((undone_at IS NULL) = (undone_by IS NULL)) AND ((undone_at IS NULL) = (undo_reason IS NULL))))
);

CREATE TABLE public.points_rules (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    version integer NOT NULL,
    figures text NOT NULL,
    note character varying(200) NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    switched_on_at timestamp with time zone,
    switched_on_by uuid,
    CONSTRAINT points_rules_switched CHECK (((switched_on_at IS NULL) = (switched_on_by IS NULL))),
    CONSTRAINT points_rules_version CHECK ((version >= 1))
);

CREATE TABLE public.points_settlement (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    area_id uuid NOT NULL,
    period character varying(7) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    state character varying(10) DEFAULT 'frozen'::character varying NOT NULL,
    frozen_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    confirmed_by uuid,
    paid_at timestamp with time zone,
    paid_by uuid,
    payment_reference character varying(80),
    payment_cents bigint,
    CONSTRAINT points_settlement_confirmed CHECK (((((state)::text = ANY ((ARRAY['confirmed'::character varying, 'paid'::character varying])::text[])) = (confirmed_at IS NOT NULL)) AND ((confirmed_at IS NULL) = (confirmed_by IS NULL)))),
    CONSTRAINT points_settlement_paid CHECK (((((state)::text = 'paid'::text) = (paid_at IS NOT NULL)) AND ((paid_at IS NULL) = (paid_by IS NULL)) AND ((paid_at IS NULL) = (payment_reference IS NULL)) AND ((payment_cents IS NULL) OR ((paid_at IS NOT NULL) AND (payment_cents >= 0))))),
    CONSTRAINT points_settlement_state CHECK (((state)::text = ANY ((ARRAY['frozen'::character varying, 'disputed'::character varying, 'confirmed'::character varying, 'paid'::character varying])::text[]))),
    CONSTRAINT points_settlement_window CHECK (((ends_at > starts_at) AND (frozen_at >= ends_at)))
);

CREATE TABLE public.points_settlement_line (
    transfer_id uuid NOT NULL,
    settlement_id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    voucher_id uuid,
    points bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    dispute character varying(10),
    dispute_note character varying(200),
    dispute_answer character varying(200),
    CONSTRAINT points_settlement_line_dispute CHECK (((dispute IS NULL) OR ((dispute)::text = ANY ((ARRAY['open'::character varying, 'stands'::character varying, 'corrected'::character varying])::text[])))),
    CONSTRAINT points_settlement_line_kind CHECK ((((kind)::text = ANY ((ARRAY['redeemed'::character varying, 'undone'::character varying, 'corrected'::character varying])::text[])) AND (((kind)::text = 'redeemed'::text) = (points > 0)))),
    CONSTRAINT points_settlement_line_note CHECK ((((dispute IS NULL) = (dispute_note IS NULL)) AND ((dispute_answer IS NOT NULL) = ((dispute IS NOT NULL) AND ((dispute)::text <> 'open'::text)))))
);

CREATE TABLE public.points_transfer (
    seq bigint NOT NULL,
    id uuid NOT NULL,
    debit_account_id uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    amount bigint NOT NULL,
    kind character varying(8) NOT NULL,
    pending_id uuid,
    reverses_id uuid,
    code character varying(40) NOT NULL,
    reference_id uuid,
    explanation text NOT NULL,
    reason text,
    timeout_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT points_transfer_amount CHECK (((amount >= 1) AND (amount <= 1000000000))),
    CONSTRAINT points_transfer_code CHECK (((code)::text <> ''::text)),
    CONSTRAINT points_transfer_kind CHECK (((kind)::text = ANY ((ARRAY['posted'::character varying, 'pending'::character varying, 'post'::character varying, 'void'::character varying])::text[]))),
    CONSTRAINT points_transfer_resolves CHECK ((((kind)::text = ANY ((ARRAY['post'::character varying, 'void'::character varying])::text[])) = (pending_id IS NOT NULL))),
    CONSTRAINT points_transfer_reversal CHECK ((((reverses_id IS NULL) = (reason IS NULL)) AND ((reverses_id IS NULL) OR ((kind)::text = 'posted'::text)))),
    CONSTRAINT points_transfer_timeout CHECK (((timeout_at IS NULL) OR ((kind)::text = 'pending'::text))),
    CONSTRAINT points_transfer_two_sides CHECK ((debit_account_id <> credit_account_id))
);

CREATE SEQUENCE public.points_transfer_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.points_transfer_seq_seq OWNED BY public.points_transfer.seq;

CREATE TABLE public.points_voucher (
    id uuid NOT NULL,
    offer_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    title_zh character varying(80) NOT NULL,
    title_en character varying(120) NOT NULL,
    terms_zh text NOT NULL,
    terms_en text NOT NULL,
    cost bigint NOT NULL,
    state character varying(8) DEFAULT 'issued'::character varying NOT NULL,
    code character varying(8) NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    redeemed_at timestamp with time zone,
    redeemed_by uuid,
    redemption_id uuid,
    returned_at timestamp with time zone,
    return_reason character varying(200),
    hours character varying(60) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT points_voucher_code CHECK (((code)::text ~ '^[0-9]{8}$'::text)),
    CONSTRAINT points_voucher_cost CHECK ((cost >= 1)),
    CONSTRAINT points_voucher_redeemed CHECK (((((state)::text = 'redeemed'::text) = (redeemed_at IS NOT NULL)) AND ((redeemed_at IS NULL) = (redeemed_by IS NULL)) AND ((redemption_id IS NULL) OR (redeemed_at IS NOT NULL)))),
    CONSTRAINT points_voucher_returned CHECK (((((state)::text = ANY ((ARRAY['expired'::character varying, 'refunded'::character varying])::text[])) = (returned_at IS NOT NULL)) AND ((returned_at IS NULL) = (return_reason IS NULL)))),
    CONSTRAINT points_voucher_state CHECK (((state)::text = ANY ((ARRAY['issued'::character varying, 'redeemed'::character varying, 'expired'::character varying, 'refunded'::character varying])::text[]))),
    CONSTRAINT points_voucher_term CHECK ((expires_at > issued_at))
);

CREATE TABLE public.push_key (
    id integer NOT NULL,
    private_key character varying(100) NOT NULL,
    public_key character varying(100) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT push_key_one CHECK ((id = 1))
);

CREATE TABLE public.push_receipt (
    message_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    status integer NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.push_subscription (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    endpoint character varying(1000) NOT NULL,
    p256dh character varying(100) NOT NULL,
    auth character varying(40) NOT NULL,
    device_name character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_ok_at timestamp with time zone,
    failed_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    CONSTRAINT push_subscription_failures_not_negative CHECK ((failures >= 0))
);

CREATE TABLE public.quiet_home (
    user_id uuid NOT NULL,
    cell character varying(40) NOT NULL,
    set_at timestamp with time zone NOT NULL
);

CREATE TABLE public.rain_day (
    area_id uuid NOT NULL,
    day date NOT NULL,
    noted_by uuid NOT NULL,
    noted_at timestamp with time zone NOT NULL
);

CREATE TABLE public.report (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    area_id uuid NOT NULL,
    patrol_id uuid,
    category character varying(20) NOT NULL,
    text character varying(300) NOT NULL,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    lon double precision,
    lat double precision,
    accuracy_m double precision,
    state character varying(12) DEFAULT 'received'::character varying NOT NULL,
    outcome character varying(12),
    answer character varying(300),
    handled_by uuid,
    changed_at timestamp with time zone NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    description character varying(300),
    hurtful jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT report_category_known CHECK (((category)::text = ANY ((ARRAY['hazard'::character varying, 'order'::character varying, 'charging'::character varying, 'cards'::character varying, 'lighting'::character varying, 'other'::character varying])::text[]))),
    CONSTRAINT report_closed_with_outcome CHECK ((((state)::text = 'closed'::text) = (outcome IS NOT NULL))),
    CONSTRAINT report_outcome_known CHECK (((outcome)::text = ANY ((ARRAY['solved'::character varying, 'not_fixed'::character varying, 'unfounded'::character varying, 'duplicate'::character varying])::text[]))),
    CONSTRAINT report_place_whole CHECK (((lon IS NULL) = (lat IS NULL))),
    CONSTRAINT report_state_known CHECK (((state)::text = ANY ((ARRAY['received'::character varying, 'triaged'::character varying, 'handed_over'::character varying, 'acted'::character varying, 'closed'::character varying, 'withdrawn'::character varying])::text[])))
);

CREATE TABLE public.report_photo (
    id uuid NOT NULL,
    report_id uuid NOT NULL,
    photo_key character varying(100) NOT NULL,
    made_at timestamp with time zone NOT NULL
);

CREATE TABLE public.report_word (
    area_id uuid NOT NULL,
    word character varying(40) NOT NULL,
    looked_for boolean NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamp with time zone NOT NULL
);

CREATE TABLE public.reward_deed (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    title_zh character varying(80) NOT NULL,
    title_en character varying(120) NOT NULL,
    judged_by uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT reward_deed_kind_known CHECK (((kind)::text = ANY ((ARRAY['handled_matter'::character varying, 'mediation'::character varying, 'talk'::character varying])::text[])))
);

CREATE TABLE public.reward_setting (
    area_id uuid NOT NULL,
    leaderboard boolean DEFAULT false NOT NULL,
    scene_until timestamp with time zone,
    scene_reason character varying(200),
    scene_declared_at timestamp with time zone,
    scene_declared_by uuid,
    CONSTRAINT reward_setting_scene_whole CHECK ((((scene_until IS NULL) = (scene_reason IS NULL)) AND ((scene_until IS NULL) = (scene_declared_at IS NULL)) AND ((scene_until IS NULL) = (scene_declared_by IS NULL))))
);

CREATE TABLE public.reward_signal (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    subject character varying(160) NOT NULL,
    facts text NOT NULL,
    at timestamp with time zone NOT NULL,
    state character varying(10) DEFAULT 'open'::character varying NOT NULL,
    outcome character varying(10),
    note character varying(300) DEFAULT ''::character varying NOT NULL,
    closed_at timestamp with time zone,
    closed_by uuid,
    CONSTRAINT reward_signal_closed_whole CHECK (((((state)::text = 'closed'::text) = (closed_at IS NOT NULL)) AND ((closed_at IS NULL) = (closed_by IS NULL)) AND ((closed_at IS NULL) = (outcome IS NULL)))),
    CONSTRAINT reward_signal_kind_known CHECK (((kind)::text = ANY ((ARRAY['same_pair'::character varying, 'odd_hours'::character varying, 'velocity'::character varying, 'reviewer_pair'::character varying])::text[]))),
    CONSTRAINT reward_signal_outcome_known CHECK (((outcome)::text = ANY ((ARRAY['fine'::character varying, 'acted'::character varying])::text[]))),
    CONSTRAINT reward_signal_state_known CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'closed'::character varying])::text[])))
);

CREATE TABLE public.role_grant (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    role character varying(20) NOT NULL,
    area_id uuid,
    area_path character varying(200) NOT NULL,
    merchant_id uuid,
    granted_by uuid,
    granted_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT role_grant_merchant_named CHECK ((((role)::text = 'merchant'::text) = (merchant_id IS NOT NULL))),
    CONSTRAINT role_grant_role_known CHECK (((role)::text = ANY ((ARRAY['volunteer'::character varying, 'leader'::character varying, 'poster'::character varying, 'officer'::character varying, 'approver'::character varying, 'merchant'::character varying, 'admin'::character varying])::text[])))
);

CREATE TABLE public.schema_migration (
    series character varying(20) NOT NULL,
    number integer NOT NULL,
    name character varying(80) NOT NULL,
    digest character varying(64) NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

CREATE TABLE public.session (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash character varying(64) NOT NULL,
    device_name character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    reauthenticated_at timestamp with time zone,
    revoked_at timestamp with time zone
);

CREATE TABLE public.sighting (
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    behaviour_zh character varying(300) NOT NULL,
    direction character varying(80) NOT NULL,
    certainty character varying(10) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    state character varying(12) DEFAULT 'received'::character varying NOT NULL,
    photo_key character varying(80),
    merged_into uuid,
    CONSTRAINT sighting_certainty_known CHECK (((certainty)::text = ANY ((ARRAY['sure'::character varying, 'likely'::character varying, 'unsure'::character varying])::text[]))),
    CONSTRAINT sighting_not_into_itself CHECK ((merged_into <> id)),
    CONSTRAINT sighting_state_known CHECK (((state)::text = ANY ((ARRAY['received'::character varying, 'read'::character varying])::text[])))
);

CREATE TABLE public.sighting_step (
    id uuid NOT NULL,
    sighting_id uuid NOT NULL,
    step character varying(12) NOT NULL,
    at timestamp with time zone NOT NULL,
    made_by uuid NOT NULL,
    text_zh character varying(200) DEFAULT ''::character varying NOT NULL,
    outcome character varying(12),
    CONSTRAINT sighting_outcome_at_the_end CHECK ((((step)::text = 'outcome'::text) = (outcome IS NOT NULL))),
    CONSTRAINT sighting_outcome_known CHECK (((outcome)::text = ANY ((ARRAY['found'::character varying, 'mistaken'::character varying, 'gone'::character varying, 'duplicate'::character varying])::text[]))),
    CONSTRAINT sighting_step_known CHECK (((step)::text = ANY ((ARRAY['read'::character varying, 'instructed'::character varying, 'acknowledged'::character varying, 'arrived'::character varying, 'outcome'::character varying])::text[])))
);

CREATE TABLE public.sos_call (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    area_id uuid NOT NULL,
    patrol_id uuid,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    silent boolean DEFAULT false NOT NULL,
    test boolean DEFAULT false NOT NULL,
    note character varying(200),
    lon double precision,
    lat double precision,
    accuracy_m double precision,
    position_at timestamp with time zone,
    state character varying(12) DEFAULT 'open'::character varying NOT NULL,
    duress boolean DEFAULT false NOT NULL,
    widened_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_by uuid,
    outcome character varying(20),
    outcome_note character varying(200),
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT sos_call_ended_when_over CHECK ((((state)::text = ANY ((ARRAY['cancelled'::character varying, 'closed'::character varying])::text[])) = (ended_at IS NOT NULL))),
    CONSTRAINT sos_call_outcome_known CHECK (((outcome)::text = ANY ((ARRAY['safe'::character varying, 'handed_over'::character varying, 'false_alarm'::character varying])::text[]))),
    CONSTRAINT sos_call_place_whole CHECK ((((lon IS NULL) = (lat IS NULL)) AND ((lon IS NULL) = (position_at IS NULL)))),
    CONSTRAINT sos_call_state_known CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'acknowledged'::character varying, 'cancelled'::character varying, 'closed'::character varying])::text[])))
);

CREATE TABLE public.sos_told (
    id uuid NOT NULL,
    call_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role character varying(10) NOT NULL,
    told_at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    CONSTRAINT sos_told_role_known CHECK (((role)::text = ANY ((ARRAY['team'::character varying, 'nearby'::character varying, 'station'::character varying, 'self'::character varying])::text[])))
);

CREATE TABLE public.task (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    kind character varying(30) NOT NULL,
    state character varying(20) DEFAULT 'draft'::character varying NOT NULL,
    outcome character varying(20),
    title_zh character varying(80) NOT NULL,
    title_en character varying(120) DEFAULT ''::character varying NOT NULL,
    brief_zh text DEFAULT ''::text NOT NULL,
    brief_en text DEFAULT ''::text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    night boolean DEFAULT false NOT NULL,
    seats integer NOT NULL,
    seats_taken integer DEFAULT 0 NOT NULL,
    points integer DEFAULT 0 NOT NULL,
    place_name character varying(80),
    start_lon double precision,
    start_lat double precision,
    route jsonb,
    stops jsonb DEFAULT '[]'::jsonb NOT NULL,
    plan_id uuid,
    plan_team integer,
    version integer DEFAULT 1 NOT NULL,
    posted_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    over_at timestamp with time zone,
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT task_outcome_told CHECK (((((state)::text = 'closed'::text) AND ((outcome)::text = ANY ((ARRAY['completed'::character varying, 'partial'::character varying, 'void'::character varying])::text[]))) OR (((state)::text = 'cancelled'::text) AND ((outcome)::text = ANY ((ARRAY['weather'::character varying, 'police'::character varying, 'poster'::character varying, 'expired'::character varying])::text[]))) OR (((state)::text <> ALL ((ARRAY['closed'::character varying, 'cancelled'::character varying])::text[])) AND (outcome IS NULL)))),
    CONSTRAINT task_points_not_negative CHECK ((points >= 0)),
    CONSTRAINT task_seats_bounded CHECK (((seats_taken >= 0) AND (seats_taken <= seats))),
    CONSTRAINT task_seats_some CHECK ((seats >= 1)),
    CONSTRAINT task_start_whole CHECK (((start_lon IS NULL) = (start_lat IS NULL))),
    CONSTRAINT task_state_known CHECK (((state)::text = ANY ((ARRAY['draft'::character varying, 'in_review'::character varying, 'published'::character varying, 'active'::character varying, 'awaiting_review'::character varying, 'closed'::character varying, 'cancelled'::character varying])::text[]))),
    CONSTRAINT task_window_forward CHECK ((ends_at > starts_at))
);

CREATE TABLE public.team (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    name_zh character varying(60) NOT NULL,
    name_en character varying(80) NOT NULL,
    invite_code character varying(12) NOT NULL,
    demo boolean DEFAULT false NOT NULL
);

CREATE TABLE public.team_thanks (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    said_by uuid NOT NULL,
    said character varying(300) NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.upload (
    id uuid NOT NULL,
    length integer NOT NULL,
    received integer DEFAULT 0 NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    CONSTRAINT upload_within CHECK (((length > 0) AND ((received >= 0) AND (received <= length))))
);

CREATE TABLE public.upload_piece (
    upload_id uuid NOT NULL,
    starts_at integer NOT NULL,
    data bytea NOT NULL
);

CREATE TABLE public.visit (
    id uuid NOT NULL,
    patrol_id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    method character varying(10) NOT NULL,
    checkpoint_id uuid,
    stop_order integer,
    attested_by uuid,
    lon double precision,
    lat double precision,
    accuracy_m double precision,
    sureness character varying(6) NOT NULL,
    why jsonb NOT NULL,
    photo_key character varying(100),
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT visit_attested_by_another CHECK (((((method)::text = 'attested'::text) = (attested_by IS NOT NULL)) AND ((attested_by IS NULL) OR (attested_by <> user_id)))),
    CONSTRAINT visit_method_known CHECK (((method)::text = ANY ((ARRAY['qr'::character varying, 'nfc'::character varying, 'screen'::character varying, 'photo'::character varying, 'attested'::character varying])::text[]))),
    CONSTRAINT visit_somewhere CHECK (((checkpoint_id IS NOT NULL) OR (stop_order IS NOT NULL) OR (lon IS NOT NULL))),
    CONSTRAINT visit_sureness_known CHECK (((sureness)::text = ANY ((ARRAY['high'::character varying, 'medium'::character varying, 'low'::character varying])::text[])))
);

CREATE TABLE public.walked_cell (
    district_id uuid NOT NULL,
    day character(10) NOT NULL,
    east integer NOT NULL,
    north integer NOT NULL,
    patrols integer NOT NULL,
    CONSTRAINT walked_cell_walked CHECK ((patrols > 0))
);

CREATE TABLE public.webhook (
    id uuid NOT NULL,
    area_id uuid NOT NULL,
    url character varying(500) NOT NULL,
    secret character varying(80) NOT NULL,
    events jsonb NOT NULL,
    state character varying(10) DEFAULT 'active'::character varying NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    stopped_at timestamp with time zone,
    CONSTRAINT webhook_state_known CHECK (((state)::text = ANY ((ARRAY['active'::character varying, 'failing'::character varying, 'gone'::character varying, 'removed'::character varying])::text[]))),
    CONSTRAINT webhook_stopped_at_a_time CHECK ((((state)::text = 'active'::text) = (stopped_at IS NULL)))
);

CREATE TABLE public.webhook_delivery (
    id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event character varying(40) NOT NULL,
    payload jsonb NOT NULL,
    state character varying(10) DEFAULT 'waiting'::character varying NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    status integer,
    error character varying(200) DEFAULT ''::character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT webhook_delivery_ended_at_a_time CHECK ((((state)::text = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT webhook_delivery_state_known CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'delivered'::character varying, 'failed'::character varying])::text[]))),
    CONSTRAINT webhook_delivery_waits_for_a_time CHECK ((((state)::text = 'waiting'::text) = (next_at IS NOT NULL)))
);

ALTER TABLE ONLY public.message ALTER COLUMN seq SET DEFAULT nextval('public.message_seq_seq'::regclass);

ALTER TABLE ONLY public.points_transfer ALTER COLUMN seq SET DEFAULT nextval('public.points_transfer_seq_seq'::regclass);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_proposal
    ADD CONSTRAINT alert_proposal_once UNIQUE (key_id, sender, identifier);

ALTER TABLE ONLY public.alert_proposal
    ADD CONSTRAINT alert_proposal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_update
    ADD CONSTRAINT alert_update_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.area
    ADD CONSTRAINT area_path_key UNIQUE (path);

ALTER TABLE ONLY public.area
    ADD CONSTRAINT area_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_position_once UNIQUE (tenant, "position");

ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (tenant);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_once_by_each_way UNIQUE (alert_id, user_id, channel);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.fix
    ADD CONSTRAINT fix_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.group_message
    ADD CONSTRAINT group_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.group_robot
    ADD CONSTRAINT group_robot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.hazard_note
    ADD CONSTRAINT hazard_note_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident_arrival
    ADD CONSTRAINT incident_arrival_pkey PRIMARY KEY (area_id);

ALTER TABLE ONLY public.incident_import
    ADD CONSTRAINT incident_import_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident_kind
    ADD CONSTRAINT incident_kind_once UNIQUE (area_id, kind);

ALTER TABLE ONLY public.incident_kind
    ADD CONSTRAINT incident_kind_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_once UNIQUE (area_id, external_id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integration_key
    ADD CONSTRAINT integration_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integration_key
    ADD CONSTRAINT integration_key_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_key_key UNIQUE (key);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.leaderboard_choice
    ADD CONSTRAINT leaderboard_choice_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.live_position
    ADD CONSTRAINT live_position_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.map_import
    ADD CONSTRAINT map_import_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.merchant_application
    ADD CONSTRAINT merchant_application_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merchant_branch
    ADD CONSTRAINT merchant_branch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merchant
    ADD CONSTRAINT merchant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merchant_staff
    ADD CONSTRAINT merchant_staff_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_id_key UNIQUE (id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.named_place
    ADD CONSTRAINT named_place_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outlook_map
    ADD CONSTRAINT outlook_map_pkey PRIMARY KEY (outlook_id);

ALTER TABLE ONLY public.outlook
    ADD CONSTRAINT outlook_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.patrol_appeal
    ADD CONSTRAINT patrol_appeal_once UNIQUE (patrol_id);

ALTER TABLE ONLY public.patrol_appeal
    ADD CONSTRAINT patrol_appeal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.patrol_line
    ADD CONSTRAINT patrol_line_once UNIQUE (patrol_id, user_id, "precision");

ALTER TABLE ONLY public.patrol_line
    ADD CONSTRAINT patrol_line_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.patrol_log
    ADD CONSTRAINT patrol_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.patrol_member
    ADD CONSTRAINT patrol_member_once UNIQUE (patrol_id, user_id);

ALTER TABLE ONLY public.patrol_member
    ADD CONSTRAINT patrol_member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.patrol
    ADD CONSTRAINT patrol_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.patrol_view
    ADD CONSTRAINT patrol_view_pkey PRIMARY KEY (patrol_id, viewer_id, live);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_phone_key UNIQUE (phone);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.photo_view
    ADD CONSTRAINT photo_view_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.plan_default
    ADD CONSTRAINT plan_default_pkey PRIMARY KEY (area_id);

ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_undone_once UNIQUE (undoes);

ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_version_once UNIQUE (plan_id, version);

ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.plan_proposal
    ADD CONSTRAINT plan_proposal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_account
    ADD CONSTRAINT points_account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_audit
    ADD CONSTRAINT points_audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_block
    ADD CONSTRAINT points_block_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.points_budget
    ADD CONSTRAINT points_budget_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_budget_use
    ADD CONSTRAINT points_budget_use_pkey PRIMARY KEY (transfer_id, budget_id);

ALTER TABLE ONLY public.points_earning
    ADD CONSTRAINT points_earning_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_expiry_notice
    ADD CONSTRAINT points_expiry_notice_once PRIMARY KEY (account_id, expires_until);

ALTER TABLE ONLY public.points_offer
    ADD CONSTRAINT points_offer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_redemption
    ADD CONSTRAINT points_redemption_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_rules
    ADD CONSTRAINT points_rules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_settlement_line
    ADD CONSTRAINT points_settlement_line_pkey PRIMARY KEY (transfer_id);

ALTER TABLE ONLY public.points_settlement
    ADD CONSTRAINT points_settlement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_transfer
    ADD CONSTRAINT points_transfer_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.points_voucher
    ADD CONSTRAINT points_voucher_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.push_key
    ADD CONSTRAINT push_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.push_receipt
    ADD CONSTRAINT push_receipt_pkey PRIMARY KEY (message_id, subscription_id);

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_endpoint_key UNIQUE (endpoint);

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quiet_home
    ADD CONSTRAINT quiet_home_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.rain_day
    ADD CONSTRAINT rain_day_once PRIMARY KEY (area_id, day);

ALTER TABLE ONLY public.report_photo
    ADD CONSTRAINT report_photo_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_word
    ADD CONSTRAINT report_word_pkey PRIMARY KEY (area_id, word);

ALTER TABLE ONLY public.reward_deed
    ADD CONSTRAINT reward_deed_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reward_setting
    ADD CONSTRAINT reward_setting_pkey PRIMARY KEY (area_id);

ALTER TABLE ONLY public.reward_signal
    ADD CONSTRAINT reward_signal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.role_grant
    ADD CONSTRAINT role_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (series, number);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sighting_step
    ADD CONSTRAINT sighting_step_once UNIQUE (sighting_id, step);

ALTER TABLE ONLY public.sighting_step
    ADD CONSTRAINT sighting_step_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sos_call
    ADD CONSTRAINT sos_call_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sos_told
    ADD CONSTRAINT sos_told_once UNIQUE (call_id, user_id);

ALTER TABLE ONLY public.sos_told
    ADD CONSTRAINT sos_told_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.team
    ADD CONSTRAINT team_invite_code_key UNIQUE (invite_code);

ALTER TABLE ONLY public.team
    ADD CONSTRAINT team_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.team_thanks
    ADD CONSTRAINT team_thanks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.upload_piece
    ADD CONSTRAINT upload_piece_pkey PRIMARY KEY (upload_id, starts_at);

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.walked_cell
    ADD CONSTRAINT walked_cell_pkey PRIMARY KEY (district_id, day, east, north);

ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (id);

CREATE INDEX alert_area ON public.alert USING btree (area_id, created_at);

CREATE INDEX alert_live ON public.alert USING btree (expires_at) WHERE ((state)::text = 'live'::text);

CREATE INDEX alert_proposal_area ON public.alert_proposal USING btree (area_id, received_at);

CREATE INDEX alert_recalled ON public.alert USING btree (recalled_at) WHERE ((state)::text = 'recalled'::text);

CREATE INDEX alert_review_due ON public.alert USING btree (review_due_at) WHERE (((state)::text = 'live'::text) AND (approved_by IS NULL));

CREATE INDEX alert_update_alert ON public.alert_update USING btree (alert_id, at);

CREATE INDEX assignment_held ON public.assignment USING btree (hold_until) WHERE ((state)::text = 'held'::text);

CREATE UNIQUE INDEX assignment_one_leader ON public.assignment USING btree (task_id) WHERE (leader AND ((state)::text = ANY ((ARRAY['held'::character varying, 'started'::character varying, 'paused'::character varying, 'finished'::character varying])::text[])));

CREATE UNIQUE INDEX assignment_open_once ON public.assignment USING btree (task_id, user_id) WHERE ((state)::text = ANY ((ARRAY['held'::character varying, 'started'::character varying, 'paused'::character varying, 'finished'::character varying])::text[]));

CREATE INDEX assignment_task ON public.assignment USING btree (task_id);

CREATE INDEX assignment_user ON public.assignment USING btree (user_id, state);

CREATE INDEX audit_entry_area ON public.audit_entry USING btree (area_id, "position");

CREATE INDEX audit_entry_object ON public.audit_entry USING btree (kind, object_id);

CREATE UNIQUE INDEX certificate_code ON public.certificate USING btree (code);

CREATE UNIQUE INDEX certificate_once ON public.certificate USING btree (user_id, year, minutes, patrols, name);

CREATE INDEX checkpoint_area ON public.checkpoint USING btree (area_id);

CREATE INDEX checkpoint_place ON public.checkpoint USING btree (lat, lon);

CREATE INDEX consent_user ON public.consent USING btree (user_id, kind, at);

CREATE INDEX delivery_user ON public.delivery USING btree (user_id, alert_id);

CREATE INDEX feedback_area ON public.feedback USING btree (area_id, state, due_at);

CREATE INDEX feedback_user ON public.feedback USING btree (user_id, sent_at);

CREATE INDEX fix_patrol_at ON public.fix USING btree (patrol_id, at);

CREATE INDEX group_message_robot ON public.group_message USING btree (robot_id, ended_at);

CREATE INDEX group_robot_area ON public.group_robot USING btree (area_id);

CREATE INDEX hazard_note_area ON public.hazard_note USING btree (area_id) WHERE (removed_at IS NULL);

CREATE INDEX incident_area_imported ON public.incident USING btree (area_id, imported_at);

CREATE INDEX incident_area_kind ON public.incident USING btree (area_id, kind);

CREATE INDEX incident_area_time ON public.incident USING btree (area_id, occurred_at);

CREATE INDEX incident_import_area ON public.incident_import USING btree (area_id, id);

CREATE INDEX incident_import_same_file ON public.incident_import USING btree (file_sha256);

CREATE INDEX integration_key_area ON public.integration_key USING btree (area_id);

CREATE INDEX job_dead ON public.job USING btree (finished_at) WHERE ((state)::text = 'dead'::text);

CREATE INDEX job_doing ON public.job USING btree (leased_until) WHERE ((state)::text = 'doing'::text);

CREATE INDEX job_name ON public.job USING btree (name, state, finished_at);

CREATE INDEX job_over ON public.job USING btree (keep_until) WHERE ((state)::text = ANY ((ARRAY['done'::character varying, 'dead'::character varying])::text[]));

CREATE INDEX job_todo ON public.job USING btree (run_at, id) WHERE ((state)::text = 'todo'::text);

CREATE INDEX live_position_patrol ON public.live_position USING btree (patrol_id);

CREATE INDEX live_position_place ON public.live_position USING btree (((trunc((lat * (100)::double precision)))::integer), lon, lat);

CREATE INDEX map_import_path ON public.map_import USING btree (path, created_at);

CREATE INDEX media_same ON public.media USING btree (sha256);

CREATE INDEX merchant_application_applicant ON public.merchant_application USING btree (applicant_id);

CREATE INDEX merchant_application_area ON public.merchant_application USING btree (area_id, state, applied_at);

CREATE UNIQUE INDEX merchant_application_one_open ON public.merchant_application USING btree (licence_no) WHERE ((state)::text = 'applied'::text);

CREATE INDEX merchant_area ON public.merchant USING btree (area_id);

CREATE INDEX merchant_branch_merchant ON public.merchant_branch USING btree (merchant_id);

CREATE UNIQUE INDEX merchant_licence ON public.merchant USING btree (licence_no) WHERE (licence_no IS NOT NULL);

CREATE UNIQUE INDEX merchant_staff_once ON public.merchant_staff USING btree (merchant_id, user_id) WHERE (until IS NULL);

CREATE INDEX merchant_staff_user ON public.merchant_staff USING btree (user_id);

CREATE INDEX message_ref ON public.message USING btree (ref_id, user_id);

CREATE INDEX message_user ON public.message USING btree (user_id, seq);

CREATE INDEX named_place_area ON public.named_place USING btree (area_id);

CREATE INDEX outlook_area ON public.outlook USING btree (area_id, created_at);

CREATE UNIQUE INDEX outlook_one_making ON public.outlook USING btree (area_id) WHERE ((state)::text = 'making'::text);

CREATE INDEX patrol_area_state ON public.patrol USING btree (area_id, state, started_at);

CREATE INDEX patrol_line_made ON public.patrol_line USING btree ("precision", made_at);

CREATE INDEX patrol_log_patrol ON public.patrol_log USING btree (patrol_id);

CREATE UNIQUE INDEX patrol_member_walks_one ON public.patrol_member USING btree (user_id) WHERE ((state)::text = 'walking'::text);

CREATE UNIQUE INDEX patrol_one_active_a_task ON public.patrol USING btree (task_id) WHERE ((state)::text = 'active'::text);

CREATE INDEX person_area ON public.person USING btree (area_id);

CREATE INDEX person_on_duty ON public.person USING btree (area_id) WHERE on_duty;

CREATE INDEX photo_view_alert ON public.photo_view USING btree (alert_id, at);

CREATE INDEX plan_area ON public.plan USING btree (area_id, created_at);

CREATE UNIQUE INDEX plan_proposal_one_open ON public.plan_proposal USING btree (plan_id) WHERE ((state)::text = 'open'::text);

CREATE INDEX plan_solving ON public.plan USING btree (created_at) WHERE ((state)::text = 'solving'::text);

CREATE UNIQUE INDEX points_account_one_per_area ON public.points_account USING btree (kind, COALESCE(area_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE (owner_id IS NULL);

CREATE UNIQUE INDEX points_account_one_per_owner ON public.points_account USING btree (kind, owner_id) WHERE (owner_id IS NOT NULL);

CREATE INDEX points_audit_at ON public.points_audit USING btree (at);

CREATE INDEX points_budget_area ON public.points_budget USING btree (area_id, ends_at);

CREATE INDEX points_budget_use_budget ON public.points_budget_use USING btree (budget_id, at);

CREATE INDEX points_earning_area ON public.points_earning USING btree (area_id, at);

CREATE UNIQUE INDEX points_earning_once ON public.points_earning USING btree (reference_id, user_id);

CREATE INDEX points_earning_pair ON public.points_earning USING btree (user_id, reviewer_id, at);

CREATE INDEX points_offer_by_merchant ON public.points_offer USING btree (merchant_id);

CREATE INDEX points_offer_open ON public.points_offer USING btree (cost) WHERE ((state)::text = 'open'::text);

CREATE INDEX points_redemption_by_merchant ON public.points_redemption USING btree (merchant_id, redeemed_at);

CREATE INDEX points_redemption_by_staff ON public.points_redemption USING btree (staff_id, user_id, redeemed_at);

CREATE UNIQUE INDEX points_redemption_one_stands ON public.points_redemption USING btree (voucher_id) WHERE (undone_at IS NULL);

CREATE UNIQUE INDEX points_redemption_transfer ON public.points_redemption USING btree (transfer_id);

CREATE UNIQUE INDEX points_rules_once ON public.points_rules USING btree (area_id, version);

CREATE INDEX points_settlement_area ON public.points_settlement USING btree (area_id, period);

CREATE INDEX points_settlement_line_settlement ON public.points_settlement_line USING btree (settlement_id, at);

CREATE UNIQUE INDEX points_settlement_once ON public.points_settlement USING btree (merchant_id, period);

CREATE INDEX points_transfer_credits ON public.points_transfer USING btree (credit_account_id, seq);

CREATE INDEX points_transfer_debits ON public.points_transfer USING btree (debit_account_id, seq);

CREATE UNIQUE INDEX points_transfer_id ON public.points_transfer USING btree (id);

CREATE UNIQUE INDEX points_transfer_one_resolution ON public.points_transfer USING btree (pending_id) WHERE (pending_id IS NOT NULL);

CREATE UNIQUE INDEX points_transfer_one_reversal ON public.points_transfer USING btree (reverses_id) WHERE (reverses_id IS NOT NULL);

CREATE INDEX points_transfer_reference ON public.points_transfer USING btree (reference_id) WHERE (reference_id IS NOT NULL);

CREATE INDEX points_transfer_timeouts ON public.points_transfer USING btree (timeout_at) WHERE (timeout_at IS NOT NULL);

CREATE INDEX points_voucher_by_merchant ON public.points_voucher USING btree (merchant_id, redeemed_at);

CREATE INDEX points_voucher_by_offer ON public.points_voucher USING btree (offer_id, user_id);

CREATE INDEX points_voucher_by_user ON public.points_voucher USING btree (user_id, issued_at);

CREATE INDEX points_voucher_due ON public.points_voucher USING btree (expires_at) WHERE ((state)::text = 'issued'::text);

CREATE UNIQUE INDEX points_voucher_transfer ON public.points_voucher USING btree (transfer_id);

CREATE UNIQUE INDEX points_voucher_usable_code ON public.points_voucher USING btree (code) WHERE ((state)::text = 'issued'::text);

CREATE INDEX push_subscription_session ON public.push_subscription USING btree (session_id);

CREATE INDEX push_subscription_user ON public.push_subscription USING btree (user_id);

CREATE INDEX report_area ON public.report USING btree (area_id, state, received_at);

CREATE INDEX report_photo_made ON public.report_photo USING btree (made_at);

CREATE INDEX report_photo_report ON public.report_photo USING btree (report_id);

CREATE INDEX report_user ON public.report USING btree (user_id, received_at);

CREATE INDEX reward_deed_area ON public.reward_deed USING btree (area_id, at);

CREATE INDEX reward_signal_area ON public.reward_signal USING btree (area_id, state, at);

CREATE UNIQUE INDEX reward_signal_once ON public.reward_signal USING btree (area_id, kind, subject);

CREATE UNIQUE INDEX role_grant_once ON public.role_grant USING btree (user_id, role, area_path, COALESCE(merchant_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE (revoked_at IS NULL);

CREATE INDEX role_grant_user ON public.role_grant USING btree (user_id);

CREATE INDEX session_by_user ON public.session USING btree (user_id);

CREATE INDEX sighting_alert ON public.sighting USING btree (alert_id, received_at);

CREATE INDEX sighting_user ON public.sighting USING btree (user_id, alert_id);

CREATE INDEX sos_call_open ON public.sos_call USING btree (area_id, state);

CREATE INDEX sos_call_user ON public.sos_call USING btree (user_id);

CREATE INDEX sos_told_user ON public.sos_told USING btree (user_id, told_at);

CREATE INDEX task_area ON public.task USING btree (area_id, starts_at);

CREATE INDEX task_open ON public.task USING btree (starts_at, area_id) WHERE ((state)::text = 'published'::text);

CREATE UNIQUE INDEX task_plan_team ON public.task USING btree (plan_id, plan_team) WHERE (plan_id IS NOT NULL);

CREATE INDEX task_unfinished ON public.task USING btree (ends_at) WHERE ((state)::text = ANY ((ARRAY['draft'::character varying, 'in_review'::character varying, 'published'::character varying, 'active'::character varying])::text[]));

CREATE INDEX team_thanks_team ON public.team_thanks USING btree (team_id, at);

CREATE INDEX upload_begun ON public.upload USING btree (begun_at);

CREATE INDEX visit_patrol ON public.visit USING btree (patrol_id);

CREATE INDEX webhook_area ON public.webhook USING btree (area_id);

CREATE INDEX webhook_delivery_ended ON public.webhook_delivery USING btree (ended_at) WHERE ((state)::text <> 'waiting'::text);

CREATE INDEX webhook_delivery_webhook ON public.webhook_delivery USING btree (webhook_id, created_at);

CREATE TRIGGER audit_entry_follows BEFORE INSERT ON public.audit_entry FOR EACH ROW EXECUTE FUNCTION public.audit_entry_check_follows();

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON public.audit_entry FOR EACH ROW EXECUTE FUNCTION public.audit_entry_refuse();

CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.audit_entry_refuse();

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON public.audit_entry FOR EACH ROW EXECUTE FUNCTION public.audit_entry_refuse();

CREATE TRIGGER fix_is_not_moved BEFORE UPDATE ON public.fix FOR EACH ROW EXECUTE FUNCTION public.fix_is_not_moved();

CREATE TRIGGER fix_only_during_patrol AFTER INSERT ON public.fix REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.fix_only_during_patrol();

CREATE CONSTRAINT TRIGGER message_numbered AFTER INSERT ON public.message DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.message_number_at_commit();

CREATE TRIGGER points_account_guarded BEFORE INSERT OR DELETE OR UPDATE ON public.points_account FOR EACH ROW EXECUTE FUNCTION public.points_account_guard();

CREATE TRIGGER points_account_no_truncate BEFORE TRUNCATE ON public.points_account FOR EACH STATEMENT EXECUTE FUNCTION public.points_account_guard();

CREATE TRIGGER points_block_guarded BEFORE INSERT OR DELETE OR UPDATE ON public.points_block FOR EACH ROW EXECUTE FUNCTION public.points_block_guard();

CREATE TRIGGER points_block_no_truncate BEFORE TRUNCATE ON public.points_block FOR EACH STATEMENT EXECUTE FUNCTION public.points_block_guard();

CREATE TRIGGER points_budget_guarded BEFORE INSERT OR DELETE OR UPDATE ON public.points_budget FOR EACH ROW EXECUTE FUNCTION public.points_budget_guard();

CREATE TRIGGER points_budget_no_truncate BEFORE TRUNCATE ON public.points_budget FOR EACH STATEMENT EXECUTE FUNCTION public.points_budget_guard();

CREATE TRIGGER points_budget_use_counts AFTER INSERT ON public.points_budget_use FOR EACH ROW EXECUTE FUNCTION public.points_budget_use_count();

CREATE TRIGGER points_budget_use_guarded BEFORE DELETE OR UPDATE ON public.points_budget_use FOR EACH ROW EXECUTE FUNCTION public.points_budget_use_guard();

CREATE TRIGGER points_budget_use_no_truncate BEFORE TRUNCATE ON public.points_budget_use FOR EACH STATEMENT EXECUTE FUNCTION public.points_budget_use_guard();

CREATE TRIGGER points_earning_guarded BEFORE DELETE OR UPDATE ON public.points_earning FOR EACH ROW EXECUTE FUNCTION public.points_earning_guard();

CREATE TRIGGER points_redemption_guarded BEFORE INSERT OR DELETE OR UPDATE ON public.points_redemption FOR EACH ROW EXECUTE FUNCTION public.points_redemption_guard();

CREATE TRIGGER points_redemption_no_truncate BEFORE TRUNCATE ON public.points_redemption FOR EACH STATEMENT EXECUTE FUNCTION public.points_redemption_guard();

CREATE TRIGGER points_rules_guarded BEFORE DELETE OR UPDATE ON public.points_rules FOR EACH ROW EXECUTE FUNCTION public.points_rules_guard();

CREATE TRIGGER points_settlement_guarded BEFORE DELETE OR UPDATE ON public.points_settlement FOR EACH ROW EXECUTE FUNCTION public.points_settlement_guard();

CREATE TRIGGER points_settlement_line_guarded BEFORE INSERT OR DELETE OR UPDATE ON public.points_settlement_line FOR EACH ROW EXECUTE FUNCTION public.points_settlement_line_guard();

CREATE TRIGGER points_settlement_line_no_truncate BEFORE TRUNCATE ON public.points_settlement_line FOR EACH STATEMENT EXECUTE FUNCTION public.points_settlement_line_guard();

CREATE TRIGGER points_settlement_no_truncate BEFORE TRUNCATE ON public.points_settlement FOR EACH STATEMENT EXECUTE FUNCTION public.points_settlement_guard();

CREATE TRIGGER points_transfer_apply AFTER INSERT ON public.points_transfer FOR EACH ROW EXECUTE FUNCTION public.points_transfer_apply_amounts();

CREATE TRIGGER points_transfer_matches BEFORE INSERT ON public.points_transfer FOR EACH ROW WHEN (((new.pending_id IS NOT NULL) OR (new.reverses_id IS NOT NULL))) EXECUTE FUNCTION public.points_transfer_check_match();

CREATE TRIGGER points_transfer_no_change BEFORE DELETE OR UPDATE ON public.points_transfer FOR EACH ROW EXECUTE FUNCTION public.points_transfer_insert_only();

CREATE TRIGGER points_transfer_no_truncate BEFORE TRUNCATE ON public.points_transfer FOR EACH STATEMENT EXECUTE FUNCTION public.points_transfer_insert_only();

CREATE TRIGGER points_voucher_born BEFORE INSERT ON public.points_voucher FOR EACH ROW EXECUTE FUNCTION public.points_voucher_check_born();

CREATE TRIGGER points_voucher_moves BEFORE DELETE OR UPDATE ON public.points_voucher FOR EACH ROW EXECUTE FUNCTION public.points_voucher_check_move();

CREATE TRIGGER points_voucher_no_truncate BEFORE TRUNCATE ON public.points_voucher FOR EACH STATEMENT EXECUTE FUNCTION public.points_voucher_check_move();

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_audience_area_id_fkey FOREIGN KEY (audience_area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_composed_by_fkey FOREIGN KEY (composed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.alert_proposal
    ADD CONSTRAINT alert_proposal_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alert(id);

ALTER TABLE ONLY public.alert_proposal
    ADD CONSTRAINT alert_proposal_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.alert_proposal
    ADD CONSTRAINT alert_proposal_audience_area_id_fkey FOREIGN KEY (audience_area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.alert_proposal
    ADD CONSTRAINT alert_proposal_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.alert_proposal
    ADD CONSTRAINT alert_proposal_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.integration_key(id);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_returned_by_fkey FOREIGN KEY (returned_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.alert_update
    ADD CONSTRAINT alert_update_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alert(id);

ALTER TABLE ONLY public.alert_update
    ADD CONSTRAINT alert_update_made_by_fkey FOREIGN KEY (made_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.area
    ADD CONSTRAINT area_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.checkpoint
    ADD CONSTRAINT checkpoint_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alert(id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.fix
    ADD CONSTRAINT fix_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.group_message
    ADD CONSTRAINT group_message_robot_id_fkey FOREIGN KEY (robot_id) REFERENCES public.group_robot(id);

ALTER TABLE ONLY public.group_robot
    ADD CONSTRAINT group_robot_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.group_robot
    ADD CONSTRAINT group_robot_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.hazard_note
    ADD CONSTRAINT hazard_note_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.hazard_note
    ADD CONSTRAINT hazard_note_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.incident_arrival
    ADD CONSTRAINT incident_arrival_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.incident_import
    ADD CONSTRAINT incident_import_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.incident_import
    ADD CONSTRAINT incident_import_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.incident_kind
    ADD CONSTRAINT incident_kind_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.incident_kind
    ADD CONSTRAINT incident_kind_changed_by_fkey FOREIGN KEY (changed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.integration_key
    ADD CONSTRAINT integration_key_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.integration_key
    ADD CONSTRAINT integration_key_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.leaderboard_choice
    ADD CONSTRAINT leaderboard_choice_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.live_position
    ADD CONSTRAINT live_position_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.live_position
    ADD CONSTRAINT live_position_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.map_import
    ADD CONSTRAINT map_import_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.map_import
    ADD CONSTRAINT map_import_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.merchant_application
    ADD CONSTRAINT merchant_application_applicant_id_fkey FOREIGN KEY (applicant_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.merchant_application
    ADD CONSTRAINT merchant_application_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.merchant
    ADD CONSTRAINT merchant_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.merchant_branch
    ADD CONSTRAINT merchant_branch_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchant(id);

ALTER TABLE ONLY public.merchant_staff
    ADD CONSTRAINT merchant_staff_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES public.merchant_branch(id);

ALTER TABLE ONLY public.merchant_staff
    ADD CONSTRAINT merchant_staff_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchant(id);

ALTER TABLE ONLY public.merchant_staff
    ADD CONSTRAINT merchant_staff_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.named_place
    ADD CONSTRAINT named_place_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.outlook
    ADD CONSTRAINT outlook_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.outlook
    ADD CONSTRAINT outlook_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.outlook_map
    ADD CONSTRAINT outlook_map_outlook_id_fkey FOREIGN KEY (outlook_id) REFERENCES public.outlook(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.patrol_appeal
    ADD CONSTRAINT patrol_appeal_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.patrol_appeal
    ADD CONSTRAINT patrol_appeal_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.patrol
    ADD CONSTRAINT patrol_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.patrol_line
    ADD CONSTRAINT patrol_line_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.patrol_line
    ADD CONSTRAINT patrol_line_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.patrol_log
    ADD CONSTRAINT patrol_log_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.patrol_log
    ADD CONSTRAINT patrol_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.patrol_member
    ADD CONSTRAINT patrol_member_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.patrol_member
    ADD CONSTRAINT patrol_member_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.patrol
    ADD CONSTRAINT patrol_started_by_fkey FOREIGN KEY (started_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.patrol
    ADD CONSTRAINT patrol_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id);

ALTER TABLE ONLY public.patrol_view
    ADD CONSTRAINT patrol_view_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.patrol_view
    ADD CONSTRAINT patrol_view_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

ALTER TABLE ONLY public.photo_view
    ADD CONSTRAINT photo_view_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alert(id);

ALTER TABLE ONLY public.photo_view
    ADD CONSTRAINT photo_view_sighting_id_fkey FOREIGN KEY (sighting_id) REFERENCES public.sighting(id);

ALTER TABLE ONLY public.photo_view
    ADD CONSTRAINT photo_view_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.plan_default
    ADD CONSTRAINT plan_default_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.plan_default
    ADD CONSTRAINT plan_default_changed_by_fkey FOREIGN KEY (changed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_edited_by_fkey FOREIGN KEY (edited_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plan(id);

ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_undoes_fkey FOREIGN KEY (undoes) REFERENCES public.plan_edit(id);

ALTER TABLE ONLY public.plan_proposal
    ADD CONSTRAINT plan_proposal_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.plan_proposal
    ADD CONSTRAINT plan_proposal_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plan(id);

ALTER TABLE ONLY public.points_budget_use
    ADD CONSTRAINT points_budget_use_budget_id_fkey FOREIGN KEY (budget_id) REFERENCES public.points_budget(id);

ALTER TABLE ONLY public.points_expiry_notice
    ADD CONSTRAINT points_expiry_notice_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.points_account(id);

ALTER TABLE ONLY public.points_redemption
    ADD CONSTRAINT points_redemption_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.points_transfer(id);

ALTER TABLE ONLY public.points_redemption
    ADD CONSTRAINT points_redemption_voucher_id_fkey FOREIGN KEY (voucher_id) REFERENCES public.points_voucher(id);

ALTER TABLE ONLY public.points_settlement_line
    ADD CONSTRAINT points_settlement_line_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES public.points_settlement(id);

ALTER TABLE ONLY public.points_settlement_line
    ADD CONSTRAINT points_settlement_line_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.points_transfer(id);

ALTER TABLE ONLY public.points_transfer
    ADD CONSTRAINT points_transfer_credit_account_id_fkey FOREIGN KEY (credit_account_id) REFERENCES public.points_account(id);

ALTER TABLE ONLY public.points_transfer
    ADD CONSTRAINT points_transfer_debit_account_id_fkey FOREIGN KEY (debit_account_id) REFERENCES public.points_account(id);

ALTER TABLE ONLY public.points_transfer
    ADD CONSTRAINT points_transfer_pending_known FOREIGN KEY (pending_id) REFERENCES public.points_transfer(id);

ALTER TABLE ONLY public.points_transfer
    ADD CONSTRAINT points_transfer_reverses_known FOREIGN KEY (reverses_id) REFERENCES public.points_transfer(id);

ALTER TABLE ONLY public.points_voucher
    ADD CONSTRAINT points_voucher_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES public.points_offer(id);

ALTER TABLE ONLY public.points_voucher
    ADD CONSTRAINT points_voucher_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.points_transfer(id);

ALTER TABLE ONLY public.push_receipt
    ADD CONSTRAINT push_receipt_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.message(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.quiet_home
    ADD CONSTRAINT quiet_home_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.rain_day
    ADD CONSTRAINT rain_day_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.rain_day
    ADD CONSTRAINT rain_day_noted_by_fkey FOREIGN KEY (noted_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.report_photo
    ADD CONSTRAINT report_photo_report_id_fkey FOREIGN KEY (report_id) REFERENCES public.report(id);

ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.report_word
    ADD CONSTRAINT report_word_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.report_word
    ADD CONSTRAINT report_word_set_by_fkey FOREIGN KEY (set_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.reward_deed
    ADD CONSTRAINT reward_deed_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.reward_deed
    ADD CONSTRAINT reward_deed_judged_by_fkey FOREIGN KEY (judged_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.reward_setting
    ADD CONSTRAINT reward_setting_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.reward_signal
    ADD CONSTRAINT reward_signal_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alert(id);

ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES public.sighting(id);

ALTER TABLE ONLY public.sighting_step
    ADD CONSTRAINT sighting_step_made_by_fkey FOREIGN KEY (made_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.sighting_step
    ADD CONSTRAINT sighting_step_sighting_id_fkey FOREIGN KEY (sighting_id) REFERENCES public.sighting(id);

ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.sos_call
    ADD CONSTRAINT sos_call_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.sos_call
    ADD CONSTRAINT sos_call_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.sos_call
    ADD CONSTRAINT sos_call_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.sos_told
    ADD CONSTRAINT sos_told_call_id_fkey FOREIGN KEY (call_id) REFERENCES public.sos_call(id);

ALTER TABLE ONLY public.sos_told
    ADD CONSTRAINT sos_told_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plan(id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_posted_by_fkey FOREIGN KEY (posted_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.team
    ADD CONSTRAINT team_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.team_thanks
    ADD CONSTRAINT team_thanks_said_by_fkey FOREIGN KEY (said_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.team_thanks
    ADD CONSTRAINT team_thanks_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

ALTER TABLE ONLY public.upload_piece
    ADD CONSTRAINT upload_piece_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.upload(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_checkpoint_id_fkey FOREIGN KEY (checkpoint_id) REFERENCES public.checkpoint(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_patrol_id_fkey FOREIGN KEY (patrol_id) REFERENCES public.patrol(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.walked_cell
    ADD CONSTRAINT walked_cell_district_id_fkey FOREIGN KEY (district_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.area(id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhook(id);
