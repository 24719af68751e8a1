"""HTTP and MCP endpoints over the service."""
