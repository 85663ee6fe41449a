"""Enrolment as the tenant knows it: who may, how, into what, and what has enrolled."""
