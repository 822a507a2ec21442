"""A Slack on loopback: a process of its own that speaks Slack's protocols to Slack's own client, and shows a chat.

It is the first-run console and the test double, and it is neither Slack nor safe beyond this machine. It imports
nothing of ours and nothing of Slack's client, so that it cannot share our misreadings of either.

``methods`` is the Web API, ``block_rules`` and ``view_rules`` refuse what Slack refuses, ``sockets`` and ``signed``
carry envelopes to the app, ``people`` does what a person can do, ``page`` is the chat, ``control`` switches faults.
"""
