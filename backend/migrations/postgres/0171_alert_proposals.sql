-- A warning another system handed in. It is nothing but a proposal: an officer makes a draft of it, or puts it aside.
-- Invariants: one row a message of a sender; who decided and when are known of every one that was decided on.
CREATE TABLE alert_proposal (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    key_id UUID NOT NULL REFERENCES integration_key (id),
    sender VARCHAR(200) NOT NULL,
    identifier VARCHAR(200) NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL,
    exercise BOOLEAN NOT NULL,
    event VARCHAR(120) NOT NULL,
    headline VARCHAR(200) NOT NULL,
    description VARCHAR(2000) NOT NULL,
    place VARCHAR(120) NOT NULL,
    contact VARCHAR(80) NOT NULL,
    severity VARCHAR(10) NOT NULL,
    expires_at TIMESTAMPTZ,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    radius_m INT,
    state VARCHAR(10) NOT NULL DEFAULT 'waiting'
        CONSTRAINT alert_proposal_state_known CHECK (state IN ('waiting', 'used', 'dismissed', 'replaced', 'cancelled')),
    received_at TIMESTAMPTZ NOT NULL,
    decided_by UUID REFERENCES person (id),
    decided_at TIMESTAMPTZ,
    alert_id UUID REFERENCES alert (id),
    CONSTRAINT alert_proposal_once UNIQUE (key_id, sender, identifier),
    CONSTRAINT alert_proposal_decided_by_someone CHECK (state NOT IN ('used', 'dismissed') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT alert_proposal_used_for_an_alert CHECK ((state = 'used') = (alert_id IS NOT NULL))
);
CREATE INDEX alert_proposal_area ON alert_proposal (area_id, received_at);
