"""People: accounts, logins, consents, duty, teams and roles."""
