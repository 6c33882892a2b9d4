"""What every feature stands on: the database, errors, time, sessions, jobs and the rest of the plumbing."""
