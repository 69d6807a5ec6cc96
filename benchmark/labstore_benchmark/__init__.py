"""Load on whole servers: LabStore beside other stores, from start to ranking tables."""
