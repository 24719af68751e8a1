"""Accessible SVG charts for the Models, Data and Activity tabs."""
