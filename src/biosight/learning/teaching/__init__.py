"""Teaching: a candidate version from what people named in one collection, in seconds."""
