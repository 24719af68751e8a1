"""Public HTTP and MCP endpoints of the service."""
