"""Text as tokens and integers: the subject of part I of the book."""
