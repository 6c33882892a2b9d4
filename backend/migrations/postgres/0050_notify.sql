-- What people are told. Invariants: seq only ever grows and is never used again; rows become visible in the order of
-- seq (see the trigger), so a reader that has seen n has seen everything up to n.
CREATE TABLE message (
    seq BIGSERIAL NOT NULL PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    user_id UUID NOT NULL REFERENCES person (id),
    kind VARCHAR(40) NOT NULL,
    ref_kind VARCHAR(20) NOT NULL,
    ref_id UUID NOT NULL,
    title_zh VARCHAR(120) NOT NULL,
    title_en VARCHAR(240) NOT NULL,
    body_zh VARCHAR(600) NOT NULL,
    body_en VARCHAR(1200) NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    duty_only BOOL NOT NULL DEFAULT FALSE,
    recalled_at TIMESTAMPTZ,
    read_at TIMESTAMPTZ
);
CREATE INDEX message_user ON message (user_id, seq);
CREATE INDEX message_ref ON message (ref_id, user_id);

-- A number taken at the insert says nothing about the order of commits: of two transactions the one with the higher
-- number may be seen first, and a reader who went past it would never see the other. So the final number is taken
-- while the transaction commits, one transaction at a time; the lock is released after the rows are visible.
CREATE FUNCTION message_number_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7263511);
    UPDATE message SET seq = nextval('message_seq_seq') WHERE id = NEW.id;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER message_numbered AFTER INSERT ON message
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION message_number_at_commit();

-- One browser's address at its push service. An address belongs to one person at a time: whoever signed in last there.
CREATE TABLE push_subscription (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES person (id),
    session_id UUID NOT NULL,
    endpoint VARCHAR(1000) NOT NULL UNIQUE,
    p256dh VARCHAR(100) NOT NULL,
    auth VARCHAR(40) NOT NULL,
    device_name VARCHAR(80) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_ok_at TIMESTAMPTZ,
    failed_at TIMESTAMPTZ,
    failures INT NOT NULL DEFAULT 0,
    CONSTRAINT push_subscription_failures_not_negative CHECK (failures >= 0)
);
CREATE INDEX push_subscription_user ON push_subscription (user_id);
CREATE INDEX push_subscription_session ON push_subscription (session_id);

-- What a push service answered for a message to a browser. A row means: not to be sent there again.
CREATE TABLE push_receipt (
    message_id UUID NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    subscription_id UUID NOT NULL,
    status INT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (message_id, subscription_id)
);

-- The one key pair that push services know this installation by. It is in the database because every process signs
-- with it; whoever can read it could send notifications to the browsers in push_subscription, and nothing else.
CREATE TABLE push_key (
    id INT NOT NULL PRIMARY KEY CONSTRAINT push_key_one CHECK (id = 1),
    private_key VARCHAR(100) NOT NULL,
    public_key VARCHAR(100) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
