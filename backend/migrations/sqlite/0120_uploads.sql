-- Files on their way, kept as far as they have arrived. Pieces lie end to end: `received` is where the next one begins,
-- and moves only together with its piece.
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
