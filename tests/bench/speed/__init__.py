"""What the benches of the HTTP answer share: a population in Redis, peers, load, and its cost."""
