-- A notice of points that end holds for the number of days that points lasted when it was given: when a district lets
-- points last shorter, their new end is announced anew before any of them end.
ALTER TABLE points_expiry_notice ADD COLUMN lasts_days INT NOT NULL DEFAULT 730;
