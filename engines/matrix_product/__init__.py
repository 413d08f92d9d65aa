"""Matrix product states: sampling, values and gradients of circuits of few entangled qubits."""
