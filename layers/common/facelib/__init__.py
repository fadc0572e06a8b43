"""Code shared by the functions: jobs, events, limits and the stores."""
