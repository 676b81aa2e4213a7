"""Q&A sessions: people queue with or without a written question, and one microphone goes round."""
