"""What an analyst takes away from a run: figures, sheets and a page. Only `retrain --report` and notebooks load it."""
