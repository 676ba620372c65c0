"""Callbacks: thin functions (parse, ask the services, return components), registered on an app explicitly."""
