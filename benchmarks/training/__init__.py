"""What the benchmarks of training share: the Telco customers as a gold table has them, and processor time."""
