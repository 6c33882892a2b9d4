-- What somebody looked like comes after what they did, in a field of its own; the words of the text that judge people by where
-- they come from stand beside the report, so that the desk looks at its wording first.
ALTER TABLE report ADD COLUMN description VARCHAR(300);
ALTER TABLE report ADD COLUMN hurtful JSONB NOT NULL DEFAULT '[]';

-- A district's own word about such a word: looked for besides the common list, or no longer looked for.
CREATE TABLE report_word (
    area_id UUID NOT NULL REFERENCES area (id),
    word VARCHAR(40) NOT NULL,
    looked_for BOOL NOT NULL,
    set_by UUID NOT NULL REFERENCES person (id),
    set_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (area_id, word)
);
