"""What experiments share: reading, building, training and measuring, once for each task."""
