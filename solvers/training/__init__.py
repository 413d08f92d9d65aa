"""What every variational sampler shares: the evaluation log, optimizers, initial angles, size estimates."""
