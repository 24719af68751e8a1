"""The Gradio page: one file per tab over one service."""
