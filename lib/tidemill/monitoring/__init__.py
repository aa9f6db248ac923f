"""What runs beside the jobs: their runs, pages and metrics."""
