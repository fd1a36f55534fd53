"""What the gate reports: its values, its measures, and its page."""
