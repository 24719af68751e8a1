"""Guard in front of every route: who may ask, how much may be sent, and which headers each answer carries."""
