-- What another system signs in with, for one area and everything below it. Only the digest of the key is kept.
CREATE TABLE integration_key (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    name VARCHAR(60) NOT NULL,
    token_hash VARCHAR(64) NOT NULL UNIQUE,
    scopes JSON NOT NULL,
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE INDEX integration_key_area ON integration_key (area_id);

-- An address that is told what happens in an area. Invariant: what was stopped has a time, what is active has none.
CREATE TABLE webhook (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    url VARCHAR(500) NOT NULL,
    secret VARCHAR(80) NOT NULL,
    events JSON NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'active'
        CONSTRAINT webhook_state_known CHECK (state IN ('active', 'failing', 'gone', 'removed')),
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    stopped_at TIMESTAMP,
    CONSTRAINT webhook_stopped_at_a_time CHECK ((state = 'active') = (stopped_at IS NULL))
);
CREATE INDEX webhook_area ON webhook (area_id);

-- One event on its way to one webhook.
CREATE TABLE webhook_delivery (
    id CHAR(36) NOT NULL PRIMARY KEY,
    webhook_id CHAR(36) NOT NULL REFERENCES webhook (id),
    event VARCHAR(40) NOT NULL,
    payload JSON NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'waiting'
        CONSTRAINT webhook_delivery_state_known CHECK (state IN ('waiting', 'delivered', 'failed')),
    tries INT NOT NULL DEFAULT 0,
    status INT,
    error VARCHAR(200) NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    next_at TIMESTAMP,
    ended_at TIMESTAMP,
    CONSTRAINT webhook_delivery_waits_for_a_time CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CONSTRAINT webhook_delivery_ended_at_a_time CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX webhook_delivery_webhook ON webhook_delivery (webhook_id, created_at);
CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at) WHERE state <> 'waiting';
