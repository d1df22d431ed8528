"""How good checker is: scores on labelled articles, the pinned gate, the linter of rule packs."""
