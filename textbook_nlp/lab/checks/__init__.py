"""How an exercise is checked, and how a hint names the mistake that was made."""
