"""The domain: jobs, faces, options, renders, access, limits and errors. Nothing here depends on AWS."""
