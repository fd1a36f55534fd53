"""What a file says of its picture: dates, places, cameras, keywords."""
