"""Makes a job of every object that is put into the inbox of the originals bucket."""
