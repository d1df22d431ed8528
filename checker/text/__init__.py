"""Language: the only part of checker that knows Chinese from English."""
