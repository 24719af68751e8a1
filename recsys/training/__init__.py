"""Train releases, evaluate them, and decide whether a retrained release may be published."""
