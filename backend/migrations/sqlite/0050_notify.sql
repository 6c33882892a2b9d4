-- What people are told. Invariants: seq only ever grows and is never used again; rows become visible in the order of
-- seq (SQLite has one writer at a time), so a reader that has seen n has seen everything up to n.
CREATE TABLE message (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id CHAR(36) NOT NULL UNIQUE,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    kind VARCHAR(40) NOT NULL,
    ref_kind VARCHAR(20) NOT NULL,
    ref_id CHAR(36) NOT NULL,
    title_zh VARCHAR(120) NOT NULL,
    title_en VARCHAR(240) NOT NULL,
    body_zh VARCHAR(600) NOT NULL,
    body_en VARCHAR(1200) NOT NULL,
    at TIMESTAMP NOT NULL,
    duty_only INT NOT NULL DEFAULT 0,
    recalled_at TIMESTAMP,
    read_at TIMESTAMP
);
CREATE INDEX message_user ON message (user_id, seq);
CREATE INDEX message_ref ON message (ref_id, user_id);

-- One browser's address at its push service. An address belongs to one person at a time: whoever signed in last there.
CREATE TABLE push_subscription (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    session_id CHAR(36) NOT NULL,
    endpoint VARCHAR(1000) NOT NULL UNIQUE,
    p256dh VARCHAR(100) NOT NULL,
    auth VARCHAR(40) NOT NULL,
    device_name VARCHAR(80) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_ok_at TIMESTAMP,
    failed_at TIMESTAMP,
    failures INT NOT NULL DEFAULT 0,
    CONSTRAINT push_subscription_failures_not_negative CHECK (failures >= 0)
);
CREATE INDEX push_subscription_user ON push_subscription (user_id);
CREATE INDEX push_subscription_session ON push_subscription (session_id);

-- What a push service answered for a message to a browser. A row means: not to be sent there again.
CREATE TABLE push_receipt (
    message_id CHAR(36) NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    subscription_id CHAR(36) NOT NULL,
    status INT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (message_id, subscription_id)
);

-- The one key pair that push services know this installation by. It is in the database because every process signs
-- with it; whoever can read it could send notifications to the browsers in push_subscription, and nothing else.
CREATE TABLE push_key (
    id INT NOT NULL PRIMARY KEY CONSTRAINT push_key_one CHECK (id = 1),
    private_key VARCHAR(100) NOT NULL,
    public_key VARCHAR(100) NOT NULL,
    created_at TIMESTAMP NOT NULL
);
