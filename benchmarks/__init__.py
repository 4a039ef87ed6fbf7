"""What the engine is worth, measured: `python -m benchmarks.judgement`, `python -m benchmarks.retrain`."""
