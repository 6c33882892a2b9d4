-- A session belongs to one device of one person; the token itself is never stored.
CREATE TABLE session (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    token_hash VARCHAR(64) NOT NULL UNIQUE,
    device_name VARCHAR(80) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    reauthenticated_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX session_by_user ON session (user_id);

-- A person holds a role in an area at most once at a time.
CREATE TABLE role_grant (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    role VARCHAR(20) NOT NULL
        CONSTRAINT role_grant_role_known CHECK (role IN ('volunteer', 'leader', 'poster', 'officer', 'approver', 'merchant', 'admin')),
    area_id UUID,
    area_path VARCHAR(200) NOT NULL,
    merchant_id UUID,
    granted_by UUID,
    granted_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    CONSTRAINT role_grant_merchant_named CHECK ((role = 'merchant') = (merchant_id IS NOT NULL))
);
CREATE INDEX role_grant_user ON role_grant (user_id);
CREATE UNIQUE INDEX role_grant_once ON role_grant (user_id, role, area_path, coalesce(merchant_id, '00000000-0000-0000-0000-000000000000')) WHERE revoked_at IS NULL;
