"""A SIP user agent without I/O (RFC 3261): bytes and the time in, effects out."""
