"""How the CEO talks to the company: Slack in, orders given, words from the outbox out. Never runs an agent."""
