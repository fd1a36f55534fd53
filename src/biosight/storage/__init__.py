"""Where facts (Records) and bytes (Blobs) rest."""
