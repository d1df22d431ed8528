"""Claims against rules: comparators, weighing, verdicts. Pure: knows no clock, no files, no network."""
