"""What it costs: `python -m benchmarks [name …]` prints a table and writes a JSON file.

Each benchmark is a module with `run() -> list[Measured]`, named in `benchmarks.__main__.ALL`. It
runs in a process of its own with Django set up, on a durable PostgreSQL with a fresh, migrated
database, and is bounded in time. A figure means little by itself on a machine that others use as
well, so targets are ratios to something measured in the same run wherever that is possible.
"""
