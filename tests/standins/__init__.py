"""Stand-in devices: small C libraries that answer for hardware under LD_PRELOAD, and the code that builds them."""
