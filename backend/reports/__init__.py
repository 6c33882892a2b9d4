"""What people saw and report, and what became of it."""
