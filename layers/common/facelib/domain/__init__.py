"""What the service is about: jobs, faces, options, renders, access, limits and errors. Nothing here knows of AWS."""
