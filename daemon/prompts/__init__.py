"""How each shipped agent works, one Markdown file a short id; an edited prompt stands in the database instead."""
