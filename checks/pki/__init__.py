"""The company's own certification authority: that it is there, trusted, and for whom."""
