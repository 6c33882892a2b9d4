-- The planning desk. A plan has a version that every change of its routes raises, what was asked for each team, how
-- strictly fairness and variety are held, and the best found so far while it is being solved.
ALTER TABLE plan ADD COLUMN version INT NOT NULL DEFAULT 1;
ALTER TABLE plan ADD COLUMN teams JSONB NOT NULL DEFAULT '[]';
ALTER TABLE plan ADD COLUMN fairness VARCHAR(8) NOT NULL DEFAULT 'some';
ALTER TABLE plan ADD COLUMN variety VARCHAR(8) NOT NULL DEFAULT 'some';
ALTER TABLE plan ADD COLUMN best JSONB;
ALTER TABLE plan ADD COLUMN enough BOOL NOT NULL DEFAULT FALSE;

-- What officers did to a plan's routes, in order; before holds the touched routes as they were, so that nothing is
-- lost and the newest can be undone. Invariant: each version of a plan was made by one edit, however many officers
-- try at once.
CREATE TABLE plan_edit (
    id UUID NOT NULL PRIMARY KEY,
    plan_id UUID NOT NULL REFERENCES plan (id),
    version INT NOT NULL,
    edited_by UUID NOT NULL REFERENCES person (id),
    edited_at TIMESTAMPTZ NOT NULL,
    kind VARCHAR(12) NOT NULL,
    told JSONB NOT NULL,
    before JSONB NOT NULL,
    undoes UUID REFERENCES plan_edit (id),
    CONSTRAINT plan_edit_version_once UNIQUE (plan_id, version),
    CONSTRAINT plan_edit_undone_once UNIQUE (undoes),
    CONSTRAINT plan_edit_kind_known CHECK (
        kind IN ('move', 'add', 'remove', 'lock', 'unlock', 'choose', 'accept', 'undo')),
    CONSTRAINT plan_edit_undo_told CHECK ((kind = 'undo') = (undoes IS NOT NULL))
);

-- What the last plan of an area was asked with, to begin the next one from.
CREATE TABLE plan_default (
    area_id UUID NOT NULL PRIMARY KEY REFERENCES area (id),
    asked JSONB NOT NULL,
    changed_by UUID NOT NULL REFERENCES person (id),
    changed_at TIMESTAMPTZ NOT NULL
);

-- New routes that an officer accepts or dismisses. Invariants: one open proposal a plan; a decided one says who.
CREATE TABLE plan_proposal (
    id UUID NOT NULL PRIMARY KEY,
    plan_id UUID NOT NULL REFERENCES plan (id),
    state VARCHAR(12) NOT NULL DEFAULT 'open',
    plan_version INT NOT NULL,
    cause JSONB NOT NULL,
    routes JSONB NOT NULL,
    figures JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    decided_by UUID REFERENCES person (id),
    decided_at TIMESTAMPTZ,
    CONSTRAINT plan_proposal_state_known CHECK (state IN ('open', 'accepted', 'dismissed', 'overtaken')),
    CONSTRAINT plan_proposal_decided CHECK (
        (state IN ('accepted', 'dismissed')) = (decided_by IS NOT NULL) AND (state = 'open') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX plan_proposal_one_open ON plan_proposal (plan_id) WHERE state = 'open';

-- What somebody who knows the place warns of, kept from night to night until it is taken away.
CREATE TABLE hazard_note (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(10) NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    note VARCHAR(200) NOT NULL,
    created_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    removed_at TIMESTAMPTZ,
    CONSTRAINT hazard_note_kind_known CHECK (kind IN ('water', 'railway', 'unlit', 'other')),
    CONSTRAINT hazard_note_on_earth CHECK (lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90)
);
CREATE INDEX hazard_note_area ON hazard_note (area_id) WHERE removed_at IS NULL;
