"""Readings, faults and measures behind the benchmarks of detection."""
