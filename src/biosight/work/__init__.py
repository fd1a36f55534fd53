"""Work: jobs with progress, work that one instance does for all, and the workers that do both."""
