"""Who may use a process: sign-in, sessions, roles, and the rule that everything is refused unless it is allowed."""
