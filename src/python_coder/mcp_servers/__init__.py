# src/python_coder/mcp_servers/__init__.py — carries the tool tables to any MCP client
