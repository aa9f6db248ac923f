"""What benchmarks/model_quality.py measures: the data, the models, and their nested validation."""
