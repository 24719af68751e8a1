"""Train releases, measure them, and decide whether a retrained release may be published."""
