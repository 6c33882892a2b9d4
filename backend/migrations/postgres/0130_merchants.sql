-- A shop asks to join with its licence; the area says yes or no. A yes makes the merchant, under the same id.
CREATE TABLE merchant_application (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    applicant_id UUID NOT NULL REFERENCES person (id),
    licence_no VARCHAR(40) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    address_zh VARCHAR(120) NOT NULL,
    address_en VARCHAR(120) NOT NULL,
    hours VARCHAR(60) NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    contact_name VARCHAR(60) NOT NULL,
    contact_phone VARCHAR(20) NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'applied'
        CONSTRAINT merchant_application_state_known CHECK (state IN ('applied', 'approved', 'refused')),
    state_reason VARCHAR(200),
    applied_at TIMESTAMPTZ NOT NULL,
    decided_at TIMESTAMPTZ,
    decided_by UUID,
    CONSTRAINT merchant_application_decided
        CHECK ((state = 'applied') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT merchant_application_other_decides CHECK (decided_by IS NULL OR decided_by <> applicant_id)
);
CREATE INDEX merchant_application_area ON merchant_application (area_id, state, applied_at);
CREATE INDEX merchant_application_applicant ON merchant_application (applicant_id);
-- A licence is asked for once at a time.
CREATE UNIQUE INDEX merchant_application_one_open ON merchant_application (licence_no) WHERE state = 'applied';

ALTER TABLE merchant ADD COLUMN licence_no VARCHAR(40);
ALTER TABLE merchant ADD COLUMN contact_name VARCHAR(60) NOT NULL DEFAULT '';
ALTER TABLE merchant ADD COLUMN contact_phone VARCHAR(20) NOT NULL DEFAULT '';
ALTER TABLE merchant ADD COLUMN state_reason VARCHAR(200);
CREATE UNIQUE INDEX merchant_licence ON merchant (licence_no) WHERE licence_no IS NOT NULL;

-- Another shop of the same merchant. Its vouchers are honoured at every branch.
CREATE TABLE merchant_branch (
    id UUID NOT NULL PRIMARY KEY,
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    address_zh VARCHAR(120) NOT NULL,
    address_en VARCHAR(120) NOT NULL,
    hours VARCHAR(60) NOT NULL DEFAULT '',
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    is_open BOOL NOT NULL DEFAULT TRUE
);
CREATE INDEX merchant_branch_merchant ON merchant_branch (merchant_id);

-- Who works for a merchant, since when and until when; the right to do so is the role that names the merchant.
CREATE TABLE merchant_staff (
    id UUID NOT NULL PRIMARY KEY,
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    user_id UUID NOT NULL REFERENCES person (id),
    branch_id UUID REFERENCES merchant_branch (id),
    owner BOOL NOT NULL DEFAULT FALSE,
    since TIMESTAMPTZ NOT NULL,
    until TIMESTAMPTZ
);
CREATE UNIQUE INDEX merchant_staff_once ON merchant_staff (merchant_id, user_id) WHERE until IS NULL;
CREATE INDEX merchant_staff_user ON merchant_staff (user_id);

INSERT INTO merchant_staff (id, merchant_id, user_id, owner, since)
SELECT g.id, g.merchant_id, g.user_id, TRUE, g.granted_at FROM role_grant g
JOIN merchant m ON m.id = g.merchant_id JOIN person p ON p.id = g.user_id
WHERE g.role = 'merchant' AND g.revoked_at IS NULL;
