"""Where and when pictures were taken: events, days, activity, and coarse places."""
