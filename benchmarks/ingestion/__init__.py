"""What benchmarks/ingest.py measures: the orders it generates, and the jobs that load them."""
