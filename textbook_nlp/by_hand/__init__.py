"""Networks in NumPy with hand-written gradients: nothing here imports torch.

Arrays are batch first and vectors are rows, so a layer reads ``x @ W + b``. Every backward function
takes the gradient of the loss with respect to what its forward function returned, and returns the
gradients with respect to what it was given, in the same order.
"""
