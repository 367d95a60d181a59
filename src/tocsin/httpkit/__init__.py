"""What all front doors share: to find the route, know who asks, read, answer, refuse and measure."""
