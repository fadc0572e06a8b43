"""What the functions share: the job, its events, the limits, and the stores behind them."""
