"""Real parts for tests: database engines, servers, browsers and a push service, each started and stopped here."""
