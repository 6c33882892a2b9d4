-- Someone who was sent an alert may say that it is not for them: they hear no more of it, but for its recall.
ALTER TABLE delivery ADD COLUMN declined_at TIMESTAMP;
CREATE INDEX sighting_user ON sighting (user_id, alert_id);
