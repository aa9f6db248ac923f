"""Image classifiers by transfer learning, fed from one pinned version of a Delta table, on one process or many."""
