"""Tests, and the services that they start."""
