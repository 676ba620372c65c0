"""The Dash app: settings, factory, state in the URL, pages, components, callbacks, charts, exports."""
