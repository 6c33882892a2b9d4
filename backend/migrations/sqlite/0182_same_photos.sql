-- A photo that was sent before is found by what it holds.
CREATE INDEX media_same ON media (sha256);
