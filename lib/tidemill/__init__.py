"""tidemill: batch files and sensor streams into Delta tables, and models validated honestly, on Apache Spark."""

__version__ = "0.1.0"
