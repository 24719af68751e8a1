"""Export the page as a static site: item weights, titles, and the page's own scripts and styles; no server."""
