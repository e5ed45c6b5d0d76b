"""What makes and checks the book: exercises, experiments and their records."""
