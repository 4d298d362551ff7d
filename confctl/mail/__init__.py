"""Invitations, updates and cancellations: who is told what, the letters, the outbox, and how they leave it."""
