"""From raw JSON to ranking tables: DuckDB reads and computes, tables.py words, report.py and charts.py show."""
