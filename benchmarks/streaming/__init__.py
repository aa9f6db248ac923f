"""Readings to stream, a broker beside the benchmark, and a stream that does nothing but write them."""
