-- Robots of work groups, which are told that there is an alert. Their addresses let anyone write to the group: they are
-- emptied when a robot is removed.
CREATE TABLE group_robot (
    id UUID NOT NULL PRIMARY KEY,
    area_id UUID NOT NULL REFERENCES area (id),
    kind VARCHAR(10) NOT NULL CONSTRAINT group_robot_kind_known CHECK (kind IN ('wecom', 'dingtalk', 'feishu')),
    name VARCHAR(60) NOT NULL,
    address VARCHAR(500) NOT NULL,
    secret VARCHAR(100) NOT NULL DEFAULT '',
    created_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    removed_at TIMESTAMPTZ,
    CONSTRAINT group_robot_forgets_its_address CHECK ((removed_at IS NULL) = (address <> ''))
);
CREATE INDEX group_robot_area ON group_robot (area_id);

-- One line on its way to one group, or what became of it.
CREATE TABLE group_message (
    id UUID NOT NULL PRIMARY KEY,
    robot_id UUID NOT NULL REFERENCES group_robot (id),
    ref_kind VARCHAR(20) NOT NULL,
    ref_id UUID NOT NULL,
    text_zh VARCHAR(700) NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'waiting'
        CONSTRAINT group_message_state_known CHECK (state IN ('waiting', 'sent', 'failed')),
    tries INT NOT NULL DEFAULT 0,
    error VARCHAR(200) NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    CONSTRAINT group_message_ended_at_a_time CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX group_message_robot ON group_message (robot_id, ended_at);

-- When phones stay silent: the groups are told once, and then single people by text message.
ALTER TABLE alert ADD COLUMN groups_told_at TIMESTAMPTZ;
ALTER TABLE delivery DROP CONSTRAINT delivery_channel_known;
ALTER TABLE delivery ADD CONSTRAINT delivery_channel_known CHECK (channel IN ('in_app', 'web_push', 'sms'));
