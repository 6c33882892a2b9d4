-- A keyed hash of the cell that somebody lives in: what is near it is left out of what others see of their walks.
CREATE TABLE quiet_home (
    user_id CHAR(36) NOT NULL PRIMARY KEY REFERENCES person (id),
    cell VARCHAR(40) NOT NULL,
    set_at TIMESTAMP NOT NULL
);
