CREATE TABLE alert (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'draft'
        CONSTRAINT alert_state_known CHECK (state IN ('draft', 'submitted', 'approved', 'live', 'closed', 'recalled', 'purged')),
    headline_zh VARCHAR(60) NOT NULL,
    headline_en VARCHAR(120) NOT NULL,
    clothing_zh VARCHAR(200) NOT NULL,
    behaviour_zh VARCHAR(200) NOT NULL,
    direction_zh VARCHAR(80) NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    last_seen_place VARCHAR(80) NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    radius_m INT NOT NULL CONSTRAINT alert_radius_sensible CHECK (radius_m BETWEEN 50 AND 5000),
    contact_phone VARCHAR(20) NOT NULL,
    photo_key VARCHAR(80),
    composed_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    submitted_at TIMESTAMP,
    approved_by CHAR(36) REFERENCES person (id),
    approved_at TIMESTAMP,
    live_at TIMESTAMP,
    closed_by CHAR(36) REFERENCES person (id),
    closed_at TIMESTAMP,
    outcome VARCHAR(12) CONSTRAINT alert_outcome_known CHECK (outcome IN ('found', 'cleared', 'withdrawn', 'expired')),
    close_note VARCHAR(200) NOT NULL DEFAULT '',
    recalled_at TIMESTAMP,
    purged_at TIMESTAMP,
    version INT NOT NULL DEFAULT 1, subject VARCHAR(10)
    CONSTRAINT alert_subject_known CHECK (subject IN ('child', 'elder', 'adult')), exercise INT NOT NULL DEFAULT 0, guardian_consent INT NOT NULL DEFAULT 0, audience_area_id CHAR(36) REFERENCES area (id), signed_alone_at TIMESTAMP, signed_alone_why VARCHAR(200) NOT NULL DEFAULT '', review_due_at TIMESTAMP
    CONSTRAINT alert_review_due CHECK ((review_due_at IS NULL) = (signed_alone_at IS NULL)), review_reminded_at TIMESTAMP, returned_at TIMESTAMP, returned_by CHAR(36) REFERENCES person (id), return_note VARCHAR(300) NOT NULL DEFAULT ''
    CONSTRAINT alert_returned_with_reason CHECK (returned_at IS NULL OR (returned_by IS NOT NULL AND return_note <> '')), stood_down_at TIMESTAMP, groups_told_at TIMESTAMP,
    CONSTRAINT alert_two_people CHECK (approved_by <> composed_by),
    CONSTRAINT alert_approved_before_live CHECK (state IN ('draft', 'submitted') AND approved_by IS NULL OR state NOT IN ('draft', 'submitted') AND (approved_by IS NOT NULL OR signed_alone_at IS NOT NULL)),
    CONSTRAINT alert_approved_at_a_time CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CONSTRAINT alert_live_at_a_time CHECK ((state IN ('draft', 'submitted', 'approved')) = (live_at IS NULL)),
    CONSTRAINT alert_a_day_at_most CHECK (julianday(expires_at) > julianday(created_at) AND julianday(expires_at) <= julianday(created_at) + 1.00001),
    CONSTRAINT alert_closed_with_outcome CHECK ((state IN ('closed', 'recalled', 'purged')) = (closed_at IS NOT NULL)
        AND (closed_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT alert_recalled_at_a_time CHECK ((state IN ('recalled', 'purged')) = (recalled_at IS NOT NULL)),
    CONSTRAINT alert_purged_without_photo CHECK ((state = 'purged') = (purged_at IS NOT NULL)
        AND (state <> 'purged' OR photo_key IS NULL))
);

CREATE INDEX alert_area ON alert (area_id, created_at);

CREATE INDEX alert_live ON alert (expires_at) WHERE state = 'live';

CREATE INDEX alert_recalled ON alert (recalled_at) WHERE state = 'recalled';

CREATE INDEX alert_review_due ON alert (review_due_at) WHERE state = 'live' AND approved_by IS NULL;

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
    alert_id CHAR(36) REFERENCES alert (id), audience_area_id CHAR(36) REFERENCES area (id),
    CONSTRAINT alert_proposal_once UNIQUE (key_id, sender, identifier),
    CONSTRAINT alert_proposal_decided_by_someone CHECK (state NOT IN ('used', 'dismissed') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT alert_proposal_used_for_an_alert CHECK ((state = 'used') = (alert_id IS NOT NULL))
);

CREATE INDEX alert_proposal_area ON alert_proposal (area_id, received_at);

CREATE TABLE alert_update (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    text_zh VARCHAR(300) NOT NULL,
    made_by CHAR(36) NOT NULL REFERENCES person (id),
    at TIMESTAMP NOT NULL
);

CREATE INDEX alert_update_alert ON alert_update (alert_id, at);

CREATE TABLE area (
    id CHAR(36) NOT NULL PRIMARY KEY,
    parent_id CHAR(36) REFERENCES area (id),
    path VARCHAR(200) NOT NULL UNIQUE,
    slug VARCHAR(60) NOT NULL,
    kind VARCHAR(20) NOT NULL CONSTRAINT area_kind_known CHECK (kind IN ('district', 'street', 'community')),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    geometry JSON NOT NULL,
    west REAL NOT NULL,
    south REAL NOT NULL,
    east REAL NOT NULL,
    north REAL NOT NULL,
    center_lon REAL NOT NULL,
    center_lat REAL NOT NULL,
    time_zone VARCHAR(40) NOT NULL,
    streets_key VARCHAR(120),
    basemap JSON,
    settings JSON NOT NULL DEFAULT '{}',
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT area_parent_by_kind CHECK ((kind = 'district') = (parent_id IS NULL))
);

CREATE TABLE assignment (
    id CHAR(36) NOT NULL PRIMARY KEY,
    task_id CHAR(36) NOT NULL REFERENCES task (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    state VARCHAR(12) NOT NULL DEFAULT 'held',
    leader INT NOT NULL DEFAULT 0,
    grabbed_at TIMESTAMP NOT NULL,
    hold_until TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    settled_at TIMESTAMP,
    released_at TIMESTAMP,
    release_reason VARCHAR(20),
    release_note VARCHAR(200),
    patrol_id CHAR(36),
    points_awarded INT,
    review_note VARCHAR(500),
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT assignment_state_known CHECK (
        state IN ('held', 'started', 'paused', 'finished', 'accepted', 'partial', 'rejected',
                  'appealed', 'upheld', 'corrected', 'released', 'no_show')),
    CONSTRAINT assignment_release_told CHECK (
        (state = 'released') = (release_reason IS NOT NULL AND release_reason IN ('self', 'timeout', 'admin'))),
    CONSTRAINT assignment_points_not_negative CHECK (points_awarded IS NULL OR points_awarded >= 0)
);

CREATE INDEX assignment_held ON assignment (hold_until) WHERE state = 'held';

CREATE UNIQUE INDEX assignment_one_leader ON assignment (task_id)
    WHERE leader = 1 AND state IN ('held', 'started', 'paused', 'finished');

CREATE UNIQUE INDEX assignment_open_once ON assignment (task_id, user_id)
    WHERE state IN ('held', 'started', 'paused', 'finished');

CREATE INDEX assignment_task ON assignment (task_id);

CREATE INDEX assignment_user ON assignment (user_id, state);

CREATE TABLE audit_entry (
    id CHAR(36) NOT NULL PRIMARY KEY,
    tenant VARCHAR(80) NOT NULL,
    position BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor_id CHAR(36),
    action VARCHAR(80) NOT NULL,
    kind VARCHAR(80) NOT NULL,
    object_id VARCHAR(80) NOT NULL,
    area_id CHAR(36),
    details TEXT NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT audit_entry_position_once UNIQUE (tenant, position),
    CONSTRAINT audit_entry_position_positive CHECK (position >= 1)
);

CREATE INDEX audit_entry_area ON audit_entry (area_id, position);

CREATE INDEX audit_entry_object ON audit_entry (kind, object_id);

CREATE TRIGGER audit_entry_follows BEFORE INSERT ON audit_entry
WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
    OR NEW.position <> COALESCE((SELECT MAX(position) FROM audit_entry WHERE tenant = NEW.tenant), 0) + 1
    OR NEW.previous_hash <> COALESCE(
        (SELECT hash FROM audit_entry WHERE tenant = NEW.tenant AND position = NEW.position - 1), '')
BEGIN
    SELECT RAISE(ABORT, 'audit_entry does not follow the last entry of its chain');
END;

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit_entry is append-only: rows are never deleted');
END;

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit_entry is append-only: rows are never changed');
END;

CREATE TABLE audit_head (
    tenant VARCHAR(80) NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT audit_head_position_not_negative CHECK (position >= 0)
);

CREATE TABLE certificate (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    year INT NOT NULL,
    code VARCHAR(14) NOT NULL,
    name VARCHAR(60) NOT NULL,
    area_name_zh VARCHAR(60) NOT NULL,
    area_name_en VARCHAR(80) NOT NULL,
    minutes INT NOT NULL,
    patrols INT NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    CONSTRAINT certificate_figures CHECK (minutes >= 0 AND patrols >= 1)
);

CREATE UNIQUE INDEX certificate_code ON certificate (code);

CREATE UNIQUE INDEX certificate_once ON certificate (user_id, year, minutes, patrols, name);

CREATE TABLE checkpoint (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    lon REAL NOT NULL CONSTRAINT checkpoint_lon_range CHECK (lon BETWEEN -180 AND 180),
    lat REAL NOT NULL CONSTRAINT checkpoint_lat_range CHECK (lat BETWEEN -90 AND 90),
    qr INT NOT NULL DEFAULT 1,
    nfc INT NOT NULL DEFAULT 0,
    screen INT NOT NULL DEFAULT 0,
    serial INT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    disabled_at TIMESTAMP,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT checkpoint_has_a_code CHECK (qr + nfc + screen > 0)
);

CREATE INDEX checkpoint_area ON checkpoint (area_id);

CREATE INDEX checkpoint_place ON checkpoint (lat, lon);

CREATE TABLE consent (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    kind VARCHAR(20) NOT NULL CONSTRAINT consent_kind_known CHECK (kind IN ('whereabouts', 'photos')),
    version INT NOT NULL,
    granted INT NOT NULL,
    at TIMESTAMP NOT NULL
);

CREATE INDEX consent_user ON consent (user_id, kind, at);

CREATE TABLE delivery (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    channel VARCHAR(10) NOT NULL CONSTRAINT delivery_channel_known CHECK (channel IN ('in_app', 'web_push', 'sms')),
    distance_m INT,
    sent_at TIMESTAMP,
    delivered_at TIMESTAMP,
    opened_at TIMESTAMP,
    acknowledged_at TIMESTAMP,
    purged_at TIMESTAMP, declined_at TIMESTAMP,
    CONSTRAINT delivery_once_by_each_way UNIQUE (alert_id, user_id, channel)
);

CREATE INDEX delivery_user ON delivery (user_id, alert_id);

CREATE TABLE feedback (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(10) NOT NULL CONSTRAINT feedback_kind_known CHECK (kind IN ('suggestion', 'complaint')),
    text VARCHAR(500) NOT NULL,
    screen VARCHAR(120) NOT NULL DEFAULT '',
    state VARCHAR(8) NOT NULL DEFAULT 'received'
        CONSTRAINT feedback_state_known CHECK (state IN ('received', 'answered', 'closed')),
    sent_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    answer VARCHAR(500),
    answered_by CHAR(36) REFERENCES person (id),
    answered_at TIMESTAMP,
    closed_at TIMESTAMP,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT feedback_answered_whole CHECK (
        (state = 'received') = (answer IS NULL)
        AND (answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT feedback_closed_whole CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT feedback_not_by_oneself CHECK (answered_by IS NULL OR answered_by <> user_id)
);

CREATE INDEX feedback_area ON feedback (area_id, state, due_at);

CREATE INDEX feedback_user ON feedback (user_id, sent_at);

CREATE TABLE fix (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL,
    at TIMESTAMP NOT NULL,
    lon REAL NOT NULL CONSTRAINT fix_lon_range CHECK (lon BETWEEN -180 AND 180),
    lat REAL NOT NULL CONSTRAINT fix_lat_range CHECK (lat BETWEEN -90 AND 90),
    accuracy_m REAL NOT NULL,
    speed_m_s REAL,
    heading_deg REAL,
    received_at TIMESTAMP NOT NULL
, mocked INT NOT NULL DEFAULT 0, source VARCHAR(12) NOT NULL DEFAULT 'app');

CREATE INDEX fix_patrol_at ON fix (patrol_id, at);

CREATE TRIGGER fix_is_not_moved BEFORE UPDATE ON fix
BEGIN
    SELECT raise(ABORT, 'a position is never changed');
END;

CREATE TRIGGER fix_only_during_patrol BEFORE INSERT ON fix
WHEN NOT EXISTS (
    SELECT 1 FROM patrol p JOIN patrol_member m ON m.patrol_id = p.id
    WHERE p.id = new.patrol_id AND m.user_id = new.user_id
      AND (julianday(new.at) - julianday(p.started_at)) * 86400 >= -1.002
      AND (coalesce(m.finished_at, p.finished_at) IS NULL
           OR (julianday(new.at) - julianday(coalesce(m.finished_at, p.finished_at))) * 86400 <= 60.002)
)
BEGIN
    SELECT raise(ABORT, 'a position outside of a patrol is not kept');
END;

CREATE TABLE group_message (
    id CHAR(36) NOT NULL PRIMARY KEY,
    robot_id CHAR(36) NOT NULL REFERENCES group_robot (id),
    ref_kind VARCHAR(20) NOT NULL,
    ref_id CHAR(36) NOT NULL,
    text_zh VARCHAR(700) NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'waiting'
        CONSTRAINT group_message_state_known CHECK (state IN ('waiting', 'sent', 'failed')),
    tries INT NOT NULL DEFAULT 0,
    error VARCHAR(200) NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    CONSTRAINT group_message_ended_at_a_time CHECK ((state = 'waiting') = (ended_at IS NULL))
);

CREATE INDEX group_message_robot ON group_message (robot_id, ended_at);

CREATE TABLE group_robot (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(10) NOT NULL CONSTRAINT group_robot_kind_known CHECK (kind IN ('wecom', 'dingtalk', 'feishu')),
    name VARCHAR(60) NOT NULL,
    address VARCHAR(500) NOT NULL,
    secret VARCHAR(100) NOT NULL DEFAULT '',
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    removed_at TIMESTAMP,
    CONSTRAINT group_robot_forgets_its_address CHECK ((removed_at IS NULL) = (address <> ''))
);

CREATE INDEX group_robot_area ON group_robot (area_id);

CREATE TABLE hazard_note (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(10) NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    note VARCHAR(200) NOT NULL,
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    removed_at TIMESTAMP,
    CONSTRAINT hazard_note_kind_known CHECK (kind IN ('water', 'railway', 'unlit', 'other')),
    CONSTRAINT hazard_note_on_earth CHECK (lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90)
);

CREATE INDEX hazard_note_area ON hazard_note (area_id) WHERE removed_at IS NULL;

CREATE TABLE incident (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    external_id VARCHAR(120) NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    clock_known INT NOT NULL DEFAULT 1,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    kind VARCHAR(80) NOT NULL,
    weight REAL NOT NULL DEFAULT 1,
    source VARCHAR(10) NOT NULL DEFAULT 'report',
    batch VARCHAR(80) NOT NULL DEFAULT '',
    demo INT NOT NULL DEFAULT 0,
    imported_at TIMESTAMP NOT NULL,
    CONSTRAINT incident_once UNIQUE (area_id, external_id),
    CONSTRAINT incident_source_known CHECK (source IN ('report', 'patrol')),
    CONSTRAINT incident_weight_not_negative CHECK (weight >= 0),
    CONSTRAINT incident_on_earth CHECK (lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90)
);

CREATE INDEX incident_area_imported ON incident (area_id, imported_at);

CREATE INDEX incident_area_kind ON incident (area_id, kind);

CREATE INDEX incident_area_time ON incident (area_id, occurred_at);

CREATE TABLE incident_arrival (
    area_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES area (id),
    at TIMESTAMP NOT NULL
);

CREATE TABLE incident_import (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    state VARCHAR(10) NOT NULL,
    file_name VARCHAR(200) NOT NULL,
    file_bytes BIGINT NOT NULL,
    file_sha256 CHAR(64) NOT NULL,
    file_gone INT NOT NULL DEFAULT 0,
    datum VARCHAR(5),
    columns JSON NOT NULL,
    run INT NOT NULL DEFAULT 1,
    progress REAL NOT NULL DEFAULT 0,
    preview JSON,
    report JSON,
    failure JSON,
    done_rows INT NOT NULL DEFAULT 0,
    added INT NOT NULL DEFAULT 0,
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    imported_at TIMESTAMP, corrected INT NOT NULL DEFAULT 0
    CONSTRAINT incident_import_corrected CHECK (corrected >= 0),
    CONSTRAINT incident_import_state_known CHECK (
        state IN ('looking', 'ready', 'checking', 'checked', 'importing', 'imported', 'failed', 'discarded')
    ),
    CONSTRAINT incident_import_datum_known CHECK (datum IN ('wgs84', 'gcj02', 'bd09')),
    CONSTRAINT incident_import_failure_told CHECK (state <> 'failed' OR failure IS NOT NULL),
    CONSTRAINT incident_import_looked_at CHECK (state <> 'ready' OR preview IS NOT NULL),
    CONSTRAINT incident_import_reported CHECK (
        state NOT IN ('checked', 'importing', 'imported') OR (report IS NOT NULL AND datum IS NOT NULL)
    ),
    CONSTRAINT incident_import_timed CHECK (state <> 'imported' OR imported_at IS NOT NULL),
    CONSTRAINT incident_import_counts CHECK (added >= 0 AND added <= done_rows),
    CONSTRAINT incident_import_progress_share CHECK (progress BETWEEN 0 AND 1)
);

CREATE INDEX incident_import_area ON incident_import (area_id, id);

CREATE INDEX incident_import_same_file ON incident_import (file_sha256);

CREATE TABLE incident_kind (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(80) NOT NULL,
    weight REAL NOT NULL,
    counted INT NOT NULL,
    shown INT NOT NULL,
    version INT NOT NULL,
    changed_by CHAR(36) NOT NULL REFERENCES person (id),
    changed_at TIMESTAMP NOT NULL, private INT NOT NULL DEFAULT 0,
    CONSTRAINT incident_kind_once UNIQUE (area_id, kind),
    CONSTRAINT incident_kind_weight_capped CHECK (weight BETWEEN 0 AND 5),
    CONSTRAINT incident_kind_version CHECK (version >= 1)
);

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

CREATE TABLE job (
    id CHAR(36) NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    payload JSON NOT NULL,
    key VARCHAR(200) UNIQUE,
    state VARCHAR(8) NOT NULL DEFAULT 'todo',
    run_at TIMESTAMP NOT NULL,
    attempts INT NOT NULL DEFAULT 0,
    leased_by CHAR(36),
    leased_until TIMESTAMP,
    last_error VARCHAR(500) NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    keep_until TIMESTAMP NOT NULL,
    CONSTRAINT job_state_known CHECK (state IN ('todo', 'doing', 'done', 'dead')),
    CONSTRAINT job_attempts_not_negative CHECK (attempts >= 0),
    CONSTRAINT job_lease_while_doing CHECK (
        (state = 'doing') = (leased_by IS NOT NULL) AND (state = 'doing') = (leased_until IS NOT NULL)
    ),
    CONSTRAINT job_finished_when_over CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);

CREATE INDEX job_dead ON job (finished_at) WHERE state = 'dead';

CREATE INDEX job_doing ON job (leased_until) WHERE state = 'doing';

CREATE INDEX job_name ON job (name, state, finished_at);

CREATE INDEX job_over ON job (keep_until) WHERE state IN ('done', 'dead');

CREATE INDEX job_todo ON job (run_at, id) WHERE state = 'todo';

CREATE TABLE leaderboard_choice (
    user_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES person (id),
    shown_since TIMESTAMP NOT NULL
);

CREATE TABLE live_position (
    user_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES person (id),
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    area_path VARCHAR(200) NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    accuracy_m REAL NOT NULL,
    at TIMESTAMP NOT NULL
);

CREATE INDEX live_position_patrol ON live_position (patrol_id);

CREATE INDEX live_position_place ON live_position (CAST(lat * 100 AS INTEGER), lon, lat);

CREATE TABLE map_import (
    id CHAR(36) NOT NULL PRIMARY KEY,
    path VARCHAR(200) NOT NULL,
    name_zh VARCHAR(60) NOT NULL DEFAULT '',
    name_en VARCHAR(80) NOT NULL DEFAULT '',
    time_zone VARCHAR(40) NOT NULL DEFAULT '',
    relation BIGINT,
    boundary JSON,
    file_name VARCHAR(120) NOT NULL,
    bytes BIGINT NOT NULL,
    received_bytes BIGINT NOT NULL DEFAULT 0,
    state VARCHAR(10) NOT NULL DEFAULT 'uploading',
    stage VARCHAR(10) NOT NULL DEFAULT '',
    progress REAL NOT NULL DEFAULT 0,
    failure JSON,
    area_id CHAR(36) REFERENCES area (id),
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    CONSTRAINT map_import_state_known CHECK (state IN ('uploading', 'building', 'done', 'failed')),
    CONSTRAINT map_import_received CHECK (received_bytes BETWEEN 0 AND bytes),
    CONSTRAINT map_import_whole CHECK (state IN ('uploading', 'failed') OR received_bytes = bytes),
    CONSTRAINT map_import_failure_told CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT map_import_done_has_area CHECK ((state = 'done') = (area_id IS NOT NULL))
);

CREATE INDEX map_import_path ON map_import (path, created_at);

CREATE TABLE media (
    key VARCHAR(80) NOT NULL PRIMARY KEY,
    content_type VARCHAR(40) NOT NULL,
    width INT NOT NULL,
    height INT NOT NULL,
    bytes INT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT media_size_positive CHECK (width > 0 AND height > 0 AND bytes > 0)
);

CREATE INDEX media_same ON media (sha256);

CREATE TABLE merchant (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    address_zh VARCHAR(120) NOT NULL,
    address_en VARCHAR(120) NOT NULL,
    hours VARCHAR(60) NOT NULL DEFAULT '',
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'open'
        CONSTRAINT merchant_state_known CHECK (state IN ('open', 'suspended', 'closed')),
    demo INT NOT NULL DEFAULT 0
, licence_no VARCHAR(40), contact_name VARCHAR(60) NOT NULL DEFAULT '', contact_phone VARCHAR(20) NOT NULL DEFAULT '', state_reason VARCHAR(200));

CREATE INDEX merchant_area ON merchant (area_id);

CREATE UNIQUE INDEX merchant_licence ON merchant (licence_no) WHERE licence_no IS NOT NULL;

CREATE TABLE merchant_application (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    applicant_id CHAR(36) NOT NULL REFERENCES person (id),
    licence_no VARCHAR(40) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    address_zh VARCHAR(120) NOT NULL,
    address_en VARCHAR(120) NOT NULL,
    hours VARCHAR(60) NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    contact_name VARCHAR(60) NOT NULL,
    contact_phone VARCHAR(20) NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'applied'
        CONSTRAINT merchant_application_state_known CHECK (state IN ('applied', 'approved', 'refused')),
    state_reason VARCHAR(200),
    applied_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP,
    decided_by CHAR(36),
    CONSTRAINT merchant_application_decided
        CHECK ((state = 'applied') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT merchant_application_other_decides CHECK (decided_by IS NULL OR decided_by <> applicant_id)
);

CREATE INDEX merchant_application_applicant ON merchant_application (applicant_id);

CREATE INDEX merchant_application_area ON merchant_application (area_id, state, applied_at);

CREATE UNIQUE INDEX merchant_application_one_open ON merchant_application (licence_no) WHERE state = 'applied';

CREATE TABLE merchant_branch (
    id CHAR(36) NOT NULL PRIMARY KEY,
    merchant_id CHAR(36) NOT NULL REFERENCES merchant (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    address_zh VARCHAR(120) NOT NULL,
    address_en VARCHAR(120) NOT NULL,
    hours VARCHAR(60) NOT NULL DEFAULT '',
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    is_open INT NOT NULL DEFAULT 1
);

CREATE INDEX merchant_branch_merchant ON merchant_branch (merchant_id);

CREATE TABLE merchant_staff (
    id CHAR(36) NOT NULL PRIMARY KEY,
    merchant_id CHAR(36) NOT NULL REFERENCES merchant (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    branch_id CHAR(36) REFERENCES merchant_branch (id),
    owner INT NOT NULL DEFAULT 0,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);

CREATE UNIQUE INDEX merchant_staff_once ON merchant_staff (merchant_id, user_id) WHERE until IS NULL;

CREATE INDEX merchant_staff_user ON merchant_staff (user_id);

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

CREATE INDEX message_ref ON message (ref_id, user_id);

CREATE INDEX message_user ON message (user_id, seq);

CREATE TABLE named_place (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id) ON DELETE CASCADE,
    name VARCHAR(120) NOT NULL,
    name_en VARCHAR(120) NOT NULL DEFAULT '',
    search VARCHAR(250) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    never_a_target INT NOT NULL DEFAULT 0,
    CONSTRAINT named_place_on_earth CHECK (lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90)
);

CREATE INDEX named_place_area ON named_place (area_id);

CREATE TABLE outlook (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    state VARCHAR(12) NOT NULL DEFAULT 'making',
    cause VARCHAR(12) NOT NULL,
    asked_by CHAR(36) REFERENCES person (id),
    knows_until TIMESTAMP NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    failure JSON,
    summary JSON,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT outlook_state_known CHECK (state IN ('making', 'ready', 'failed')),
    CONSTRAINT outlook_cause_known CHECK (cause IN ('import', 'night', 'asked')),
    CONSTRAINT outlook_asker_known CHECK ((cause = 'asked') = (asked_by IS NOT NULL)),
    CONSTRAINT outlook_finished_when_over CHECK ((state = 'making') = (finished_at IS NULL)),
    CONSTRAINT outlook_failure_told CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT outlook_result_kept CHECK ((state = 'ready') = (summary IS NOT NULL)),
    CONSTRAINT outlook_progress_share CHECK (progress BETWEEN 0 AND 1)
);

CREATE INDEX outlook_area ON outlook (area_id, created_at);

CREATE UNIQUE INDEX outlook_one_making ON outlook (area_id) WHERE state = 'making';

CREATE TABLE outlook_map (
    outlook_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES outlook (id) ON DELETE CASCADE,
    packed BLOB NOT NULL,
    cells BLOB NOT NULL
);

CREATE TABLE patrol (
    id CHAR(36) NOT NULL PRIMARY KEY,
    task_id CHAR(36) REFERENCES task (id),
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'active'
        CONSTRAINT patrol_state_known CHECK (state IN ('active', 'awaiting_review', 'accepted', 'partial', 'rejected')),
    night INT NOT NULL DEFAULT 0,
    started_by CHAR(36) NOT NULL REFERENCES person (id),
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    length_m INT NOT NULL DEFAULT 0,
    minutes INT NOT NULL DEFAULT 0,
    stops_dwelt INT NOT NULL DEFAULT 0,
    stops_total INT NOT NULL DEFAULT 0,
    note VARCHAR(500),
    review_note VARCHAR(500),
    reviewed_by CHAR(36),
    reviewed_at TIMESTAMP,
    demo INT NOT NULL DEFAULT 0, person_minutes INT NOT NULL DEFAULT 0, asked_at TIMESTAMP, continue_until TIMESTAMP, stops_done JSON NOT NULL DEFAULT '[]', measured JSON, findings JSON NOT NULL DEFAULT '[]', doubt INT NOT NULL DEFAULT 0, accepted_part JSON, forgotten_at TIMESTAMP,
    CONSTRAINT patrol_finished_when_over CHECK ((state = 'active') = (finished_at IS NULL)),
    CONSTRAINT patrol_reviewed_by_other CHECK (reviewed_by IS NULL OR reviewed_by <> started_by)
);

CREATE INDEX patrol_area_state ON patrol (area_id, state, started_at);

CREATE UNIQUE INDEX patrol_one_active_a_task ON patrol (task_id) WHERE state = 'active';

CREATE TABLE patrol_appeal (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL CONSTRAINT patrol_appeal_once UNIQUE REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    reason VARCHAR(500) NOT NULL,
    made_at TIMESTAMP NOT NULL,
    reviewed_by CHAR(36) NOT NULL,
    decided_by CHAR(36),
    decided_at TIMESTAMP,
    decision VARCHAR(10) CONSTRAINT patrol_appeal_decision_known CHECK (decision IN ('upheld', 'corrected')),
    note VARCHAR(500),
    CONSTRAINT patrol_appeal_other_person CHECK (decided_by IS NULL OR (decided_by <> reviewed_by AND decided_by <> user_id)),
    CONSTRAINT patrol_appeal_decided_whole CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL))
);

CREATE TABLE patrol_line (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    precision VARCHAR(10) NOT NULL CONSTRAINT patrol_line_precision_known CHECK (precision IN ('matched', 'coarse')),
    lines JSON NOT NULL,
    made_at TIMESTAMP NOT NULL,
    CONSTRAINT patrol_line_once UNIQUE (patrol_id, user_id, precision)
);

CREATE INDEX patrol_line_made ON patrol_line (precision, made_at);

CREATE TABLE patrol_log (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    kind VARCHAR(12)
        CONSTRAINT patrol_log_kind_known CHECK (kind IN ('persuade', 'publicity', 'help', 'hazard', 'dispute', 'other')),
    at TIMESTAMP NOT NULL,
    lon REAL,
    lat REAL,
    note VARCHAR(200),
    undone_at TIMESTAMP,
    received_at TIMESTAMP NOT NULL,
    -- An undo may overtake its log: then the row has no kind yet.
    CONSTRAINT patrol_log_kind_or_undone CHECK (kind IS NOT NULL OR undone_at IS NOT NULL)
);

CREATE INDEX patrol_log_patrol ON patrol_log (patrol_id);

CREATE TABLE patrol_member (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    assignment_id CHAR(36),
    leader INT NOT NULL DEFAULT 0,
    state VARCHAR(20) NOT NULL DEFAULT 'walking'
        CONSTRAINT patrol_member_state_known CHECK (state IN ('walking', 'finished')),
    joined_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    points_awarded INT, tracker_serial INT NOT NULL DEFAULT 0, tracker_seen_at TIMESTAMP,
    CONSTRAINT patrol_member_once UNIQUE (patrol_id, user_id)
);

CREATE UNIQUE INDEX patrol_member_walks_one ON patrol_member (user_id) WHERE state = 'walking';

CREATE TABLE patrol_view (
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    viewer_id CHAR(36) NOT NULL REFERENCES person (id),
    live INT NOT NULL,
    first_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL,
    times INT NOT NULL DEFAULT 1,
    PRIMARY KEY (patrol_id, viewer_id, live)
);

CREATE TABLE person (
    id CHAR(36) NOT NULL PRIMARY KEY,
    phone VARCHAR(20) NOT NULL UNIQUE,
    name VARCHAR(60) NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    totp_secret VARCHAR(64),
    birth_year INT NOT NULL,
    locale VARCHAR(10) NOT NULL DEFAULT 'zh-CN',
    verified INT NOT NULL DEFAULT 0,
    on_duty INT NOT NULL DEFAULT 0,
    duty_changed_at TIMESTAMP,
    disabled_at TIMESTAMP,
    area_id CHAR(36) REFERENCES area (id),
    team_id CHAR(36) REFERENCES team (id),
    demo INT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL
, totp_step_used BIGINT);

CREATE INDEX person_area ON person (area_id);

CREATE INDEX person_on_duty ON person (area_id) WHERE on_duty = 1;

CREATE TABLE photo_view (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    session_id CHAR(36) NOT NULL,
    at TIMESTAMP NOT NULL
, sighting_id CHAR(36) REFERENCES sighting (id));

CREATE INDEX photo_view_alert ON photo_view (alert_id, at);

CREATE TABLE plan (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    state VARCHAR(12) NOT NULL DEFAULT 'solving',
    window_starts_at TIMESTAMP NOT NULL,
    window_ends_at TIMESTAMP NOT NULL,
    team_count INT NOT NULL,
    minutes INT NOT NULL,
    dwell_min INT NOT NULL,
    start_lon REAL NOT NULL,
    start_lat REAL NOT NULL,
    seed BIGINT NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    failure JSON,
    summary JSON,
    created_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    demo INT NOT NULL DEFAULT 0, version INT NOT NULL DEFAULT 1, teams JSON NOT NULL DEFAULT '[]', fairness VARCHAR(8) NOT NULL DEFAULT 'some', variety VARCHAR(8) NOT NULL DEFAULT 'some', best JSON, enough INT NOT NULL DEFAULT 0,
    CONSTRAINT plan_state_known CHECK (state IN ('solving', 'ready', 'failed', 'published', 'discarded')),
    CONSTRAINT plan_failure_told CHECK (state <> 'failed' OR failure IS NOT NULL),
    CONSTRAINT plan_result_kept CHECK (state NOT IN ('ready', 'published') OR summary IS NOT NULL),
    CONSTRAINT plan_window_forward CHECK (window_ends_at > window_starts_at),
    CONSTRAINT plan_progress_share CHECK (progress BETWEEN 0 AND 1)
);

CREATE INDEX plan_area ON plan (area_id, created_at);

CREATE INDEX plan_solving ON plan (created_at) WHERE state = 'solving';

CREATE TABLE plan_default (
    area_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES area (id),
    asked JSON NOT NULL,
    changed_by CHAR(36) NOT NULL REFERENCES person (id),
    changed_at TIMESTAMP NOT NULL
);

CREATE TABLE "plan_edit" (
    id CHAR(36) NOT NULL PRIMARY KEY,
    plan_id CHAR(36) NOT NULL REFERENCES plan (id),
    version INT NOT NULL,
    edited_by CHAR(36) NOT NULL REFERENCES person (id),
    edited_at TIMESTAMP NOT NULL,
    kind VARCHAR(12) NOT NULL,
    told JSON NOT NULL,
    before JSON NOT NULL,
    undoes CHAR(36) REFERENCES "plan_edit" (id),
    CONSTRAINT plan_edit_version_once UNIQUE (plan_id, version),
    CONSTRAINT plan_edit_undone_once UNIQUE (undoes),
    CONSTRAINT plan_edit_kind_known CHECK (
        kind IN ('move', 'add', 'remove', 'lock', 'unlock', 'choose', 'replan', 'accept', 'undo')),
    CONSTRAINT plan_edit_undo_told CHECK ((kind = 'undo') = (undoes IS NOT NULL))
);

CREATE TABLE plan_proposal (
    id CHAR(36) NOT NULL PRIMARY KEY,
    plan_id CHAR(36) NOT NULL REFERENCES plan (id),
    state VARCHAR(12) NOT NULL DEFAULT 'open',
    plan_version INT NOT NULL,
    cause JSON NOT NULL,
    routes JSON NOT NULL,
    figures JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    decided_by CHAR(36) REFERENCES person (id),
    decided_at TIMESTAMP,
    CONSTRAINT plan_proposal_state_known CHECK (state IN ('open', 'accepted', 'dismissed', 'overtaken')),
    CONSTRAINT plan_proposal_decided CHECK (
        (state IN ('accepted', 'dismissed')) = (decided_by IS NOT NULL) AND (state = 'open') = (decided_at IS NULL))
);

CREATE UNIQUE INDEX plan_proposal_one_open ON plan_proposal (plan_id) WHERE state = 'open';

CREATE TABLE points_account (
    id CHAR(36) NOT NULL PRIMARY KEY,
    kind VARCHAR(10) NOT NULL,
    owner_id CHAR(36),
    area_id CHAR(36),
    may_overdraw INT NOT NULL DEFAULT 0,
    debits_posted BIGINT NOT NULL DEFAULT 0,
    debits_pending BIGINT NOT NULL DEFAULT 0,
    credits_posted BIGINT NOT NULL DEFAULT 0,
    credits_pending BIGINT NOT NULL DEFAULT 0,
    -- the newest transfer whose amounts are in the totals above
    last_seq BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT points_account_kind
        CHECK (kind IN ('person', 'team', 'merchant', 'issue', 'expiry', 'settlement')),
    CONSTRAINT points_account_owner
        CHECK ((kind IN ('person', 'team', 'merchant')) = (owner_id IS NOT NULL)),
    CONSTRAINT points_account_issuer
        CHECK (may_overdraw IN (0, 1) AND (may_overdraw = 0 OR kind = 'issue')),
    CONSTRAINT points_account_totals
        CHECK (debits_posted >= 0 AND debits_pending >= 0 AND credits_posted >= 0 AND credits_pending >= 0),
    CONSTRAINT points_account_integers
        CHECK (typeof(debits_posted) = 'integer' AND typeof(debits_pending) = 'integer'
            AND typeof(credits_posted) = 'integer' AND typeof(credits_pending) = 'integer'),
    CONSTRAINT points_account_floor
        CHECK (may_overdraw = 1 OR debits_posted + debits_pending <= credits_posted),
    CONSTRAINT points_account_utc
        CHECK (created_at LIKE '____-__-__ __:__:__%+00:00')
);

CREATE UNIQUE INDEX points_account_one_per_area
    ON points_account (kind, coalesce(area_id, '00000000-0000-0000-0000-000000000000'))
    WHERE owner_id IS NULL;

CREATE UNIQUE INDEX points_account_one_per_owner ON points_account (kind, owner_id)
    WHERE owner_id IS NOT NULL;

CREATE TRIGGER points_account_identity
BEFORE UPDATE OF id, kind, owner_id, may_overdraw, created_at ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_identity: an account keeps its owner and its kind')
        WHERE NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.owner_id IS NOT OLD.owner_id
            OR NEW.may_overdraw <> OLD.may_overdraw OR NEW.created_at <> OLD.created_at;
END;

CREATE TRIGGER points_account_no_delete BEFORE DELETE ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_identity: accounts are never deleted');
END;

CREATE TRIGGER points_account_starts_empty BEFORE INSERT ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_starts_empty: an account starts with nothing in it')
        WHERE NEW.debits_posted <> 0 OR NEW.debits_pending <> 0 OR NEW.credits_posted <> 0
            OR NEW.credits_pending <> 0 OR NEW.last_seq <> 0;
    SELECT RAISE(ABORT, 'points_account_id: this account exists already')
        WHERE EXISTS (SELECT 1 FROM points_account WHERE id = NEW.id
            OR (kind = NEW.kind AND owner_id = NEW.owner_id)
            OR (kind = NEW.kind AND owner_id IS NULL AND NEW.owner_id IS NULL AND area_id IS NEW.area_id));
END;

CREATE TRIGGER points_account_totals_from_transfers
BEFORE UPDATE OF debits_posted, debits_pending, credits_posted, credits_pending, last_seq ON points_account
BEGIN
    SELECT RAISE(ABORT, 'points_account_totals_from_transfers: balances change through transfers only')
        WHERE NEW.last_seq <= OLD.last_seq OR NOT EXISTS (
            SELECT 1 FROM points_transfer t
            WHERE t.seq = NEW.last_seq
                AND NEW.debits_posted - OLD.debits_posted
                    = iif(t.debit_account_id = OLD.id AND t.kind IN ('posted', 'post'), t.amount, 0)
                AND NEW.credits_posted - OLD.credits_posted
                    = iif(t.credit_account_id = OLD.id AND t.kind IN ('posted', 'post'), t.amount, 0)
                AND NEW.debits_pending - OLD.debits_pending = iif(t.debit_account_id = OLD.id,
                    CASE t.kind WHEN 'pending' THEN t.amount WHEN 'posted' THEN 0 ELSE -t.amount END, 0)
                AND NEW.credits_pending - OLD.credits_pending = iif(t.credit_account_id = OLD.id,
                    CASE t.kind WHEN 'pending' THEN t.amount WHEN 'posted' THEN 0 ELSE -t.amount END, 0));
END;

CREATE TABLE points_audit (
    id CHAR(36) NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    ok INT NOT NULL,
    accounts BIGINT NOT NULL,
    transfers BIGINT NOT NULL,
    vouchers BIGINT NOT NULL,
    blocks BIGINT NOT NULL,
    head_hash VARCHAR(64) NOT NULL,
    wrong_what VARCHAR(20),
    wrong_id VARCHAR(40),
    problem TEXT,
    seconds DOUBLE PRECISION NOT NULL
);

CREATE INDEX points_audit_at ON points_audit (at);

CREATE TABLE points_block (
    number BIGINT NOT NULL PRIMARY KEY,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    transfers INT NOT NULL,
    row_digests BLOB NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    sealed_at TIMESTAMP NOT NULL,
    CONSTRAINT points_block_digests CHECK (transfers >= 1 AND length(row_digests) = 16 * transfers),
    CONSTRAINT points_block_order CHECK (number >= 1 AND first_seq >= 1 AND last_seq >= first_seq)
);

CREATE TRIGGER points_block_born BEFORE INSERT ON points_block
BEGIN
    SELECT RAISE(ABORT, 'points_block_follows: a block follows the one before it')
        WHERE NEW.number <> coalesce((SELECT max(number) FROM points_block), 0) + 1
            OR NEW.first_seq <= coalesce((SELECT max(last_seq) FROM points_block), 0)
            OR NEW.previous_hash <> coalesce((SELECT hash FROM points_block ORDER BY number DESC LIMIT 1), '');
END;

CREATE TRIGGER points_block_no_delete BEFORE DELETE ON points_block
BEGIN
    SELECT RAISE(ABORT, 'points_block_fixed: blocks are never deleted');
END;

CREATE TRIGGER points_block_no_update BEFORE UPDATE ON points_block
BEGIN
    SELECT RAISE(ABORT, 'points_block_fixed: blocks are never changed');
END;

CREATE TABLE points_budget (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL,
    funder VARCHAR(60) NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    points BIGINT NOT NULL,
    kept_for_posted BIGINT NOT NULL DEFAULT 0,
    used BIGINT NOT NULL DEFAULT 0,
    -- the newest use that is in `used`
    last_use BIGINT NOT NULL DEFAULT 0,
    note VARCHAR(200) NOT NULL DEFAULT '',
    told_percent INT NOT NULL DEFAULT 0,
    told_end INT NOT NULL DEFAULT 0,
    created_by CHAR(36) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    CONSTRAINT points_budget_period CHECK (ends_at > starts_at),
    CONSTRAINT points_budget_points CHECK (typeof(points) = 'integer' AND points BETWEEN 1 AND 1000000000),
    CONSTRAINT points_budget_kept CHECK (kept_for_posted BETWEEN 0 AND points),
    CONSTRAINT points_budget_room CHECK (typeof(used) = 'integer' AND used BETWEEN 0 AND points),
    CONSTRAINT points_budget_utc
        CHECK (starts_at LIKE '____-__-__ __:__:__%+00:00' AND ends_at LIKE '____-__-__ __:__:__%+00:00')
);

CREATE INDEX points_budget_area ON points_budget (area_id, ends_at);

CREATE TRIGGER points_budget_fixed BEFORE UPDATE OF id, area_id, funder, starts_at, ends_at, points, kept_for_posted
ON points_budget
BEGIN
    SELECT RAISE(ABORT, 'points_budget_fixed: a budget is never changed; end it and add another');
END;

CREATE TRIGGER points_budget_no_delete BEFORE DELETE ON points_budget
BEGIN
    SELECT RAISE(ABORT, 'points_budget_fixed: a budget is never deleted; end it');
END;

CREATE TRIGGER points_budget_starts_unused BEFORE INSERT ON points_budget
BEGIN
    SELECT RAISE(ABORT, 'points_budget_used_from_uses: a budget starts unused')
        WHERE NEW.used <> 0 OR NEW.last_use <> 0;
    SELECT RAISE(ABORT, 'points_budget_fixed: a budget is never replaced')
        WHERE EXISTS (SELECT 1 FROM points_budget WHERE id = NEW.id);
END;

CREATE TRIGGER points_budget_used_from_uses BEFORE UPDATE OF used, last_use ON points_budget
WHEN NEW.last_use <= OLD.last_use OR NOT EXISTS (
    SELECT 1 FROM points_budget_use u
    WHERE u.number = NEW.last_use AND u.budget_id = OLD.id AND u.points = NEW.used - OLD.used)
BEGIN
    SELECT RAISE(ABORT, 'points_budget_used_from_uses: a budget is used by its uses only');
END;

CREATE TABLE points_budget_use (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    transfer_id CHAR(36) NOT NULL,
    budget_id CHAR(36) NOT NULL REFERENCES points_budget (id),
    points BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    CONSTRAINT points_budget_use_points CHECK (typeof(points) = 'integer' AND points >= 1)
);

CREATE INDEX points_budget_use_budget ON points_budget_use (budget_id, at);

CREATE UNIQUE INDEX points_budget_use_once ON points_budget_use (transfer_id, budget_id);

CREATE TRIGGER points_budget_use_counts AFTER INSERT ON points_budget_use
BEGIN
    UPDATE points_budget SET used = used + NEW.points, last_use = NEW.number WHERE id = NEW.budget_id;
END;

CREATE TRIGGER points_budget_use_no_delete BEFORE DELETE ON points_budget_use
BEGIN
    SELECT RAISE(ABORT, 'points_budget_use_fixed: what was used is never deleted');
END;

CREATE TRIGGER points_budget_use_no_replace BEFORE INSERT ON points_budget_use
WHEN EXISTS (SELECT 1 FROM points_budget_use
    WHERE number = NEW.number OR (transfer_id = NEW.transfer_id AND budget_id = NEW.budget_id))
BEGIN
    SELECT RAISE(ABORT, 'points_budget_use_once: this use is stored already');
END;

CREATE TRIGGER points_budget_use_no_update BEFORE UPDATE ON points_budget_use
BEGIN
    SELECT RAISE(ABORT, 'points_budget_use_fixed: what was used is never changed');
END;

CREATE TABLE points_earning (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    reference_id CHAR(36) NOT NULL,
    user_id CHAR(36) NOT NULL,
    reviewer_id CHAR(36) NOT NULL,
    facts TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    rules_version INT NOT NULL,
    points BIGINT NOT NULL,
    CONSTRAINT points_earning_kind CHECK (kind IN ('patrol', 'handled_matter', 'mediation', 'talk')),
    CONSTRAINT points_earning_points CHECK (points >= 0),
    CONSTRAINT points_earning_other_reviews CHECK (reviewer_id <> user_id)
);

CREATE INDEX points_earning_area ON points_earning (area_id, at);

CREATE UNIQUE INDEX points_earning_once ON points_earning (reference_id, user_id);

CREATE INDEX points_earning_pair ON points_earning (user_id, reviewer_id, at);

CREATE TRIGGER points_earning_no_delete BEFORE DELETE ON points_earning
BEGIN
    SELECT RAISE(ABORT, 'points_earning_fixed: what was earned is never deleted; reverse its transfer');
END;

CREATE TRIGGER points_earning_no_update BEFORE UPDATE ON points_earning
BEGIN
    SELECT RAISE(ABORT, 'points_earning_fixed: what was earned is never changed; reverse its transfer');
END;

CREATE TABLE points_expiry_notice (
    account_id CHAR(36) NOT NULL REFERENCES points_account (id),
    expires_until TIMESTAMP NOT NULL,
    announced_at TIMESTAMP NOT NULL,
    points BIGINT NOT NULL, lasts_days INT NOT NULL DEFAULT 730,
    CONSTRAINT points_expiry_notice_once PRIMARY KEY (account_id, expires_until),
    CONSTRAINT points_expiry_notice_points CHECK (points >= 1)
);

CREATE TABLE points_offer (
    id CHAR(36) NOT NULL PRIMARY KEY,
    merchant_id CHAR(36) NOT NULL,
    area_id CHAR(36),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    terms_zh TEXT NOT NULL,
    terms_en TEXT NOT NULL,
    cost BIGINT NOT NULL,
    stock BIGINT NOT NULL,
    per_person_cap INT,
    voucher_days INT NOT NULL DEFAULT 30,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP,
    state VARCHAR(8) NOT NULL DEFAULT 'open',
    image_key VARCHAR(120),
    created_at TIMESTAMP NOT NULL, hours VARCHAR(60) NOT NULL DEFAULT '',
    CONSTRAINT points_offer_cost CHECK (typeof(cost) = 'integer' AND cost BETWEEN 1 AND 1000000000),
    CONSTRAINT points_offer_stock CHECK (typeof(stock) = 'integer' AND stock >= 0),
    CONSTRAINT points_offer_cap
        CHECK (per_person_cap IS NULL OR (typeof(per_person_cap) = 'integer' AND per_person_cap >= 1)),
    CONSTRAINT points_offer_voucher_days
        CHECK (typeof(voucher_days) = 'integer' AND voucher_days BETWEEN 1 AND 3650),
    CONSTRAINT points_offer_state CHECK (state IN ('open', 'paused', 'closed')),
    CONSTRAINT points_offer_window CHECK (ends_at IS NULL OR ends_at > starts_at),
    CONSTRAINT points_offer_title CHECK (title_zh <> '' AND title_en <> ''),
    CONSTRAINT points_offer_utc
        CHECK (created_at LIKE '____-__-__ __:__:__%+00:00' AND starts_at LIKE '____-__-__ __:__:__%+00:00'
            AND (ends_at IS NULL OR ends_at LIKE '____-__-__ __:__:__%+00:00'))
);

CREATE INDEX points_offer_by_merchant ON points_offer (merchant_id);

CREATE INDEX points_offer_open ON points_offer (cost) WHERE state = 'open';

CREATE TABLE points_redemption (
    id CHAR(36) NOT NULL PRIMARY KEY,
    voucher_id CHAR(36) NOT NULL REFERENCES points_voucher (id),
    merchant_id CHAR(36) NOT NULL,
    branch_id CHAR(36),
    staff_id CHAR(36) NOT NULL,
    user_id CHAR(36) NOT NULL,
    transfer_id CHAR(36) NOT NULL REFERENCES points_transfer (id),
    redeemed_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP,
    undone_by CHAR(36),
    undo_reason VARCHAR(200),
    CONSTRAINT points_redemption_undone
        CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undo_reason IS NULL)),
    CONSTRAINT points_redemption_utc
        CHECK (redeemed_at LIKE '____-__-__ __:__:__%+00:00'
            AND (undone_at IS NULL OR undone_at LIKE '____-__-__ __:__:__%+00:00'))
);

CREATE INDEX points_redemption_by_merchant ON points_redemption (merchant_id, redeemed_at);

CREATE INDEX points_redemption_by_staff ON points_redemption (staff_id, user_id, redeemed_at);

CREATE UNIQUE INDEX points_redemption_one_stands ON points_redemption (voucher_id) WHERE undone_at IS NULL;

CREATE UNIQUE INDEX points_redemption_transfer ON points_redemption (transfer_id);

CREATE TRIGGER points_redemption_born BEFORE INSERT ON points_redemption
BEGIN
    SELECT RAISE(ABORT, 'points_redemption_id: this redemption is stored already')
        WHERE EXISTS (SELECT 1 FROM points_redemption r WHERE r.id = NEW.id OR r.transfer_id = NEW.transfer_id
            OR (r.voucher_id = NEW.voucher_id AND r.undone_at IS NULL));
    SELECT RAISE(ABORT, 'points_redemption_born: a redemption begins as one that stands')
        WHERE NEW.undone_at IS NOT NULL;
    SELECT RAISE(ABORT, 'points_redemption_posted: this transfer did not redeem this voucher')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_voucher v JOIN points_transfer t ON t.pending_id = v.transfer_id
            WHERE v.id = NEW.voucher_id AND v.state = 'redeemed' AND v.merchant_id = NEW.merchant_id
                AND v.user_id = NEW.user_id AND t.id = NEW.transfer_id AND t.kind = 'post');
END;

CREATE TRIGGER points_redemption_moves BEFORE UPDATE ON points_redemption
BEGIN
    SELECT RAISE(ABORT, 'points_redemption_fixed: a redemption is only ever undone, once')
        WHERE OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.id <> OLD.id
            OR NEW.voucher_id <> OLD.voucher_id OR NEW.merchant_id <> OLD.merchant_id
            OR NEW.branch_id IS NOT OLD.branch_id OR NEW.staff_id <> OLD.staff_id OR NEW.user_id <> OLD.user_id
            OR NEW.transfer_id <> OLD.transfer_id OR NEW.redeemed_at <> OLD.redeemed_at;
    SELECT RAISE(ABORT, 'points_redemption_late: a redemption can be undone for five minutes')
        WHERE unixepoch(NEW.undone_at) - unixepoch(OLD.redeemed_at) NOT BETWEEN 0 AND 300;
    SELECT RAISE(ABORT, 'points_redemption_reversed: its points have not been moved back')
        WHERE NOT EXISTS (SELECT 1 FROM points_transfer t WHERE t.reverses_id = OLD.transfer_id);
END;

CREATE TRIGGER points_redemption_no_delete BEFORE DELETE ON points_redemption
BEGIN
    SELECT RAISE(ABORT, 'points_redemption_fixed: redemptions are never deleted');
END;

CREATE TABLE points_rules (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL,
    version INT NOT NULL,
    figures TEXT NOT NULL,
    note VARCHAR(200) NOT NULL,
    created_by CHAR(36) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    switched_on_at TIMESTAMP,
    switched_on_by CHAR(36),
    CONSTRAINT points_rules_switched CHECK ((switched_on_at IS NULL) = (switched_on_by IS NULL)),
    CONSTRAINT points_rules_version CHECK (version >= 1)
);

CREATE UNIQUE INDEX points_rules_once ON points_rules (area_id, version);

CREATE TRIGGER points_rules_moves BEFORE UPDATE ON points_rules
BEGIN
    SELECT RAISE(ABORT, 'points_rules_fixed: a version is switched on once, and never changed')
        WHERE OLD.switched_on_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.area_id <> OLD.area_id
            OR NEW.version <> OLD.version OR NEW.figures <> OLD.figures OR NEW.created_by <> OLD.created_by;
END;

CREATE TRIGGER points_rules_no_delete BEFORE DELETE ON points_rules
BEGIN
    SELECT RAISE(ABORT, 'points_rules_fixed: versions are never deleted');
END;

CREATE TABLE points_settlement (
    id CHAR(36) NOT NULL PRIMARY KEY,
    merchant_id CHAR(36) NOT NULL,
    area_id CHAR(36) NOT NULL,
    period VARCHAR(7) NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'frozen',
    frozen_at TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP,
    confirmed_by CHAR(36),
    paid_at TIMESTAMP,
    paid_by CHAR(36),
    payment_reference VARCHAR(80),
    payment_cents BIGINT,
    CONSTRAINT points_settlement_state CHECK (state IN ('frozen', 'disputed', 'confirmed', 'paid')),
    CONSTRAINT points_settlement_window CHECK (ends_at > starts_at AND frozen_at >= ends_at),
    CONSTRAINT points_settlement_confirmed
        CHECK ((state IN ('confirmed', 'paid')) = (confirmed_at IS NOT NULL)
            AND (confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT points_settlement_paid
        CHECK ((state = 'paid') = (paid_at IS NOT NULL) AND (paid_at IS NULL) = (paid_by IS NULL)
            AND (paid_at IS NULL) = (payment_reference IS NULL)
            AND (payment_cents IS NULL OR (paid_at IS NOT NULL AND payment_cents >= 0)))
);

CREATE INDEX points_settlement_area ON points_settlement (area_id, period);

CREATE UNIQUE INDEX points_settlement_once ON points_settlement (merchant_id, period);

CREATE TRIGGER points_settlement_moves BEFORE UPDATE ON points_settlement
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_moves: this is no step of a statement')
        WHERE (OLD.state || '>' || NEW.state) NOT IN
            ('frozen>disputed', 'disputed>disputed', 'frozen>confirmed', 'disputed>confirmed', 'confirmed>paid')
            OR (NEW.state = 'confirmed' AND EXISTS (
                SELECT 1 FROM points_settlement_line l WHERE l.settlement_id = OLD.id AND l.dispute = 'open'));
    SELECT RAISE(ABORT, 'points_settlement_fixed: a statement keeps its merchant and its month')
        WHERE NEW.id <> OLD.id OR NEW.merchant_id <> OLD.merchant_id OR NEW.area_id <> OLD.area_id
            OR NEW.period <> OLD.period OR NEW.starts_at <> OLD.starts_at OR NEW.ends_at <> OLD.ends_at
            OR NEW.frozen_at <> OLD.frozen_at;
END;

CREATE TRIGGER points_settlement_no_delete BEFORE DELETE ON points_settlement
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_fixed: statements are never deleted');
END;

CREATE TABLE points_settlement_line (
    transfer_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES points_transfer (id),
    settlement_id CHAR(36) NOT NULL REFERENCES points_settlement (id),
    kind VARCHAR(10) NOT NULL,
    voucher_id CHAR(36),
    points BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    dispute VARCHAR(10),
    dispute_note VARCHAR(200),
    dispute_answer VARCHAR(200),
    CONSTRAINT points_settlement_line_kind
        CHECK (kind IN ('redeemed', 'undone', 'corrected') AND (kind = 'redeemed') = (points > 0)),
    CONSTRAINT points_settlement_line_dispute
        CHECK (dispute IS NULL OR dispute IN ('open', 'stands', 'corrected')),
    CONSTRAINT points_settlement_line_note
        CHECK ((dispute IS NULL) = (dispute_note IS NULL)
            AND (dispute_answer IS NOT NULL) = (dispute IS NOT NULL AND dispute <> 'open'))
);

CREATE INDEX points_settlement_line_settlement ON points_settlement_line (settlement_id, at);

CREATE TRIGGER points_settlement_line_born BEFORE INSERT ON points_settlement_line
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_line_once: this transfer is in a statement already')
        WHERE EXISTS (SELECT 1 FROM points_settlement_line WHERE transfer_id = NEW.transfer_id);
    SELECT RAISE(ABORT, 'points_settlement_line_true: the line differs from its transfer')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_settlement s
            JOIN points_account a ON a.kind = 'merchant' AND a.owner_id = s.merchant_id
            JOIN points_transfer t ON t.id = NEW.transfer_id
            WHERE s.id = NEW.settlement_id AND s.state IN ('frozen', 'disputed')
                AND ((t.credit_account_id = a.id AND t.kind = 'post' AND NEW.points = t.amount)
                    OR (t.debit_account_id = a.id AND t.reverses_id IS NOT NULL AND NEW.points = -t.amount)));
END;

CREATE TRIGGER points_settlement_line_moves BEFORE UPDATE ON points_settlement_line
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_line_fixed: only the dispute about a line changes, until it is confirmed')
        WHERE NEW.transfer_id <> OLD.transfer_id OR NEW.settlement_id <> OLD.settlement_id OR NEW.kind <> OLD.kind
            OR NEW.points <> OLD.points OR NEW.at <> OLD.at OR NEW.voucher_id IS NOT OLD.voucher_id
            OR (SELECT state FROM points_settlement WHERE id = OLD.settlement_id) NOT IN ('frozen', 'disputed');
END;

CREATE TRIGGER points_settlement_line_no_delete BEFORE DELETE ON points_settlement_line
BEGIN
    SELECT RAISE(ABORT, 'points_settlement_line_fixed: lines are never deleted');
END;

CREATE TABLE points_transfer (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id CHAR(36) NOT NULL,
    debit_account_id CHAR(36) NOT NULL REFERENCES points_account (id),
    credit_account_id CHAR(36) NOT NULL REFERENCES points_account (id),
    amount BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    pending_id CHAR(36) REFERENCES points_transfer (id),
    reverses_id CHAR(36) REFERENCES points_transfer (id),
    code VARCHAR(40) NOT NULL,
    reference_id CHAR(36),
    explanation TEXT NOT NULL,
    reason TEXT,
    timeout_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT points_transfer_amount
        CHECK (typeof(amount) = 'integer' AND amount BETWEEN 1 AND 1000000000),
    CONSTRAINT points_transfer_two_sides CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT points_transfer_kind CHECK (kind IN ('posted', 'pending', 'post', 'void')),
    CONSTRAINT points_transfer_resolves CHECK ((kind IN ('post', 'void')) = (pending_id IS NOT NULL)),
    CONSTRAINT points_transfer_timeout CHECK (timeout_at IS NULL OR kind = 'pending'),
    CONSTRAINT points_transfer_reversal
        CHECK ((reverses_id IS NULL) = (reason IS NULL) AND (reverses_id IS NULL OR kind = 'posted')),
    CONSTRAINT points_transfer_code CHECK (code <> ''),
    CONSTRAINT points_transfer_utc
        CHECK (created_at LIKE '____-__-__ __:__:__%+00:00'
            AND (timeout_at IS NULL OR timeout_at LIKE '____-__-__ __:__:__%+00:00'))
);

CREATE INDEX points_transfer_credits ON points_transfer (credit_account_id, seq);

CREATE INDEX points_transfer_debits ON points_transfer (debit_account_id, seq);

CREATE UNIQUE INDEX points_transfer_id ON points_transfer (id);

CREATE UNIQUE INDEX points_transfer_one_resolution ON points_transfer (pending_id)
    WHERE pending_id IS NOT NULL;

CREATE UNIQUE INDEX points_transfer_one_reversal ON points_transfer (reverses_id)
    WHERE reverses_id IS NOT NULL;

CREATE INDEX points_transfer_reference ON points_transfer (reference_id)
    WHERE reference_id IS NOT NULL;

CREATE INDEX points_transfer_timeouts ON points_transfer (timeout_at)
    WHERE timeout_at IS NOT NULL;

CREATE TRIGGER points_transfer_apply AFTER INSERT ON points_transfer
BEGIN
    UPDATE points_account SET
        debits_posted = debits_posted + iif(NEW.kind IN ('posted', 'post'), NEW.amount, 0),
        debits_pending = debits_pending
            + CASE NEW.kind WHEN 'pending' THEN NEW.amount WHEN 'posted' THEN 0 ELSE -NEW.amount END,
        last_seq = NEW.seq
        WHERE id = NEW.debit_account_id;
    UPDATE points_account SET
        credits_posted = credits_posted + iif(NEW.kind IN ('posted', 'post'), NEW.amount, 0),
        credits_pending = credits_pending
            + CASE NEW.kind WHEN 'pending' THEN NEW.amount WHEN 'posted' THEN 0 ELSE -NEW.amount END,
        last_seq = NEW.seq
        WHERE id = NEW.credit_account_id;
END;

CREATE TRIGGER points_transfer_matches BEFORE INSERT ON points_transfer
WHEN NEW.pending_id IS NOT NULL OR NEW.reverses_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_pending_match: no such pending transfer, or it has timed out')
        WHERE NEW.pending_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM points_transfer p
            WHERE p.id = NEW.pending_id AND p.kind = 'pending' AND p.amount = NEW.amount
                AND p.debit_account_id = NEW.debit_account_id
                AND p.credit_account_id = NEW.credit_account_id
                AND (NEW.kind = 'void' OR p.timeout_at IS NULL OR NEW.created_at < p.timeout_at));
    SELECT RAISE(ABORT, 'points_transfer_reversal_match: no such transfer to reverse')
        WHERE NEW.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM points_transfer r
            WHERE r.id = NEW.reverses_id AND r.kind IN ('posted', 'post') AND r.amount = NEW.amount
                AND r.debit_account_id = NEW.credit_account_id
                AND r.credit_account_id = NEW.debit_account_id);
END;

CREATE TRIGGER points_transfer_no_delete BEFORE DELETE ON points_transfer
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_insert_only: transfers are never deleted; reverse them');
END;

CREATE TRIGGER points_transfer_no_replace BEFORE INSERT ON points_transfer
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_id: a transfer with this id is stored already')
        WHERE EXISTS (SELECT 1 FROM points_transfer WHERE id = NEW.id OR seq = NEW.seq);
    SELECT RAISE(ABORT, 'points_transfer_one_resolution: this pending transfer has ended already')
        WHERE EXISTS (SELECT 1 FROM points_transfer WHERE pending_id = NEW.pending_id);
    SELECT RAISE(ABORT, 'points_transfer_one_reversal: this transfer is reversed already')
        WHERE EXISTS (SELECT 1 FROM points_transfer WHERE reverses_id = NEW.reverses_id);
END;

CREATE TRIGGER points_transfer_no_update BEFORE UPDATE ON points_transfer
BEGIN
    SELECT RAISE(ABORT, 'points_transfer_insert_only: transfers are never changed; reverse them');
END;

CREATE TABLE points_voucher (
    id CHAR(36) NOT NULL PRIMARY KEY,
    offer_id CHAR(36) NOT NULL REFERENCES points_offer (id),
    merchant_id CHAR(36) NOT NULL,
    user_id CHAR(36) NOT NULL,
    transfer_id CHAR(36) NOT NULL REFERENCES points_transfer (id),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    terms_zh TEXT NOT NULL,
    terms_en TEXT NOT NULL,
    cost BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL DEFAULT 'issued',
    code VARCHAR(8) NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    redeemed_at TIMESTAMP,
    redeemed_by CHAR(36),
    redemption_id CHAR(36),
    returned_at TIMESTAMP,
    return_reason VARCHAR(200), hours VARCHAR(60) NOT NULL DEFAULT '',
    CONSTRAINT points_voucher_cost CHECK (typeof(cost) = 'integer' AND cost >= 1),
    CONSTRAINT points_voucher_state CHECK (state IN ('issued', 'redeemed', 'expired', 'refunded')),
    CONSTRAINT points_voucher_code CHECK (code GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'),
    CONSTRAINT points_voucher_redeemed
        CHECK ((state = 'redeemed') = (redeemed_at IS NOT NULL)
            AND (redeemed_at IS NULL) = (redeemed_by IS NULL)
            AND (redemption_id IS NULL OR redeemed_at IS NOT NULL)),
    CONSTRAINT points_voucher_returned
        CHECK ((state IN ('expired', 'refunded')) = (returned_at IS NOT NULL)
            AND (returned_at IS NULL) = (return_reason IS NULL)),
    CONSTRAINT points_voucher_term CHECK (expires_at > issued_at),
    CONSTRAINT points_voucher_utc
        CHECK (issued_at LIKE '____-__-__ __:__:__%+00:00' AND expires_at LIKE '____-__-__ __:__:__%+00:00'
            AND (redeemed_at IS NULL OR redeemed_at LIKE '____-__-__ __:__:__%+00:00')
            AND (returned_at IS NULL OR returned_at LIKE '____-__-__ __:__:__%+00:00'))
);

CREATE INDEX points_voucher_by_merchant ON points_voucher (merchant_id, redeemed_at);

CREATE INDEX points_voucher_by_offer ON points_voucher (offer_id, user_id);

CREATE INDEX points_voucher_by_user ON points_voucher (user_id, issued_at);

CREATE INDEX points_voucher_due ON points_voucher (expires_at) WHERE state = 'issued';

CREATE UNIQUE INDEX points_voucher_transfer ON points_voucher (transfer_id);

CREATE UNIQUE INDEX points_voucher_usable_code ON points_voucher (code) WHERE state = 'issued';

CREATE TRIGGER points_voucher_born BEFORE INSERT ON points_voucher
BEGIN
    SELECT RAISE(ABORT, 'points_voucher_id: this voucher is stored already')
        WHERE EXISTS (SELECT 1 FROM points_voucher WHERE id = NEW.id OR transfer_id = NEW.transfer_id);
    SELECT RAISE(ABORT, 'points_voucher_born: a voucher starts as issued')
        WHERE NEW.state <> 'issued';
    SELECT RAISE(ABORT, 'points_voucher_offer: the offer belongs to another merchant')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_offer o WHERE o.id = NEW.offer_id AND o.merchant_id = NEW.merchant_id);
    SELECT RAISE(ABORT, 'points_voucher_paid: the cost of this voucher is not set aside for it')
        WHERE NOT EXISTS (
            SELECT 1 FROM points_transfer t
            JOIN points_account d ON d.id = t.debit_account_id
            JOIN points_account c ON c.id = t.credit_account_id
            WHERE t.id = NEW.transfer_id AND t.kind = 'pending' AND t.amount = NEW.cost
                AND t.reference_id = NEW.id
                AND d.kind = 'person' AND d.owner_id = NEW.user_id
                AND c.kind = 'merchant' AND c.owner_id = NEW.merchant_id);
    SELECT RAISE(ABORT, 'points_voucher_cap: this person holds as many of this offer as one may')
        WHERE EXISTS (
            SELECT 1 FROM points_offer o
            WHERE o.id = NEW.offer_id AND o.per_person_cap IS NOT NULL AND o.per_person_cap <= (
                SELECT count(*) FROM points_voucher v
                WHERE v.offer_id = NEW.offer_id AND v.user_id = NEW.user_id
                    AND v.state IN ('issued', 'redeemed')));
END;

CREATE TRIGGER points_voucher_moves BEFORE UPDATE ON points_voucher
BEGIN
    SELECT RAISE(ABORT, 'points_voucher_moves: a voucher moves from issued, and back when its redemption is undone')
        WHERE NOT (OLD.state = 'issued' AND NEW.state <> 'issued')
            AND NOT (OLD.state = 'redeemed' AND NEW.state = 'issued');
    SELECT RAISE(ABORT, 'points_voucher_undone: its redemption stands, or its cost is not set aside anew')
        WHERE OLD.state = 'redeemed' AND (
            EXISTS (SELECT 1 FROM points_redemption r WHERE r.voucher_id = OLD.id AND r.undone_at IS NULL)
            OR NOT EXISTS (
                SELECT 1 FROM points_transfer t
                JOIN points_account d ON d.id = t.debit_account_id
                JOIN points_account c ON c.id = t.credit_account_id
                WHERE t.id = NEW.transfer_id AND t.kind = 'pending' AND t.amount = OLD.cost
                    AND t.reference_id = OLD.id AND d.kind = 'person' AND d.owner_id = OLD.user_id
                    AND c.kind = 'merchant' AND c.owner_id = OLD.merchant_id
                    AND NOT EXISTS (SELECT 1 FROM points_transfer e WHERE e.pending_id = t.id)));
    SELECT RAISE(ABORT, 'points_voucher_late: this voucher has expired')
        WHERE NEW.state = 'redeemed' AND NEW.redeemed_at >= OLD.expires_at;
    SELECT RAISE(ABORT, 'points_voucher_fixed: a voucher stays as it was bought')
        WHERE NEW.id <> OLD.id OR NEW.offer_id <> OLD.offer_id OR NEW.merchant_id <> OLD.merchant_id
            OR NEW.user_id <> OLD.user_id OR (NEW.transfer_id <> OLD.transfer_id AND NEW.state <> 'issued')
            OR NEW.title_zh <> OLD.title_zh OR NEW.title_en <> OLD.title_en
            OR NEW.terms_zh <> OLD.terms_zh OR NEW.terms_en <> OLD.terms_en OR NEW.hours <> OLD.hours
            OR NEW.cost <> OLD.cost OR (NEW.code <> OLD.code AND NEW.state <> 'issued')
            OR NEW.issued_at <> OLD.issued_at OR NEW.expires_at <> OLD.expires_at;
END;

CREATE TRIGGER points_voucher_no_delete BEFORE DELETE ON points_voucher
BEGIN
    SELECT RAISE(ABORT, 'points_voucher_fixed: vouchers are never deleted');
END;

CREATE TABLE push_key (
    id INT NOT NULL PRIMARY KEY CONSTRAINT push_key_one CHECK (id = 1),
    private_key VARCHAR(100) NOT NULL,
    public_key VARCHAR(100) NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE push_receipt (
    message_id CHAR(36) NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    subscription_id CHAR(36) NOT NULL,
    status INT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (message_id, subscription_id)
);

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

CREATE INDEX push_subscription_session ON push_subscription (session_id);

CREATE INDEX push_subscription_user ON push_subscription (user_id);

CREATE TABLE quiet_home (
    user_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES person (id),
    cell VARCHAR(40) NOT NULL,
    set_at TIMESTAMP NOT NULL
);

CREATE TABLE rain_day (
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    day DATE NOT NULL,
    noted_by CHAR(36) NOT NULL REFERENCES person (id),
    noted_at TIMESTAMP NOT NULL,
    CONSTRAINT rain_day_once PRIMARY KEY (area_id, day)
);

CREATE TABLE report (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    patrol_id CHAR(36) REFERENCES patrol (id),
    category VARCHAR(20) NOT NULL
        CONSTRAINT report_category_known CHECK (category IN ('hazard', 'order', 'charging', 'cards', 'lighting', 'other')),
    text VARCHAR(300) NOT NULL,
    at TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    lon REAL,
    lat REAL,
    accuracy_m REAL,
    state VARCHAR(12) NOT NULL DEFAULT 'received'
        CONSTRAINT report_state_known
        CHECK (state IN ('received', 'triaged', 'handed_over', 'acted', 'closed', 'withdrawn')),
    outcome VARCHAR(12)
        CONSTRAINT report_outcome_known CHECK (outcome IN ('solved', 'not_fixed', 'unfounded', 'duplicate')),
    answer VARCHAR(300),
    handled_by CHAR(36),
    changed_at TIMESTAMP NOT NULL,
    demo INT NOT NULL DEFAULT 0, description VARCHAR(300), hurtful JSON NOT NULL DEFAULT '[]',
    CONSTRAINT report_closed_with_outcome CHECK ((state = 'closed') = (outcome IS NOT NULL)),
    CONSTRAINT report_place_whole CHECK ((lon IS NULL) = (lat IS NULL))
);

CREATE INDEX report_area ON report (area_id, state, received_at);

CREATE INDEX report_user ON report (user_id, received_at);

CREATE TABLE report_photo (
    id CHAR(36) NOT NULL PRIMARY KEY,
    report_id CHAR(36) NOT NULL REFERENCES report (id),
    photo_key VARCHAR(100) NOT NULL,
    made_at TIMESTAMP NOT NULL
);

CREATE INDEX report_photo_made ON report_photo (made_at);

CREATE INDEX report_photo_report ON report_photo (report_id);

CREATE TABLE report_word (
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    word VARCHAR(40) NOT NULL,
    looked_for INT NOT NULL,
    set_by CHAR(36) NOT NULL REFERENCES person (id),
    set_at TIMESTAMP NOT NULL,
    PRIMARY KEY (area_id, word)
);

CREATE TABLE reward_deed (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(20) NOT NULL
        CONSTRAINT reward_deed_kind_known CHECK (kind IN ('handled_matter', 'mediation', 'talk')),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL,
    judged_by CHAR(36) NOT NULL REFERENCES person (id),
    at TIMESTAMP NOT NULL
);

CREATE INDEX reward_deed_area ON reward_deed (area_id, at);

CREATE TABLE reward_setting (
    area_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES area (id),
    leaderboard INT NOT NULL DEFAULT 0,
    scene_until TIMESTAMP,
    scene_reason VARCHAR(200),
    scene_declared_at TIMESTAMP,
    scene_declared_by CHAR(36),
    CONSTRAINT reward_setting_scene_whole
        CHECK ((scene_until IS NULL) = (scene_reason IS NULL) AND (scene_until IS NULL) = (scene_declared_at IS NULL)
            AND (scene_until IS NULL) = (scene_declared_by IS NULL))
);

CREATE TABLE reward_signal (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(20) NOT NULL
        CONSTRAINT reward_signal_kind_known CHECK (kind IN ('same_pair', 'odd_hours', 'velocity', 'reviewer_pair')),
    subject VARCHAR(160) NOT NULL,
    facts TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'open'
        CONSTRAINT reward_signal_state_known CHECK (state IN ('open', 'closed')),
    outcome VARCHAR(10)
        CONSTRAINT reward_signal_outcome_known CHECK (outcome IN ('fine', 'acted')),
    note VARCHAR(300) NOT NULL DEFAULT '',
    closed_at TIMESTAMP,
    closed_by CHAR(36),
    CONSTRAINT reward_signal_closed_whole
        CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
            AND (closed_at IS NULL) = (outcome IS NULL))
);

CREATE INDEX reward_signal_area ON reward_signal (area_id, state, at);

CREATE UNIQUE INDEX reward_signal_once ON reward_signal (area_id, kind, subject);

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

CREATE UNIQUE INDEX role_grant_once ON role_grant (user_id, role, area_path, coalesce(merchant_id, '')) WHERE revoked_at IS NULL;

CREATE INDEX role_grant_user ON role_grant (user_id);

CREATE TABLE schema_migration (
        series VARCHAR(20) NOT NULL, number INT NOT NULL, name VARCHAR(80) NOT NULL, digest VARCHAR(64) NOT NULL,
        applied_at TIMESTAMP NOT NULL, PRIMARY KEY (series, number));

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

CREATE TABLE sighting (
    id CHAR(36) NOT NULL PRIMARY KEY,
    alert_id CHAR(36) NOT NULL REFERENCES alert (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    at TIMESTAMP NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    behaviour_zh VARCHAR(300) NOT NULL,
    direction VARCHAR(80) NOT NULL,
    certainty VARCHAR(10) NOT NULL CONSTRAINT sighting_certainty_known CHECK (certainty IN ('sure', 'likely', 'unsure')),
    received_at TIMESTAMP NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'received' CONSTRAINT sighting_state_known CHECK (state IN ('received', 'read'))
, photo_key VARCHAR(80), merged_into CHAR(36) REFERENCES sighting (id)
    CONSTRAINT sighting_not_into_itself CHECK (merged_into <> id));

CREATE INDEX sighting_alert ON sighting (alert_id, received_at);

CREATE INDEX sighting_user ON sighting (user_id, alert_id);

CREATE TABLE sighting_step (
    id CHAR(36) NOT NULL PRIMARY KEY,
    sighting_id CHAR(36) NOT NULL REFERENCES sighting (id),
    step VARCHAR(12) NOT NULL
        CONSTRAINT sighting_step_known CHECK (step IN ('read', 'instructed', 'acknowledged', 'arrived', 'outcome')),
    at TIMESTAMP NOT NULL,
    made_by CHAR(36) NOT NULL REFERENCES person (id),
    text_zh VARCHAR(200) NOT NULL DEFAULT '',
    outcome VARCHAR(12)
        CONSTRAINT sighting_outcome_known CHECK (outcome IN ('found', 'mistaken', 'gone', 'duplicate')),
    CONSTRAINT sighting_step_once UNIQUE (sighting_id, step),
    CONSTRAINT sighting_outcome_at_the_end CHECK ((step = 'outcome') = (outcome IS NOT NULL))
);

CREATE TABLE sos_call (
    id CHAR(36) NOT NULL PRIMARY KEY,
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    patrol_id CHAR(36) REFERENCES patrol (id),
    at TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    silent INT NOT NULL DEFAULT 0,
    test INT NOT NULL DEFAULT 0,
    note VARCHAR(200),
    lon REAL,
    lat REAL,
    accuracy_m REAL,
    position_at TIMESTAMP,
    state VARCHAR(12) NOT NULL DEFAULT 'open'
        CONSTRAINT sos_call_state_known CHECK (state IN ('open', 'acknowledged', 'cancelled', 'closed')),
    duress INT NOT NULL DEFAULT 0,
    widened_at TIMESTAMP,
    ended_at TIMESTAMP,
    ended_by CHAR(36),
    outcome VARCHAR(20)
        CONSTRAINT sos_call_outcome_known CHECK (outcome IN ('safe', 'handed_over', 'false_alarm')),
    outcome_note VARCHAR(200),
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT sos_call_ended_when_over CHECK ((state IN ('cancelled', 'closed')) = (ended_at IS NOT NULL)),
    CONSTRAINT sos_call_place_whole CHECK ((lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (position_at IS NULL))
);

CREATE INDEX sos_call_open ON sos_call (area_id, state);

CREATE INDEX sos_call_user ON sos_call (user_id);

CREATE TABLE sos_told (
    id CHAR(36) NOT NULL PRIMARY KEY,
    call_id CHAR(36) NOT NULL REFERENCES sos_call (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    role VARCHAR(10) NOT NULL CONSTRAINT sos_told_role_known CHECK (role IN ('team', 'nearby', 'station', 'self')),
    told_at TIMESTAMP NOT NULL,
    delivered_at TIMESTAMP,
    acknowledged_at TIMESTAMP,
    CONSTRAINT sos_told_once UNIQUE (call_id, user_id)
);

CREATE INDEX sos_told_user ON sos_told (user_id, told_at);

CREATE TABLE task (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    kind VARCHAR(30) NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'draft',
    outcome VARCHAR(20),
    title_zh VARCHAR(80) NOT NULL,
    title_en VARCHAR(120) NOT NULL DEFAULT '',
    brief_zh TEXT NOT NULL DEFAULT '',
    brief_en TEXT NOT NULL DEFAULT '',
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    night INT NOT NULL DEFAULT 0,
    seats INT NOT NULL,
    seats_taken INT NOT NULL DEFAULT 0,
    points INT NOT NULL DEFAULT 0,
    place_name VARCHAR(80),
    start_lon REAL,
    start_lat REAL,
    route JSON,
    stops JSON NOT NULL DEFAULT '[]',
    plan_id CHAR(36) REFERENCES plan (id),
    plan_team INT,
    version INT NOT NULL DEFAULT 1,
    posted_by CHAR(36) NOT NULL REFERENCES person (id),
    created_at TIMESTAMP NOT NULL,
    published_at TIMESTAMP,
    over_at TIMESTAMP,
    demo INT NOT NULL DEFAULT 0,
    CONSTRAINT task_state_known CHECK (
        state IN ('draft', 'in_review', 'published', 'active', 'awaiting_review', 'closed', 'cancelled')),
    CONSTRAINT task_outcome_told CHECK (
        (state = 'closed' AND outcome IN ('completed', 'partial', 'void'))
        OR (state = 'cancelled' AND outcome IN ('weather', 'police', 'poster', 'expired'))
        OR (state NOT IN ('closed', 'cancelled') AND outcome IS NULL)),
    CONSTRAINT task_seats_some CHECK (seats >= 1),
    CONSTRAINT task_seats_bounded CHECK (seats_taken BETWEEN 0 AND seats),
    CONSTRAINT task_points_not_negative CHECK (points >= 0),
    CONSTRAINT task_window_forward CHECK (ends_at > starts_at),
    CONSTRAINT task_start_whole CHECK ((start_lon IS NULL) = (start_lat IS NULL))
);

CREATE INDEX task_area ON task (area_id, starts_at);

CREATE INDEX task_open ON task (starts_at, area_id) WHERE state = 'published';

CREATE UNIQUE INDEX task_plan_team ON task (plan_id, plan_team) WHERE plan_id IS NOT NULL;

CREATE INDEX task_unfinished ON task (ends_at) WHERE state IN ('draft', 'in_review', 'published', 'active');

CREATE TABLE team (
    id CHAR(36) NOT NULL PRIMARY KEY,
    area_id CHAR(36) NOT NULL REFERENCES area (id),
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(80) NOT NULL,
    invite_code VARCHAR(12) NOT NULL UNIQUE,
    demo INT NOT NULL DEFAULT 0
);

CREATE TABLE team_thanks (
    id CHAR(36) NOT NULL PRIMARY KEY,
    team_id CHAR(36) NOT NULL REFERENCES team (id),
    said_by CHAR(36) NOT NULL REFERENCES person (id),
    said VARCHAR(300) NOT NULL,
    at TIMESTAMP NOT NULL
);

CREATE INDEX team_thanks_team ON team_thanks (team_id, at);

CREATE TABLE upload (
    id CHAR(36) NOT NULL PRIMARY KEY,
    length INT NOT NULL,
    received INT NOT NULL DEFAULT 0,
    begun_at TIMESTAMP NOT NULL,
    CONSTRAINT upload_within CHECK (length > 0 AND received BETWEEN 0 AND length)
);

CREATE INDEX upload_begun ON upload (begun_at);

CREATE TABLE upload_piece (
    upload_id CHAR(36) NOT NULL REFERENCES upload (id),
    starts_at INT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (upload_id, starts_at)
);

CREATE TABLE visit (
    id CHAR(36) NOT NULL PRIMARY KEY,
    patrol_id CHAR(36) NOT NULL REFERENCES patrol (id),
    user_id CHAR(36) NOT NULL REFERENCES person (id),
    at TIMESTAMP NOT NULL,
    method VARCHAR(10) NOT NULL
        CONSTRAINT visit_method_known CHECK (method IN ('qr', 'nfc', 'screen', 'photo', 'attested')),
    checkpoint_id CHAR(36) REFERENCES checkpoint (id),
    stop_order INT,
    attested_by CHAR(36),
    lon REAL,
    lat REAL,
    accuracy_m REAL,
    sureness VARCHAR(6) NOT NULL CONSTRAINT visit_sureness_known CHECK (sureness IN ('high', 'medium', 'low')),
    why JSON NOT NULL,
    photo_key VARCHAR(100),
    received_at TIMESTAMP NOT NULL,
    CONSTRAINT visit_attested_by_another CHECK ((method = 'attested') = (attested_by IS NOT NULL) AND (attested_by IS NULL OR attested_by <> user_id)),
    CONSTRAINT visit_somewhere CHECK (checkpoint_id IS NOT NULL OR stop_order IS NOT NULL OR lon IS NOT NULL)
);

CREATE INDEX visit_patrol ON visit (patrol_id);

CREATE TABLE walked_cell (
    district_id CHAR(36) NOT NULL REFERENCES area (id),
    day CHAR(10) NOT NULL,
    east INT NOT NULL,
    north INT NOT NULL,
    patrols INT NOT NULL,
    PRIMARY KEY (district_id, day, east, north),
    CONSTRAINT walked_cell_walked CHECK (patrols > 0)
);

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

CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at) WHERE state <> 'waiting';

CREATE INDEX webhook_delivery_webhook ON webhook_delivery (webhook_id, created_at);
