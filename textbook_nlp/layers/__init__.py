"""Layers in torch, built from primitives, with the parameter names and shapes of `torch.nn`."""
