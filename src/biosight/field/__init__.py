"""Where and when: events, days, activity, and coarse places."""
