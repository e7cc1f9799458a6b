"""Satellite-to-ground quantum key distribution: passes, link loss, finite secret key and trusted-relay stores."""

__version__ = "0.1.0"
