"""Understand wishes in words, such as "like Alien and Her" or "like Heat but funnier", and rank items for them."""
