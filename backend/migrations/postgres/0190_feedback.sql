-- Suggestions and complaints. Each has a time by which it is answered; only its author closes it, after the answer.
CREATE TABLE feedback (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES person (id),
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(10) NOT NULL CONSTRAINT feedback_kind_known CHECK (kind IN ('suggestion', 'complaint')),
    text VARCHAR(500) NOT NULL,
    screen VARCHAR(120) NOT NULL DEFAULT '',
    state VARCHAR(8) NOT NULL DEFAULT 'received'
        CONSTRAINT feedback_state_known CHECK (state IN ('received', 'answered', 'closed')),
    sent_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    answer VARCHAR(500),
    answered_by UUID REFERENCES person (id),
    answered_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    demo BOOL NOT NULL DEFAULT FALSE,
    CONSTRAINT feedback_answered_whole CHECK (
        (state = 'received') = (answer IS NULL)
        AND (answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT feedback_closed_whole CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT feedback_not_by_oneself CHECK (answered_by IS NULL OR answered_by <> user_id)
);
CREATE INDEX feedback_area ON feedback (area_id, state, due_at);
CREATE INDEX feedback_user ON feedback (user_id, sent_at);
