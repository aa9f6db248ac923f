"""What benchmarks/dashboard.py measures on."""
