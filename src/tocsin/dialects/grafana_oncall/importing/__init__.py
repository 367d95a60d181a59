"""Moving in: what another OnCall has is read through its API, and made here through ours."""
