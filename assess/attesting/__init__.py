"""What only a person can answer: which questions are open, and answers into the engagement file."""
