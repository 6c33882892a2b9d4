-- A session belongs to one device of one person; the token itself is never stored.
CREATE TABLE session (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL,
    token_hash VARCHAR(64) NOT NULL UNIQUE,
    device_name VARCHAR(80) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    reauthenticated_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE INDEX session_by_user ON session (user_id);

-- A person holds a role in an area at most once at a time.
CREATE TABLE role_grant (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL,
    role VARCHAR(20) NOT NULL
        CONSTRAINT role_grant_role_known CHECK (role IN ('volunteer', 'leader', 'poster', 'officer', 'approver', 'merchant', 'admin')),
    area_id CHAR(36),
    area_path VARCHAR(200) NOT NULL,
    merchant_id CHAR(36),
    granted_by CHAR(36),
    granted_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    CONSTRAINT role_grant_merchant_named CHECK ((role = 'merchant') = (merchant_id IS NOT NULL))
);
CREATE INDEX role_grant_user ON role_grant (user_id);
CREATE UNIQUE INDEX role_grant_once ON role_grant (user_id, role, area_path, coalesce(merchant_id, '')) WHERE revoked_at IS NULL;
