"""Layers put to a task. A model returns scores and its state; the loss is not part of it."""
