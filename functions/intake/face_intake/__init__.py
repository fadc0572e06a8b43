"""Creates a job for every object in the inbox of the originals bucket."""
