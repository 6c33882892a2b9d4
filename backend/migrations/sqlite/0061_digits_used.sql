-- The last 30-second step whose six digits opened a session: the same digits open none again.
ALTER TABLE person ADD COLUMN totp_step_used BIGINT;
