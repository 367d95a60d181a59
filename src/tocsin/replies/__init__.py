"""People answering a notification: links in messages, and what comes back from chats."""
