"""Models behind small protocols; nothing here is imported before it is needed."""
