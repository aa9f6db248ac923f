"""Gold: one module a table; what it reads, its key, and a pure way to build it."""
