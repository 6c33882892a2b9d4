-- A warning another system handed in. It is nothing but a proposal: an officer makes a draft of it, or puts it aside.
-- Invariants: one row a message of a sender; who decided and when are known of every one that was decided on.
CREATE TABLE alert_proposal (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    key_id CHAR(36) NOT NULL REFERENCES integration_key (id),
    sender VARCHAR(200) NOT NULL,
    identifier VARCHAR(200) NOT NULL,
    sent_at TIMESTAMP NOT NULL,
    exercise INT NOT NULL,
    event VARCHAR(120) NOT NULL,
    headline VARCHAR(200) NOT NULL,
    description VARCHAR(2000) NOT NULL,
    place VARCHAR(120) NOT NULL,
    contact VARCHAR(80) NOT NULL,
    severity VARCHAR(10) NOT NULL,
    expires_at TIMESTAMP,
    lon REAL,
    lat REAL,
    radius_m INT,
    state VARCHAR(10) NOT NULL DEFAULT 'waiting'
        CONSTRAINT alert_proposal_state_known CHECK (state IN ('waiting', 'used', 'dismissed', 'replaced', 'cancelled')),
    received_at TIMESTAMP NOT NULL,
    decided_by CHAR(36) REFERENCES person (id),
    decided_at TIMESTAMP,
    alert_id CHAR(36) REFERENCES alert (id),
    CONSTRAINT alert_proposal_once UNIQUE (key_id, sender, identifier),
    CONSTRAINT alert_proposal_decided_by_someone CHECK (state NOT IN ('used', 'dismissed') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT alert_proposal_used_for_an_alert CHECK ((state = 'used') = (alert_id IS NOT NULL))
);
CREATE INDEX alert_proposal_area ON alert_proposal (area_id, received_at);
