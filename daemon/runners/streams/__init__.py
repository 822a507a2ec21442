"""What each coding-agent program says, one module a language. Pure: a JSON object in, events out."""
