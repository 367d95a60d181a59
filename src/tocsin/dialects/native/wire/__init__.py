"""What goes over the wire: strict shapes, and the pure ways from them to the core's values and back."""
