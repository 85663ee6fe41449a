"""Readiness assessment of a tenant and a Configuration Manager site."""

__version__ = "0.1.0"
