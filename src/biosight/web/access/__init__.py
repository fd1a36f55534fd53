"""Dependencies of routes: the open BioSight, the person, and what they may see and do."""
