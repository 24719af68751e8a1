"""Answer queries: one service over a catalogue, a release and the visitors' ratings."""
